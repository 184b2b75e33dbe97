// <dure-log events="…" raw="…">: the log of a job as it grows. Only the rows in sight are on the page, so that a long
// log is as quick as a short one. Lines have numbers that can be linked to: #L12, #L12-L20, or #B3456 by their byte.
import { drawPiece } from "./log/ansi.js";
import { copyTool, make, Steps, toggle, tool } from "./log/bar.js";
import { Heights, lettersIn } from "./log/heights.js";
import { mark } from "./log/marks.js";
import { BEFORE, keyOf, Lines } from "./log/lines.js";

const ROW_PX = 21;
const BEYOND_ROWS = 20;
const BYTES_MAX = 20_000_000;
const AGAIN_MS = 2000;
const CALM_MS = 200;
const LINKED = /^#(?:L(\d+)(?:-L(\d+))?|B(\d+))$/;
const CLOCK = new Intl.DateTimeFormat("sv", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

class Log extends HTMLElement {
  connectedCallback() {
    if (this.view) return this.open();
    this.log = new Lines();
    this.rows = [];
    this.heights = new Heights(ROW_PX);
    this.drawn = new Map();
    this.hits = [];
    this.hit = -1;
    this.query = "";
    this.follows = !LINKED.test(location.hash);
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
    const next = tool(says.next, "n", () => this.step(1));
    const previous = tool(says.previous, "p", () => this.step(-1));
    this.fault = tool(says.fault, "x", () => this.goToFault());
    this.fault.hidden = true;
    this.fold = tool(says.unfold, "", () => this.foldAll(!this.unfolded));
    this.tail = tool(says.follow, "e", () => this.setFollows(!this.follows));
    this.tail.ariaPressed = String(this.follows);
    this.view = make("div", { className: "log-view", tabIndex: 0, role: "region", ariaLabel: says.label });
    const times = toggle("times", says.times, "t", (on) => this.look("timed", on));
    const wraps = toggle("wraps", says.wrap, "w", (on) => this.look("wraps", on));
    this.copy = copyTool(says.copy, says.copied, () => location.href);
    const raw = make("a", { className: "button", href: this.getAttribute("raw"), textContent: says.raw });
    const down = make("a", { className: "button", href: this.getAttribute("raw"), download: this.getAttribute("file"), textContent: says.download });
    this.bar = make("div", { className: "log-bar", hidden: true });
    this.bar.append(this.find, previous, next, this.count, this.fault, this.copy, this.fold, times, wraps, this.tail, raw, down);
    this.kinds = { background: says.background, before: says.before, after: says.after };
    this.side = new Steps(says.steps, this.kinds, (step) => this.goToStep(step));
    this.note = make("p", { className: "soft", textContent: says.waits, role: "status" });
    this.space = make("div", { className: "log-space" });
    this.view.append(this.space);
    const whole = make("div", { className: "log-whole" });
    const words = make("div", { className: "log-words" });
    words.append(this.note, this.view);
    whole.append(this.side.element, words);
    this.replaceChildren(this.bar, whole);
    this.find.addEventListener("input", () => this.search());
    this.find.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    });
    this.view.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(this.view);
  }

  foldAll(unfolded) {
    this.unfolded = unfolded;
    this.fold.textContent = unfolded ? this.dataset.fold : this.dataset.unfold;
    this.log.toggleAll(unfolded);
    this.refresh();
  }

  // Times, or wrapped lines: the line that is at the top stays there.
  look(name, on) {
    const first = this.rows[this.heights.at(this.view.scrollTop)];
    this.view.classList.toggle(name, on);
    if (!this.space) return;
    this.heights.fit(this.cells());
    this.refresh();
    const place = this.rows.findIndex((row) => first && row.line === first.line && row.step === first.step);
    if (place >= 0 && !this.follows) this.view.scrollTop = this.heights.tops[place];
    this.draw();
  }

  // How many letters fit into a line, where lines are wrapped.
  cells() {
    if (!this.view.classList.contains("wraps") || !this.view.clientWidth) return 0;
    return lettersIn(this.space);
  }

  resized() {
    if (this.heights.fit(this.cells())) this.refresh();
    else this.draw();
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
      this.side.show(this.log.steps);
      this.changed();
    });
    stream.addEventListener("end", () => {
      this.ended = true;
      this.log.finish();
      this.close();
      this.changed();
      if (this.hasAttribute("over") && this.follows) requestAnimationFrame(() => this.showFault());
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
    this.bar.hidden = empty;
    this.tail.hidden = Boolean(this.ended);
    this.fault.hidden = !this.log.fault();
    this.rows = this.log.rows();
    this.heights.measure(this.rows);
    this.space.style.height = `${this.heights.all}px`;
    if (this.follows && !this.ended) this.view.scrollTop = this.view.scrollHeight;
    this.draw();
  }

  // While one scrolls, some rows beyond those in sight are ready; when all is calm there are none.
  draw(beyond = BEYOND_ROWS) {
    clearTimeout(this.calm);
    if (beyond) this.calm = setTimeout(() => this.draw(0), CALM_MS);
    const { scrollTop, clientHeight } = this.view;
    const first = Math.max(this.heights.at(scrollTop) - beyond, 0);
    const last = Math.min(this.heights.at(scrollTop + clientHeight - 1) + 1 + beyond, this.rows.length);
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
      element.style.top = `${this.heights.tops[place]}px`;
      this.show(element, this.rows[place]);
    }
    if (this.heights.cells) this.correct(wanted);
  }

  // A line may take more or fewer rows than was counted: fonts have letters of all widths.
  correct(wanted) {
    let wrong = false;
    for (const [key, place] of wanted) {
      const row = this.rows[place];
      const high = this.drawn.get(key).offsetHeight;
      if (row.step || high === this.heights.of(row)) continue;
      this.heights.seen.set(row.line, high);
      wrong = true;
    }
    if (!wrong) return;
    this.heights.measure(this.rows);
    this.space.style.height = `${this.heights.all}px`;
    for (const [key, place] of wanted) this.drawn.get(key).style.top = `${this.heights.tops[place]}px`;
  }

  makeHeading() {
    const row = make("div", { className: "log-step" });
    row.append(make("button", { type: "button" }));
    return row;
  }

  makeLine(line) {
    const row = make("div", { className: `log-line ${line.kind}` });
    const link = make("a", { href: this.linkTo(line), textContent: this.cut ? "·" : line.number, title: line.time ?? "" });
    if (this.cut) link.ariaLabel = this.dataset.line;
    link.addEventListener("click", (event) => this.chosen(event, line));
    const words = line.kind === "group" ? make("button", { type: "button", textContent: line.text }) : make("code", {});
    if (line.kind === "group") words.addEventListener("click", () => this.toggle(line));
    row.append(link, make("time", { textContent: line.time ? CLOCK.format(new Date(line.time)) : "" }), words);
    return row;
  }

  // Numbers count from the beginning, which of a very long log is not here.
  linkTo(line) {
    return this.cut ? `#B${line.at}` : `#L${line.number}`;
  }

  // With Shift, from the line that is linked to up to this one.
  chosen(event, line) {
    if (!event.shiftKey || this.cut || !this.linked) return;
    event.preventDefault();
    const ends = [this.linked[0], line.number].sort((one, other) => one - other);
    history.replaceState(null, "", `#L${ends[0]}-L${ends[1]}`);
    this.went = location.hash;
    this.mark(...ends);
    this.draw();
  }

  mark(from, to) {
    this.linked = [from, to];
    this.copy.hidden = !navigator.clipboard;
  }

  // What may change of a row that is on the page already.
  show(element, { step, line }) {
    if (step) {
      const button = element.firstChild;
      element.className = `log-step ${step.state}`;
      const seconds = step.seconds === null ? "" : ` · ${step.seconds.toFixed(1)} s`;
      const name = step === BEFORE ? this.dataset.prepare : step.name;
      const mark = this.kinds[step.kind];
      button.textContent = `${name}${mark ? ` · ${mark}` : ""}${seconds}${step.why ? ` · ${step.why}` : ""}`;
      button.ariaExpanded = String(this.log.isOpen(step));
      button.onclick = () => this.toggle(step);
      return;
    }
    if (line.kind === "group") element.lastChild.ariaExpanded = String(this.log.isOpen(line));
    element.classList.toggle("inside", Boolean(line.group));
    element.classList.toggle("found", this.hits[this.hit] === line);
    element.classList.toggle("linked", Boolean(this.linked && this.linked[0] <= line.number && line.number <= this.linked[1]));
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
    const above = Math.floor(this.view.clientHeight / 2 / ROW_PX) * ROW_PX;
    this.view.scrollTop = Math.max(this.heights.tops[Math.max(place, 0)] - above, 0);
    this.draw();
  }

  goToFault() {
    this.showFault();
    this.view.focus({ preventScroll: true });
  }

  // Where the log of a job that failed is opened.
  showFault() {
    const line = this.log.fault();
    if (line) this.goTo(line);
  }

  goToStep(step) {
    this.setFollows(false);
    this.log.toggle(step, true);
    this.refresh();
    const place = this.rows.findIndex((row) => row.step && row.step.number === step.number);
    if (place >= 0) this.view.scrollTop = this.heights.tops[place];
    this.draw();
  }

  // Once for each address: what comes later must not pull the reader back.
  goToHash(once = false) {
    const found = LINKED.exec(location.hash);
    if (!found || (once && this.went === location.hash)) return;
    const [first, last, byte] = found.slice(1).map(Number);
    const line = found[3] ? this.log.lineAt(byte) : this.log.lines[first - 1];
    if (!line) return;
    this.mark(line.number, Math.max(last || 0, line.number));
    this.went = location.hash;
    this.goTo(line);
    this.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("dure-log", Log);
