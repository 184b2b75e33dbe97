// <dure-time><time datetime="...">3 hours ago</time></dure-time>: keeps the words fresh, and says the whole date in
// the reader's own time zone when pointed at.

const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "always" });
const whole = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
const units = [
  ["year", 31557600],
  ["month", 2629800],
  ["day", 86400],
  ["hour", 3600],
];

function words(then) {
  const seconds = (then - Date.now()) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return document.body.dataset.now;
  for (const [unit, size] of units) {
    if (distance >= size) return relative.format(Math.ceil(seconds / size), unit);
  }
  return relative.format(Math.ceil(seconds / 60) || -1, "minute");
}

class Moment extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    if (time) time.title = whole.format(new Date(time.dateTime));
  }

  refresh() {
    const time = this.querySelector("time");
    const fresh = time && words(new Date(time.dateTime));
    if (time && time.textContent !== fresh) time.textContent = fresh;
  }
}

customElements.define("dure-time", Moment);

const refresh = () => {
  if (!document.hidden) document.querySelectorAll("dure-time").forEach((moment) => moment.refresh());
};
setInterval(refresh, 20000);
document.addEventListener("visibilitychange", refresh);
