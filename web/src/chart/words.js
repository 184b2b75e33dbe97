// What a chart says in words: its legend, the values at one place, and the whole of it as a table.

const language = document.documentElement.lang || "en";
const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const whole = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY_SECONDS = 86400;

export function fill(name, properties, children = []) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  if (properties.role) element.setAttribute("role", properties.role);
  return element;
}

const moment = (found, x) => (found.x.at(-1) - found.x[0] >= DAY_SECONDS ? whole : clock).format(new Date(x * 1000));
const value = (one, place) => {
  const found = one.values[place];
  return found === null || found === undefined ? "–" : `${number.format(found)} ${one.unit}`;
};

// A dashed line belongs to the one before it and has its colour.
export function legend(list, series) {
  let colour = -1;
  list.replaceChildren(
    ...series.map((one) => {
      if (!one.dashed) colour += 1;
      const key = fill("i", { className: `line-${Math.max(colour, 0) % 6}${one.dashed ? " dashed" : ""}` });
      return fill("li", {}, [key, fill("span", { textContent: one.name }), " ", fill("b", {})]);
    }),
  );
}

// The values at a place, or the newest ones, and the sentence that a screen reader says.
export function said(found, place) {
  const at = place ?? found.x.length - 1;
  if (at < 0 || !found.series.length) return { values: [], whole: "" };
  const values = found.series.map((one) => value(one, at));
  const near = found.marks.filter((mark) => mark.x > (found.x[at - 1] ?? -Infinity) && mark.x <= found.x[at]);
  const parts = found.series.map((one, index) => `${one.name} ${values[index]}`);
  return { values, whole: [moment(found, found.x[at]), ...parts, ...near.map((mark) => mark.label)].join(", ") };
}

export function table(details, found, words) {
  const head = fill("tr", {}, [words.time ?? "", ...found.series.map((one) => `${one.name} (${one.unit})`)].map((text) => fill("th", { scope: "col", textContent: text })));
  const rows = found.x.map((x, place) =>
    fill("tr", {}, [fill("th", { scope: "row", textContent: moment(found, x) }), ...found.series.map((one) => fill("td", { textContent: value(one, place) }))]),
  );
  // The box stays, and with it whoever has moved into it.
  const box = details.querySelector(".scroll") ?? fill("div", { className: "scroll", tabIndex: 0, role: "region" });
  box.setAttribute("aria-label", details.querySelector("summary").textContent);
  box.replaceChildren(fill("table", {}, [fill("thead", {}, [head]), fill("tbody", {}, rows.reverse())]));
  const marks = found.marks.map((mark) => fill("li", { textContent: `${moment(found, mark.x)}: ${mark.label}` }));
  const list = marks.length ? [fill("p", { textContent: words.marks ?? "" }), fill("ul", {}, marks)] : [];
  if (!box.isConnected) details.append(box);
  while (box.nextSibling) box.nextSibling.remove();
  details.append(...list);
}
