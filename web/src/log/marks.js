// Marks each place where the words stand, whatever colours they are in.
export function mark(code, query) {
  const texts = [...code.childNodes].map((node) => (node instanceof Text ? node : node.firstChild));
  for (const text of texts) {
    let place = text.data.toLowerCase().indexOf(query);
    let rest = text;
    while (place >= 0) {
      const found = rest.splitText(place);
      rest = found.splitText(query.length);
      const marked = document.createElement("mark");
      found.replaceWith(marked);
      marked.append(found);
      place = rest.data.toLowerCase().indexOf(query);
    }
  }
}
