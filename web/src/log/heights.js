// How high each row of a log is, and so where each of them stands. Lines that are wrapped take several rows.

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\ud83c-\ud83e][\udc00-\udfff]/g;
const TAB = 8;

export class Heights {
  constructor(rowPx) {
    this.rowPx = rowPx;
    this.cells = 0;
    this.tops = new Float64Array(1);
    // What was guessed wrongly, as it turned out when it was drawn.
    this.seen = new Map();
  }

  // So many letters fit beside each other; 0: nothing is wrapped.
  fit(cells) {
    if (cells === this.cells) return false;
    this.cells = cells;
    this.seen.clear();
    return true;
  }

  measure(rows) {
    this.tops = new Float64Array(rows.length + 1);
    for (let place = 0; place < rows.length; place++) this.tops[place + 1] = this.tops[place] + this.of(rows[place]);
  }

  of({ line }) {
    if (!this.cells || !line || line.kind === "group") return this.rowPx;
    return this.seen.get(line) ?? this.rowPx * Math.max(Math.ceil(cellsOf(line) / this.cells), 1);
  }

  get all() {
    return this.tops[this.tops.length - 1];
  }

  // The row at this height.
  at(px) {
    let low = 0;
    let high = this.tops.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= px) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function cellsOf(line) {
  line.cells ??= line.text.length + (line.text.match(WIDE)?.length ?? 0) + TAB * (line.text.split("\t").length - 1);
  return line.cells;
}

// How many letters fit beside each other into the words of a line.
export function lettersIn(space) {
  const probe = document.createElement("div");
  probe.className = "log-line";
  const code = document.createElement("code");
  code.textContent = "0".repeat(100);
  probe.append(document.createElement("a"), document.createElement("time"), code);
  space.append(probe);
  const room = code.clientWidth - parseFloat(getComputedStyle(code).paddingRight);
  const range = document.createRange();
  range.setStart(code.firstChild, 0);
  range.setEnd(code.firstChild, 10);
  const letters = Math.max(Math.floor((room * 10) / range.getBoundingClientRect().width), 10);
  probe.remove();
  return letters;
}
