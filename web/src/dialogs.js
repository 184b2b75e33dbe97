// Native dialogs and toasts: opened and closed from anywhere, without a word of script in the pages.
import { listKeys } from "./keys.js";

const TOAST_MS = 7000;
const MENUS = "details:is(.picker, .more)[open]";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    const list = dialog.querySelector("[data-page-keys]");
    if (list) listKeys(list);
    dialog.showModal();
  }
  event.target.closest("[data-close-toast]")?.closest(".toast").remove();
  // A click beside a dialog closes it; one inside never has the dialog itself as its target, thanks to the padding test.
  if (event.target instanceof HTMLDialogElement && outside(event.target, event)) event.target.close();
  // Menus close when somebody goes on elsewhere.
  for (const menu of document.querySelectorAll(MENUS)) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(MENUS);
  if (!menu) return;
  menu.open = false;
  if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
});

function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

const toasts = document.getElementById("toasts");

export function toast(words, kind = "bad") {
  const box = document.createElement("div");
  const text = document.createElement("p");
  const close = document.createElement("button");
  box.className = `toast ${kind}`;
  text.textContent = words;
  close.className = "quiet";
  close.type = "button";
  close.dataset.closeToast = "";
  close.setAttribute("aria-label", document.body.dataset.close);
  close.textContent = "✕";
  box.append(text, close);
  toasts.append(box);
}

// Good news leaves by itself unless somebody is reading it; bad news stays until it is closed.
const leave = (box) => {
  if (box.classList.contains("bad")) return;
  setTimeout(() => (box.matches(":hover, :focus-within") ? leave(box) : box.remove()), TOAST_MS);
};
toasts.querySelectorAll(".toast").forEach(leave);
new MutationObserver((changes) => {
  for (const change of changes) change.addedNodes.forEach((node) => node instanceof Element && leave(node));
}).observe(toasts, { childList: true });
