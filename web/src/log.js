// <dure-log events="…" raw="…">: the log of a job as it grows. Only the rows in sight are on the page, so that a long
// log is as quick as a short one. Lines have numbers that can be linked to: #L12.
import { drawPiece } from "./log/ansi.js";
import { BEFORE, keyOf, Lines } from "./log/lines.js";

const ROW_PX = 21;
const BEYOND_ROWS = 20;
const BYTES_MAX = 20_000_000;
const AGAIN_MS = 2000;
const CALM_MS = 200;

class Log extends HTMLElement {
  connectedCallback() {
    if (this.view) return this.open();
    this.log = new Lines();
    this.rows = [];
    this.drawn = new Map();
    this.hits = [];
    this.hit = -1;
    this.query = "";
    this.follows = !location.hash.startsWith("#L");
    this.build();
    this.begin();
    this.onHash = () => this.goToHash();
    this.onShow = () => (document.hidden ? this.close() : this.open());
    window.addEventListener("hashchange", this.onHash);
    document.addEventListener("visibilitychange", this.onShow);
  }

  disconnectedCallback() {
    this.close();
    window.removeEventListener("hashchange", this.onHash);
    document.removeEventListener("visibilitychange", this.onShow);
  }

  build() {
    const says = this.dataset;
    this.find = make("input", { type: "search", placeholder: says.search, ariaLabel: says.search, autocomplete: "off", spellcheck: false });
    this.find.dataset.keys = "f";
    this.count = make("output", { className: "soft" });
    const next = make("button", { type: "button", className: "button", textContent: says.next });
    const previous = make("button", { type: "button", className: "button", textContent: says.previous });
    next.dataset.keys = "n";
    previous.dataset.keys = "p";
    this.fold = make("button", { type: "button", className: "button", textContent: says.unfold });
    this.tail = make("button", { type: "button", className: "button", textContent: says.follow, ariaPressed: String(this.follows) });
    this.tail.dataset.keys = "e";
    const raw = make("a", { className: "button", href: this.getAttribute("raw"), textContent: says.raw });
    const bar = make("div", { className: "log-bar" });
    bar.append(this.find, previous, next, this.count, this.fold, this.tail, raw);
    this.note = make("p", { className: "soft", textContent: says.waits, role: "status" });
    this.space = make("div", { className: "log-space" });
    this.view = make("div", { className: "log-view", tabIndex: 0, role: "region", ariaLabel: says.label });
    this.view.append(this.space);
    this.replaceChildren(bar, this.note, this.view);
    this.find.addEventListener("input", () => this.search());
    this.find.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    });
    next.addEventListener("click", () => this.step(1));
    previous.addEventListener("click", () => this.step(-1));
    this.fold.addEventListener("click", () => {
      this.unfolded = !this.unfolded;
      this.fold.textContent = this.unfolded ? says.fold : says.unfold;
      this.log.toggleAll(this.unfolded);
      this.refresh();
    });
    this.tail.addEventListener("click", () => this.setFollows(!this.follows));
    this.view.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.view);
  }

  // Of a very long log only the end is fetched.
  async begin() {
    try {
      const answer = await fetch(this.getAttribute("raw"), { headers: { Range: "bytes=0-0" } });
      const size = Number(answer.headers.get("Content-Range")?.split("/")[1] ?? 0);
      await answer.body?.cancel();
      if (size > BYTES_MAX) {
        this.log.end = size - BYTES_MAX;
        this.cut = true;
        this.classList.add("cut");
      }
    } catch {
      // The stream says whether the house can be reached.
    }
    this.open();
  }

  open() {
    if (this.stream || this.ended || document.hidden) return;
    const events = this.getAttribute("events");
    const stream = new EventSource(`${events}${events.includes("?") ? "&" : "?"}after=${this.log.end}`);
    this.stream = stream;
    stream.onmessage = (event) => {
      const { at, bytes, text } = JSON.parse(event.data);
      // After a connection was lost the same words may come twice.
      if (at < this.log.end) return;
      this.log.add(at, text);
      this.log.end = at + bytes;
      this.changed();
    };
    stream.addEventListener("steps", (event) => {
      this.log.steps = JSON.parse(event.data);
      this.changed();
    });
    stream.addEventListener("end", () => {
      this.ended = true;
      this.log.finish();
      this.close();
      this.changed();
    });
    stream.onopen = () => this.changed();
    stream.onerror = () => {
      this.note.textContent = this.dataset.lost;
      this.note.hidden = false;
      if (stream.readyState === EventSource.CLOSED) {
        this.close();
        setTimeout(() => this.isConnected && this.open(), AGAIN_MS);
      }
    };
  }

  close() {
    this.stream?.close();
    this.stream = null;
  }

  // Many pieces may come at once; the page is drawn once for all of them.
  changed() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      if (this.find.value) this.search(false);
      this.refresh();
      this.goToHash(true);
    });
  }

  refresh() {
    const empty = !this.log.lines.length && !this.log.steps.length;
    this.note.textContent = this.cut ? this.dataset.cut : this.ended ? this.dataset.empty : this.dataset.waits;
    this.note.hidden = !(this.cut || empty);
    this.view.hidden = empty;
    this.rows = this.log.rows();
    this.space.style.height = `${this.rows.length * ROW_PX}px`;
    if (this.follows && !this.ended) this.view.scrollTop = this.view.scrollHeight;
    this.draw();
  }

  // While one scrolls, some rows beyond those in sight are ready; when all is calm there are none.
  draw(beyond = BEYOND_ROWS) {
    clearTimeout(this.calm);
    if (beyond) this.calm = setTimeout(() => this.draw(0), CALM_MS);
    const { scrollTop, clientHeight } = this.view;
    const first = Math.max(Math.floor(scrollTop / ROW_PX) - beyond, 0);
    const last = Math.min(Math.ceil((scrollTop + clientHeight) / ROW_PX) + beyond, this.rows.length);
    const wanted = new Map();
    for (let place = first; place < last; place++) wanted.set(keyOf(this.rows[place].step ?? this.rows[place].line), place);
    for (const [key, element] of this.drawn) {
      if (wanted.has(key)) continue;
      if (element.contains(document.activeElement)) this.view.focus({ preventScroll: true });
      element.remove();
      this.drawn.delete(key);
    }
    for (const [key, place] of wanted) {
      let element = this.drawn.get(key);
      if (!element) {
        element = this.rows[place].step ? this.makeHeading() : this.makeLine(this.rows[place].line);
        this.drawn.set(key, element);
        this.space.append(element);
      }
      element.style.top = `${place * ROW_PX}px`;
      this.show(element, this.rows[place]);
    }
  }

  makeHeading() {
    const row = make("div", { className: "log-step" });
    row.append(make("button", { type: "button" }));
    return row;
  }

  makeLine(line) {
    const row = make("div", { className: `log-line ${line.kind}` });
    const link = make("a", { href: `#L${line.number}`, textContent: this.cut ? "" : line.number, title: line.time ?? "" });
    const words = line.kind === "group" ? make("button", { type: "button", textContent: line.text }) : make("code", {});
    if (line.kind === "group") words.addEventListener("click", () => this.toggle(line));
    row.append(link, words);
    return row;
  }

  // What may change of a row that is on the page already.
  show(element, { step, line }) {
    if (step) {
      const button = element.firstChild;
      element.className = `log-step ${step.state}`;
      const seconds = step.seconds === null ? "" : ` · ${step.seconds.toFixed(1)} s`;
      button.textContent = `${step === BEFORE ? this.dataset.prepare : step.name}${seconds}${step.why ? ` · ${step.why}` : ""}`;
      button.ariaExpanded = String(this.log.isOpen(step));
      button.onclick = () => this.toggle(step);
      return;
    }
    if (line.kind === "group") element.lastChild.ariaExpanded = String(this.log.isOpen(line));
    element.classList.toggle("inside", Boolean(line.group));
    element.classList.toggle("found", this.hits[this.hit] === line);
    element.classList.toggle("linked", location.hash === `#L${line.number}`);
    if (line.kind !== "group" && element.shown !== this.query) {
      element.shown = this.query;
      element.lastChild.replaceChildren(...line.pieces.map(drawPiece));
      if (this.query) mark(element.lastChild, this.query);
    }
  }

  toggle(thing) {
    this.setFollows(false);
    this.log.toggle(thing);
    this.refresh();
  }

  scrolled() {
    const atEnd = this.view.scrollTop + this.view.clientHeight >= this.view.scrollHeight - ROW_PX;
    if (!atEnd && this.follows && this.view.scrollTop < (this.lastTop ?? 0)) this.setFollows(false);
    this.lastTop = this.view.scrollTop;
    this.draw();
  }

  setFollows(follows) {
    this.follows = follows;
    this.tail.ariaPressed = String(follows);
    if (follows) this.view.scrollTop = this.view.scrollHeight;
  }

  search(jump = true) {
    this.query = this.find.value.toLowerCase();
    this.hits = this.query ? this.log.lines.filter((line) => line.text.toLowerCase().includes(this.query)) : [];
    if (jump) {
      this.hit = -1;
      this.setFollows(false);
      if (this.hits.length) this.step(1);
    }
    this.count.textContent = this.query ? (this.hits.length ? `${this.hit + 1}/${this.hits.length}` : this.dataset.none) : "";
    this.draw();
  }

  step(by) {
    if (!this.hits.length) return;
    this.hit = (this.hit + by + this.hits.length) % this.hits.length;
    this.count.textContent = `${this.hit + 1}/${this.hits.length}`;
    this.goTo(this.hits[this.hit]);
  }

  goTo(line) {
    this.setFollows(false);
    this.log.reveal(line);
    this.refresh();
    const place = this.rows.findIndex((row) => row.line === line);
    const above = Math.floor(this.view.clientHeight / 2 / ROW_PX);
    this.view.scrollTop = Math.max(place - above, 0) * ROW_PX;
    this.draw();
  }

  // Once for each address: what comes later must not pull the reader back.
  goToHash(once = false) {
    const found = /^#L(\d+)$/.exec(location.hash);
    if (!found || (once && this.went === location.hash)) return;
    const line = this.log.lines[Number(found[1]) - 1];
    if (!line) return;
    this.went = location.hash;
    this.goTo(line);
    this.scrollIntoView({ block: "nearest" });
  }
}

function make(name, known) {
  return Object.assign(document.createElement(name), known);
}

// Marks each place where the words stand, whatever colours they are in.
function mark(code, query) {
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

customElements.define("dure-log", Log);
