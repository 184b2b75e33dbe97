// The picture of a run's jobs by keyboard: an arrow goes to the nearest box on that side.
const SIDES = {
  ArrowRight: (from, to) => [to.left - from.right, Math.abs(to.top - from.top)],
  ArrowLeft: (from, to) => [from.left - to.right, Math.abs(to.top - from.top)],
  ArrowDown: (from, to) => [to.top - from.bottom, Math.abs(to.left - from.left)],
  ArrowUp: (from, to) => [from.top - to.bottom, Math.abs(to.left - from.left)],
};

document.addEventListener("keydown", (event) => {
  const node = event.target.closest?.(".graph .node");
  const side = SIDES[event.key];
  if (!node || !side || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const from = node.getBoundingClientRect();
  let nearest = null;
  let least = Infinity;
  for (const other of node.closest(".graph").querySelectorAll(".node")) {
    const [ahead, aside] = side(from, other.getBoundingClientRect());
    // What lies straight ahead comes before what lies nearer, but aside.
    if (ahead < 0 || ahead + 2 * aside >= least) continue;
    nearest = other;
    least = ahead + 2 * aside;
  }
  event.preventDefault();
  nearest?.focus();
});
