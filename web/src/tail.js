// <dure-tail src="/…/lines?q=…">: the end of a log. New lines are asked for after the last one that is there, while
// the page is looked at and the box is ticked; the view stays at the end unless somebody has scrolled up to read.

const EVERY_MS = 1500;
const PATIENCE_MS = 10000;
const LINES_MAX = 3000;
const NEAR_PIXELS = 40;
const clock = new Intl.DateTimeFormat(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const whole = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "long", timeStyle: "medium" });

class Tail extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("ol");
    this.notice = this.querySelector("[role=status]");
    this.follow = this.querySelector("[data-follow]");
    this.look = () => this.go();
    document.addEventListener("visibilitychange", this.look);
    this.follow.addEventListener("change", this.look);
    this.querySelector("[data-older]")?.addEventListener("click", (event) => this.older(event));
    this.freshen(this.list);
    this.list.scrollTop = this.list.scrollHeight;
    this.go();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.look);
    clearTimeout(this.waiting);
  }

  go() {
    clearTimeout(this.waiting);
    if (this.isConnected && this.follow.checked && !document.hidden) this.waiting = setTimeout(() => this.refresh(), EVERY_MS);
  }

  async refresh() {
    try {
      const last = this.list.querySelector("li[data-id]:last-of-type")?.dataset.id;
      const lines = await this.ask(last ? `&after=${last}` : "");
      this.say("");
      this.add(lines);
    } catch {
      this.say(this.dataset.away);
    }
    this.go();
  }

  async ask(more) {
    const answer = await fetch(this.getAttribute("src") + more, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(answer.status);
    const made = document.createElement("template");
    made.innerHTML = await answer.text();
    this.freshen(made.content);
    return [...made.content.querySelectorAll("li")];
  }

  add(lines) {
    // A refusal is said once, not with each look.
    const fresh = lines.filter((line) => line.dataset.id);
    if (!fresh.length) return;
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_PIXELS;
    this.querySelector("[data-none]")?.remove();
    this.list.querySelectorAll("li.told").forEach((line) => line.remove());
    this.list.append(...fresh);
    while (this.list.children.length > LINES_MAX) this.list.firstElementChild.remove();
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  async older(event) {
    event.preventDefault();
    const link = event.target;
    try {
      const first = this.list.querySelector("li[data-id]")?.dataset.id;
      const lines = (await this.ask(`&before=${first}`)).filter((line) => line.dataset.id);
      const height = this.list.scrollHeight;
      this.list.prepend(...lines);
      this.list.scrollTop += this.list.scrollHeight - height;
      if (!lines.length || this.list.children.length >= LINES_MAX) link.remove();
      this.follow.checked = false;
    } catch {
      this.say(this.dataset.away);
    }
  }

  // The reader's own clock instead of the house's.
  freshen(inside) {
    for (const time of inside.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.textContent = clock.format(at);
      time.title = whole.format(at);
    }
  }

  say(words) {
    this.notice.textContent = words;
    this.notice.hidden = !words;
  }
}

customElements.define("dure-tail", Tail);
