// The tools above a log, and the list of its steps beside it.

const KEPT = "dure-log-";

export function make(name, known) {
  return Object.assign(document.createElement(name), known);
}

export function tool(words, keys, act) {
  const button = make("button", { type: "button", className: "button", textContent: words });
  if (keys) button.dataset.keys = keys;
  button.addEventListener("click", act);
  return button;
}

// A tool that is on or off, as it was left the last time.
export function toggle(name, words, keys, changed) {
  let on = localStorage.getItem(KEPT + name) === "on";
  const button = tool(words, keys, () => {
    on = !on;
    localStorage.setItem(KEPT + name, on ? "on" : "off");
    button.ariaPressed = String(on);
    changed(on);
  });
  button.ariaPressed = String(on);
  changed(on);
  return button;
}

// Offered only where the browser lets a page write to the clipboard.
export function copyTool(words, done, textOf) {
  const button = tool(words, "y", async () => {
    await navigator.clipboard.writeText(textOf());
    button.textContent = done;
    setTimeout(() => (button.textContent = words), 2000);
  });
  button.hidden = true;
  return button;
}

export class Steps {
  constructor(label, kinds, choose) {
    this.kinds = kinds;
    this.list = make("ol", {});
    this.element = make("nav", { className: "log-steps", ariaLabel: label, hidden: true });
    this.element.append(this.list);
    this.choose = choose;
  }

  show(steps) {
    this.element.hidden = !steps.length;
    const there = [...this.list.children];
    steps.forEach((step, place) => {
      const item = there[place] ?? this.list.appendChild(this.item());
      const button = item.firstChild;
      button.className = step.state;
      button.children[1].textContent = button.title = step.name;
      button.children[2].textContent = step.seconds === null ? "" : `${step.seconds.toFixed(1)} s`;
      button.onclick = () => this.choose(step);
      item.lastChild.textContent = [this.kinds[step.kind], step.why].filter(Boolean).join(" · ");
      item.lastChild.hidden = !item.lastChild.textContent;
    });
    for (const item of there.slice(steps.length)) item.remove();
  }

  item() {
    const item = make("li", {});
    const button = make("button", { type: "button" });
    const dot = make("i", {});
    dot.setAttribute("aria-hidden", "true");
    button.append(dot, make("span", {}), make("small", {}));
    item.append(button, make("p", { className: "soft" }));
    return item;
  }
}
