// Forms sent by htmx: each field says what is wrong with it, and nothing that was typed is lost.
import { toast } from "./dialogs.js";

function say(form, name, words) {
  const place = form.querySelector(`[data-error-for="${CSS.escape(name)}"]`);
  if (!place) return false;
  place.textContent = words;
  place.hidden = !words;
  form.elements.namedItem(name)?.setAttribute?.("aria-invalid", String(Boolean(words)));
  return true;
}

function clear(form) {
  form.querySelectorAll("[data-error-for]").forEach((place) => say(form, place.dataset.errorFor, ""));
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target instanceof HTMLFormElement) clear(event.target);
});

document.addEventListener("dure:invalid", (event) => {
  const form = event.target.closest("form");
  const unplaced = Object.entries(event.detail.fields).filter(([name, words]) => !form || !say(form, name, words));
  unplaced.forEach(([, words]) => toast(words));
  form?.querySelector("[aria-invalid=true]")?.focus();
});

for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, () => toast(document.body.dataset.unreached));
}
