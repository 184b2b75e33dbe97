// What a terminal would show of a line: its words, and the colours that escape sequences give them.

// Escape sequences of all kinds; only those that end in m change the pen.
const SEQUENCE = /\x1b(?:\[([0-9;:]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])/g;
const UNSEEN = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;
const PLAIN = Object.freeze({ ink: null, ground: null, bold: false, dim: false, slanted: false, under: false, turned: false });

export const firstPen = PLAIN;

// Cuts a line into pieces of one look. Returns them, the words alone, and the pen for the next line.
export function readLine(raw, pen) {
  const back = raw.lastIndexOf("\r", raw.endsWith("\r") ? raw.length - 2 : raw.length);
  const line = (back < 0 ? raw : raw.slice(back + 1)).replace(/\r$/, "");
  if (!line.includes("\x1b") && pen === PLAIN) {
    const text = line.replace(UNSEEN, "");
    return { pieces: [{ text, pen }], text, pen };
  }
  const pieces = [];
  let from = 0;
  for (const found of line.matchAll(SEQUENCE)) {
    put(pieces, line.slice(from, found.index), pen);
    from = found.index + found[0].length;
    if (found[2] === "m") pen = changed(pen, found[1]);
  }
  put(pieces, line.slice(from), pen);
  return { pieces, text: pieces.map((piece) => piece.text).join(""), pen };
}

function put(pieces, words, pen) {
  const text = words.replace(UNSEEN, "").replaceAll("\x1b", "");
  if (text) pieces.push({ text, pen });
}

function changed(pen, words) {
  const codes = words.split(/[;:]/).map(Number);
  const next = { ...pen };
  for (let place = 0; place < codes.length; place++) {
    const code = codes[place];
    if (code === 38 || code === 48) {
      const [colour, used] = wide(codes.slice(place + 1));
      next[code === 38 ? "ink" : "ground"] = colour;
      place += used;
    } else if (code === 0) Object.assign(next, PLAIN);
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.slanted = true;
    else if (code === 4) next.under = true;
    else if (code === 7) next.turned = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.slanted = false;
    else if (code === 24) next.under = false;
    else if (code === 27) next.turned = false;
    else if (code === 39) next.ink = null;
    else if (code === 49) next.ground = null;
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) next.ink = { name: code < 90 ? code - 30 : code - 82 };
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) next.ground = { name: code < 100 ? code - 40 : code - 92 };
  }
  return Object.keys(PLAIN).every((key) => next[key] === PLAIN[key]) ? PLAIN : next;
}

// 5;n is one of 256 colours, 2;r;g;b any colour at all.
function wide(codes) {
  if (codes[0] === 2) return [{ rgb: codes.slice(1, 4).map((part) => Math.min(Math.max(part || 0, 0), 255)) }, 4];
  if (codes[0] !== 5) return [null, 0];
  const number = codes[1] || 0;
  if (number < 16) return [{ name: number }, 2];
  if (number >= 232) return [{ rgb: Array(3).fill(8 + (number - 232) * 10) }, 2];
  const cube = number - 16;
  const steps = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return [{ rgb: steps.map((step) => (step ? 55 + step * 40 : 0)) }, 2];
}

// A piece as an element; the sixteen named colours are classes, so that they are readable in light and dark.
export function drawPiece({ text, pen }) {
  if (pen === PLAIN) return document.createTextNode(text);
  const span = document.createElement("span");
  span.textContent = text;
  const [ink, ground] = pen.turned ? [pen.ground ?? { name: 7 }, pen.ink ?? { name: 0 }] : [pen.ink, pen.ground];
  if (ink?.name !== undefined) span.classList.add(`ink-${ink.name}`);
  if (ground?.name !== undefined) span.classList.add(`ground-${ground.name}`);
  if (ink?.rgb) span.style.color = `rgb(${ink.rgb})`;
  if (ground?.rgb) span.style.backgroundColor = `rgb(${ground.rgb})`;
  for (const look of ["bold", "dim", "slanted", "under"]) if (pen[look]) span.classList.add(look);
  return span;
}
