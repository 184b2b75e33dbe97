// <dure-copy>: a block of words and a button that puts them on the clipboard. Without scripts the words are selected.
class Copy extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    const label = button.textContent;
    button.onclick = async () => {
      await navigator.clipboard.writeText(this.querySelector("pre").textContent.trim());
      button.textContent = button.dataset.done;
      setTimeout(() => (button.textContent = label), 2000);
    };
  }
}
customElements.define("dure-copy", Copy);
