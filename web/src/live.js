// <dure-live about="issue:12" fragment="/...">: when something happened to what it is about, its inside is fetched
// again and morphed in. Focus, selection and typed text stay where they are. With every="2" it is asked for by the
// clock, for numbers that change each second and that no entry tells of.
import { Idiomorph } from "idiomorph/dist/idiomorph.esm.js";
import htmx from "./htmx.js";

const GATHER_MS = 60;
const QUIET_MS = 3000;
const sources = new Map();
const notice = document.getElementById("connection");
let warning = 0;

class Live extends HTMLElement {
  connectedCallback() {
    if (this.hasAttribute("about")) join(this.getAttribute("about"), this);
    const seconds = Number(this.getAttribute("every"));
    if (seconds) this.clock = setInterval(() => document.hidden || this.fetching || this.refresh(), seconds * 1000);
  }

  disconnectedCallback() {
    if (this.hasAttribute("about")) leave(this.getAttribute("about"), this);
    clearInterval(this.clock);
  }

  happened() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.refresh(), GATHER_MS);
  }

  async refresh() {
    if (this.fetching) {
      this.again = true;
      return;
    }
    this.fetching = true;
    try {
      const answer = await fetch(this.getAttribute("fragment"), { headers: { "HX-Request": "true" } });
      if (answer.ok) this.morph(await answer.text());
    } catch {
      // The stream notices a lost connection, says so, and refreshes everything when it is back.
    }
    this.fetching = false;
    if (this.again) {
      this.again = false;
      this.refresh();
    }
  }

  morph(html) {
    Idiomorph.morph(this, html, { morphStyle: "innerHTML", ignoreActiveValue: true, callbacks: { beforeNodeMorphed: keepTyped, beforeAttributeUpdated: keepOpen } });
    htmx.process(this);
  }
}

// A field somebody has written in belongs to them until they send it, and an open dialog stays open. A chart and the
// end of a log renew themselves.
function keepTyped(old, fresh) {
  if (old instanceof Element && old.matches("dure-chart, dure-tail")) {
    if (fresh.hasAttribute?.("every")) old.setAttribute("every", fresh.getAttribute("every"));
    return false;
  }
  if (old instanceof HTMLTextAreaElement || old instanceof HTMLInputElement) return old.value === old.defaultValue;
  return !(old instanceof HTMLDialogElement && old.open);
}

// What somebody has opened, or closed, stays so.
function keepOpen(name, element) {
  return !(name === "open" && element instanceof HTMLDetailsElement);
}

function join(about, element) {
  const source = sources.get(about) ?? { elements: new Set(), stream: null, last: "", lost: false };
  sources.set(about, source);
  source.elements.add(element);
  if (!document.hidden) open(about, source);
}

function leave(about, element) {
  const source = sources.get(about);
  source?.elements.delete(element);
  if (source && !source.elements.size) {
    source.stream?.close();
    sources.delete(about);
  }
}

function open(about, source) {
  if (source.stream) return;
  const after = source.last ? `&after=${source.last}` : "";
  const stream = new EventSource(`/live?about=${encodeURIComponent(about)}${after}`);
  const refresh = () => source.elements.forEach((element) => element.happened());
  source.stream = stream;
  stream.onopen = () => {
    quiet();
    if (source.lost) refresh();
    source.lost = false;
  };
  stream.onmessage = (event) => {
    source.last = event.lastEventId;
    refresh();
  };
  stream.addEventListener("behind", () => {
    source.last = "";
    refresh();
  });
  stream.onerror = () => {
    source.lost = true;
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => reopen(about, source), QUIET_MS);
    warning ||= setTimeout(warn, QUIET_MS);
  };
}

function reopen(about, source) {
  source.stream?.close();
  source.stream = null;
  if (!document.hidden && source.elements.size) open(about, source);
}

function warn() {
  notice.textContent = document.body.dataset.lost;
  notice.hidden = false;
}

function quiet() {
  clearTimeout(warning);
  warning = 0;
  notice.hidden = true;
}

// A page nobody looks at listens to nothing: browsers allow few connections to one house. Coming back, it catches up.
document.addEventListener("visibilitychange", () => {
  for (const [about, source] of sources) {
    if (document.hidden) {
      source.stream?.close();
      source.stream = null;
      source.lost = true;
      quiet();
    } else {
      open(about, source);
    }
  }
});
window.addEventListener("pagehide", () => sources.forEach((source) => source.stream?.close()));

customElements.define("dure-live", Live);
