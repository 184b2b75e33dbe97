// The drawing itself. Only this file knows the library; it is a chunk of its own, fetched where a chart stands.
import uPlot from "uplot";

const language = document.documentElement.lang || "en";
const short = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });
const formats = [
  [60, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }],
  [43200, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }],
  [Infinity, { month: "short", day: "numeric" }],
].map(([below, options]) => [below, new Intl.DateTimeFormat(language, options)]);
const together = uPlot.sync("dure");
const MARK_WIDTH = 1.5;

// Colours are those of the style sheet, in whichever light: read from elements that wear them.
function colour(element, name) {
  const probe = document.createElement("i");
  probe.className = name;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const faint = (rgb, share) => rgb.replace(/^rgb\((.*)\)$/, `rgb($1, ${share})`).replace(/,? /g, ", ");

class Plot {
  constructor(box, options) {
    this.box = box;
    this.options = options;
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(box);
  }

  show(found, keys) {
    const shape = JSON.stringify(found.series.map((one) => [one.name, one.unit, one.dashed]));
    this.found = found;
    this.keys = keys;
    const data = [found.x, ...found.series.map((one) => one.values)];
    if (this.drawn && shape === this.shape) {
      this.drawn.setData(data);
      return;
    }
    this.shape = shape;
    this.drawn?.destroy();
    this.drawn = new uPlot(this.wishes(), data, this.box);
  }

  wishes() {
    const ink = { soft: colour(this.box, "ink-soft"), line: colour(this.box, "ink-line") };
    this.marked = Object.fromEntries(["good", "bad", "busy", "waiting"].map((kind) => [kind, colour(this.box, `ink-${kind}`)]));
    const font = `12px ${getComputedStyle(this.box).fontFamily}`;
    const axis = { stroke: ink.soft, font, grid: { stroke: ink.line, width: 1 }, ticks: { stroke: ink.line, width: 1, size: 4 } };
    return {
      width: this.width(),
      height: this.options.height,
      legend: { show: false },
      padding: [10, 30, 0, 0],
      cursor: { sync: { key: together.key, setSeries: false }, drag: { x: false, y: false }, points: { size: 7 }, y: false },
      scales: { x: { range: (_, first, last) => this.span(first, last) }, y: { range: (_, low, high) => this.range(low, high) } },
      axes: [
        { ...axis, size: 28, space: 70, values: (_, splits, __, ___, step) => splits.map((x) => formats.find(([below]) => step < below)[1].format(new Date(x * 1000))).map((words, place, all) => (words === all[place - 1] ? "" : words)) },
        { ...axis, size: 52, space: 34, values: (_, splits) => splits.map((y) => short.format(y)) },
      ],
      series: [{}, ...this.found.series.map((one, place) => this.series(one, place))],
      hooks: { draw: [(chart) => this.mark(chart)], setCursor: [(chart) => this.moved(chart)] },
    };
  }

  series(one, place) {
    const stroke = getComputedStyle(this.keys[place]).color;
    const fill = { area: faint(stroke, 0.12), bars: faint(stroke, 0.5) }[this.options.kind];
    const paths = this.options.kind === "bars" ? uPlot.paths.bars({ size: [0.8, 40] }) : undefined;
    return { label: one.name, stroke, width: 1.75, dash: one.dashed ? [4, 3] : undefined, fill, paths, points: { show: this.found.x.length < 3 } };
  }

  // Bars stand on their place, so the first and the last need room beside it.
  span(first, last) {
    const beside = this.options.kind === "bars" ? (last - first) / Math.max(this.found.x.length - 1, 1) / 2 : 0;
    return [first - beside, last + beside];
  }

  range(low, high) {
    const { min, max } = this.options.ends;
    const top = max ?? (high > 0 ? high * 1.08 : 1);
    return [min ?? Math.min(low ?? 0, 0), top];
  }

  mark(chart) {
    const { left, top, width, height } = chart.bbox;
    const { ctx } = chart;
    ctx.save();
    ctx.setLineDash([]);
    for (const one of this.found.marks) {
      const x = Math.round(chart.valToPos(one.x, "x", true));
      if (x < left || x > left + width) continue;
      ctx.strokeStyle = ctx.fillStyle = this.marked[one.kind] ?? this.marked.busy;
      ctx.lineWidth = MARK_WIDTH * devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      const size = 4 * devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x - size, top - size);
      ctx.lineTo(x + size, top - size);
      ctx.lineTo(x, top + size);
      ctx.fill();
    }
    ctx.restore();
  }

  moved(chart) {
    const { idx } = chart.cursor;
    if (!this.pointing) this.options.pointed(idx ?? null);
  }

  point(place) {
    if (!this.drawn) return;
    this.pointing = true;
    const left = place === null ? -10 : this.drawn.valToPos(this.found.x[place], "x");
    this.drawn.setCursor({ left, top: place === null ? -10 : 10 });
    this.pointing = false;
  }

  width() {
    return Math.max(this.box.clientWidth, 120);
  }

  fit() {
    if (this.drawn && this.drawn.width !== this.width()) this.drawn.setSize({ width: this.width(), height: this.options.height });
  }

  // Another light: the same lines in other colours.
  recolour() {
    this.shape = "";
    if (this.found) this.show(this.found, this.keys);
  }

  destroy() {
    this.watch.disconnect();
    this.drawn?.destroy();
  }
}

export const draw = (box, options) => new Plot(box, options);
