// <dure-loop>: when a stage changes, a spark travels to it along the line.

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const STAGES = 8;

class Loop extends HTMLElement {
  connectedCallback() {
    this.seen = this.read();
    this.observer = new MutationObserver(() => this.compare());
    this.observer.observe(this, { subtree: true, childList: true, characterData: true, attributeFilter: ["class"] });
  }

  disconnectedCallback() {
    this.observer.disconnect();
  }

  stages() {
    return [...this.querySelectorAll("[data-stage]")];
  }

  read() {
    return this.stages().map((stage) => {
      const states = [...stage.classList].filter((name) => name !== "changed");
      return `${states.join(" ")} ${stage.querySelector(".ring").textContent.trim()}`;
    });
  }

  compare() {
    const now = this.read();
    const changed = now.findIndex((words, place) => words !== this.seen[place]);
    this.seen = now;
    if (changed >= 0) this.spark(changed);
  }

  spark(place) {
    if (calm.matches) return;
    const stage = this.stages()[place];
    const end = (place + 0.5) / STAGES;
    const start = Math.max(end - 1.5 / STAGES, 0);
    for (const comet of this.querySelectorAll(".comet")) {
      const motion = comet.querySelector("animateMotion");
      motion.setAttribute("keyPoints", `${start};${end}`);
      comet.classList.add("moving");
      motion.addEventListener("endEvent", () => comet.classList.remove("moving"), { once: true });
      motion.beginElement();
    }
    stage.classList.add("changed");
    setTimeout(() => stage.classList.remove("changed"), 2600);
  }
}

customElements.define("dure-loop", Loop);
