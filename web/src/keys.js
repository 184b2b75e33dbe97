// The keyboard. Whatever carries data-keys="c" or "g p" answers to these keys; the help lists what is on the page.

const OFF = "dure-keys-off";
const FORGET_MS = 1200;
let held = "";
let forget = 0;

const typing = (target) =>
  target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
// What waits in a menu answers to its keys, too.
const usable = (element) => element.checkVisibility() || element.closest("[popover], .more");

function bound(keys) {
  return [...document.querySelectorAll("[data-keys]")].find((element) => element.dataset.keys === keys && usable(element));
}

function act(element) {
  if (element.matches("input, textarea, select")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-rows] a[data-open]")].filter(usable);
  if (!rows.length) return;
  const here = rows.findIndex((row) => row.closest("li, tr").contains(document.activeElement));
  const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + by, 0), rows.length - 1);
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  if (event.isComposing || event.defaultPrevented) return;
  const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    if (sends) event.target.form?.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
  if (document.querySelector("dialog:modal")) return;
  clearTimeout(forget);
  const keys = held ? `${held} ${event.key}` : event.key;
  held = "";
  const element = bound(keys);
  if (element) {
    event.preventDefault();
    act(element);
  } else if (keys === "j" || keys === "k") {
    event.preventDefault();
    step(keys === "j" ? 1 : -1);
  } else if (document.querySelector(`[data-keys^="${CSS.escape(keys)} "]`)) {
    held = keys;
    forget = setTimeout(() => (held = ""), FORGET_MS);
  }
}

// A letter is known by its key when Korean is being typed, too: the browser then reports the Korean letter.
const LATIN = { "ㅂ": "q", "ㅈ": "w", "ㄷ": "e", "ㄱ": "r", "ㅅ": "t", "ㅛ": "y", "ㅕ": "u", "ㅑ": "i", "ㅐ": "o", "ㅔ": "p", "ㅁ": "a", "ㄴ": "s", "ㅇ": "d", "ㄹ": "f", "ㅎ": "g", "ㅗ": "h", "ㅓ": "j", "ㅏ": "k", "ㅣ": "l", "ㅋ": "z", "ㅌ": "x", "ㅊ": "c", "ㅍ": "v", "ㅠ": "b", "ㅜ": "n", "ㅡ": "m" };

document.addEventListener("keydown", (event) => {
  const latin = LATIN[event.key] ?? (event.key === "Process" && /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : null);
  if (!latin || typing(event.target)) return onKey(event);
  onKey({
    key: latin,
    target: event.target,
    ctrlKey: event.ctrlKey,
    metaKey: event.metaKey,
    altKey: event.altKey,
    isComposing: false,
    defaultPrevented: event.defaultPrevented,
    preventDefault: () => event.preventDefault(),
  });
});

export function listKeys(list) {
  const seen = new Set(["/", "?"]);
  list.replaceChildren();
  for (const element of document.querySelectorAll("[data-keys]")) {
    const { keys } = element.dataset;
    if (seen.has(keys) || !usable(element)) continue;
    seen.add(keys);
    const line = document.createElement("div");
    const term = document.createElement("dt");
    const words = document.createElement("dd");
    term.append(...keys.split(" ").flatMap((key) => [Object.assign(document.createElement("kbd"), { textContent: key }), " "]));
    words.textContent = element.dataset.says ?? element.getAttribute("aria-label") ?? element.textContent.trim();
    line.append(term, words);
    list.append(line);
  }
}

const off = document.querySelector("[data-keys-off]");
if (off) {
  off.checked = Boolean(localStorage.getItem(OFF));
  off.addEventListener("change", () => (off.checked ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF)));
}
