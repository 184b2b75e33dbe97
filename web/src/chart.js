// <dure-chart src="/….json" kind="line" every="2" label="Requests">: a chart of what the address answers, drawn by a
// library that is loaded only where a chart stands. What is drawn can be walked through with the arrow keys, is said
// to who does not see it, and stands below as a table.
import { fill, legend, said, table } from "./chart/words.js";

const PATIENCE_MS = 10000;
const AGAIN_MS = 2000;

class Chart extends HTMLElement {
  connectedCallback() {
    if (!this.plot) this.build();
    this.asked = 0;
    this.look = () => (document.hidden ? clearTimeout(this.waiting) : this.refresh());
    document.addEventListener("visibilitychange", this.look);
    this.scheme = window.matchMedia("(prefers-color-scheme: dark)");
    this.recolour = () => this.drawn?.recolour();
    this.scheme.addEventListener("change", this.recolour);
    this.refresh();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.look);
    this.scheme.removeEventListener("change", this.recolour);
    clearTimeout(this.waiting);
    this.drawn?.destroy();
    this.drawn = null;
  }

  build() {
    this.plot = fill("div", { className: "plot", tabIndex: 0, role: "slider" });
    this.plot.setAttribute("aria-label", this.getAttribute("label") ?? "");
    this.plot.style.height = `${this.height}px`;
    this.notice = fill("p", { className: "soft notice", hidden: true });
    this.notice.setAttribute("role", "status");
    this.legend = fill("ul", { className: "legend" });
    this.details = fill("details", { hidden: true }, [fill("summary", { textContent: this.dataset.table || this.getAttribute("label") || "…" })]);
    this.details.addEventListener("toggle", () => this.tell());
    this.plot.addEventListener("keydown", (event) => this.walk(event));
    this.plot.addEventListener("blur", () => this.point(null));
    this.replaceChildren(this.plot, this.notice, this.legend, this.details);
    this.tellPlace(null);
  }

  get height() {
    return Number(this.getAttribute("height")) || 180;
  }

  async refresh() {
    clearTimeout(this.waiting);
    const turn = ++this.asked;
    try {
      const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
      const answer = await fetch(this.getAttribute("src"), { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) throw new Error(answer.status);
      const found = await answer.json();
      if (turn !== this.asked || !this.isConnected) return;
      await this.show(found);
    } catch {
      if (turn === this.asked) this.warn(this.dataset.away);
    }
    const seconds = Number(this.getAttribute("every"));
    const pause = seconds ? seconds * 1000 : this.notice.hidden ? 0 : AGAIN_MS;
    if (turn === this.asked && this.isConnected && pause && !document.hidden) {
      this.waiting = setTimeout(() => this.refresh(), pause);
    }
  }

  async show(found) {
    this.found = found;
    const { draw } = await import("./chart/plot.js");
    if (!this.isConnected) return;
    this.drawn ??= draw(this.plot, { kind: this.getAttribute("kind") ?? "line", height: this.height, ends: this.ends(), pointed: (place) => this.pointed(place) });
    const isEmpty = !found.series.some((one) => one.values.some((value) => value !== null));
    this.warn(isEmpty ? this.dataset.empty : "");
    this.plot.hidden = isEmpty;
    this.details.hidden = isEmpty;
    const names = found.series.map((one) => one.name).join("\n");
    if (names !== this.names) legend(this.legend, found.series);
    this.names = names;
    this.drawn.show(found, [...this.legend.querySelectorAll("i")]);
    this.pointed(this.place ?? null);
    this.tell();
  }

  ends() {
    const end = (name) => (this.hasAttribute(name) ? Number(this.getAttribute(name)) : null);
    return { min: end("min"), max: end("max") };
  }

  warn(words) {
    this.notice.textContent = words ?? "";
    this.notice.hidden = !words;
  }

  walk(event) {
    const last = (this.found?.x.length ?? 0) - 1;
    const here = this.place ?? last + 1;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, PageUp: here - 10, PageDown: here + 10, Home: 0, End: last, Escape: null }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.point(to === null ? null : Math.min(Math.max(to, 0), last));
  }

  point(place) {
    this.drawn?.point(place);
    this.pointed(place);
  }

  // The place in the data that is pointed at, by mouse or by key; nothing: the newest values stand in the legend.
  pointed(place) {
    this.place = place;
    if (!this.found) return;
    const values = [...this.legend.querySelectorAll("b")];
    const words = said(this.found, place);
    values.forEach((value, index) => (value.textContent = words.values[index] ?? ""));
    this.tellPlace(words);
  }

  tellPlace(words) {
    this.plot.setAttribute("aria-valuemin", 0);
    this.plot.setAttribute("aria-valuemax", Math.max((this.found?.x.length ?? 1) - 1, 0));
    this.plot.setAttribute("aria-valuenow", Math.max(this.place ?? (this.found?.x.length ?? 1) - 1, 0));
    this.plot.setAttribute("aria-valuetext", words?.whole ?? "");
  }

  tell() {
    if (this.details.open && this.found) table(this.details, this.found, this.dataset);
  }
}

customElements.define("dure-chart", Chart);
