// The lines of a log, by step and by group, and which of them are to be seen.
import { firstPen, readLine } from "./ansi.js";

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)(?:\/(\d+))? ?/;
const MARK = /^(?:##\[|::)(group|endgroup|error|warning|notice|debug|command|section)(?:\]| [^:]*::|::)(.*)$/;
const MAIN = "";
const CHARACTERS_MAX = 10_000;
const bytesOf = new TextEncoder();

export class Lines {
  constructor() {
    this.lines = [];
    this.steps = [];
    this.rest = "";
    this.end = 0;
    // By step, for those in the background speak between the others: the pen they left, the group they are in.
    this.pens = new Map();
    this.groups = new Map();
    this.asides = new Map();
    this.main = [];
    this.toggled = new Map();
  }

  // Words that begin at this byte. A line that is not whole yet is kept until the rest of it comes.
  add(at, text) {
    if (!this.rest) this.start = at;
    const words = this.rest + text;
    const lines = words.split("\n");
    this.rest = lines.pop();
    for (const line of lines) {
      this.put(line, this.start);
      this.start += bytesOf.encode(line).length + 1;
    }
    this.end = at + bytesOf.encode(text).length;
  }

  // Nothing more comes.
  finish() {
    if (this.rest) this.put(this.rest, this.start);
    this.rest = "";
  }

  put(raw, at) {
    const time = TIME.exec(raw);
    const aside = time?.[2] ?? MAIN;
    const read = readLine((time ? raw.slice(time[0].length) : raw).slice(0, CHARACTERS_MAX), this.pens.get(aside) ?? firstPen);
    this.pens.set(aside, read.pen);
    const mark = MARK.exec(read.text);
    const line = { number: this.lines.length + 1, at, time: time?.[1], pieces: read.pieces, text: read.text, kind: "", group: this.groups.get(aside) ?? null, aside };
    if (mark) {
      line.kind = mark[1];
      line.text = mark[2];
      line.pieces = [{ text: mark[2], pen: firstPen }];
    }
    if (line.kind === "group") {
      line.group = null;
      this.groups.set(aside, line);
    } else if (line.kind === "endgroup") {
      this.groups.delete(aside);
    }
    this.lines.push(line);
    if (aside === MAIN) this.main.push(line);
    else if (this.asides.has(aside)) this.asides.get(aside).push(line);
    else this.asides.set(aside, [line]);
  }

  // Which step a line belongs to: the one it names, else the last that began at or before its first byte.
  stepOf(line) {
    if (line.aside !== MAIN) return this.steps.find((step) => String(step.number) === line.aside) ?? null;
    let found = null;
    for (const step of this.steps) if (!isBeside(step) && step.start !== null && step.start <= line.at && (step.end === null || line.at < step.end)) found = step;
    return found;
  }

  isOpen(thing) {
    const said = this.toggled.get(keyOf(thing));
    if (said !== undefined) return said;
    if (thing.kind === "group") return false;
    return thing.state === "running" || thing.state === "failure" || thing === BEFORE;
  }

  toggle(thing, open = !this.isOpen(thing)) {
    this.toggled.set(keyOf(thing), open);
  }

  toggleAll(open) {
    for (const step of [BEFORE, ...this.steps]) this.toggle(step, open);
    for (const line of this.lines) if (line.kind === "group") this.toggle(line, open);
  }

  // Opens whatever hides a line.
  reveal(line) {
    this.toggle(this.stepOf(line) ?? BEFORE, true);
    if (line.group) this.toggle(line.group, true);
  }

  // The line that holds this byte, once it has come.
  lineAt(byte) {
    if (byte >= this.end) return undefined;
    let low = 0;
    let high = this.lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lines[middle].at <= byte) low = middle;
      else high = middle - 1;
    }
    return this.lines[low];
  }

  // The first error that was told of, else the end of the first step that failed.
  fault() {
    const told = this.lines.find((line) => line.kind === "error");
    if (told) return told;
    const step = this.steps.find((step) => step.state === "failure" && step.start !== null && step.end > step.start);
    if (step && isBeside(step)) return this.asides.get(String(step.number))?.at(-1);
    return step && this.lineAt(step.end - 1);
  }

  // As their words stand in the log. What actions do early has numbers below 0, and comes first.
  inOrder() {
    let start = 0;
    const placed = this.steps.map((step) => ({ step, start: (start = step.start ?? start) }));
    return placed.sort((one, other) => one.start - other.start).map(({ step }) => step);
  }

  // What is to be seen, from top to bottom: headings of steps, and the lines of those that are open.
  rows() {
    const rows = [];
    let place = 0;
    const show = (line) => {
      if (line.kind !== "endgroup" && (!line.group || this.isOpen(line.group))) rows.push({ line });
    };
    const takeWhile = (step, until) => {
      const open = this.isOpen(step);
      for (; place < this.main.length && until(this.main[place]); place++) if (open) show(this.main[place]);
    };
    const steps = this.inOrder();
    const writes = (step) => !isBeside(step) && step.start !== null && step.end !== step.start;
    const first = steps.find(writes);
    const before = (line) => !first || line.at < first.start;
    if (this.main.length && before(this.main[0])) {
      if (steps.length) rows.push({ step: BEFORE });
      takeWhile(BEFORE, before);
    }
    steps.forEach((step, index) => {
      rows.push({ step });
      if (isBeside(step)) {
        if (this.isOpen(step)) this.asides.get(String(step.number))?.forEach(show);
        return;
      }
      const next = steps.slice(index + 1).find(writes);
      if (step.start !== null) takeWhile(step, (line) => !next || line.at < next.start);
    });
    return rows;
  }
}

export const BEFORE = { number: "before", name: "", state: "", start: 0, end: null, seconds: null, why: "" };

const isBeside = (step) => step.kind === "background";

export const keyOf = (thing) => (thing.at === undefined ? `step ${thing.number}` : `line ${thing.number}`);
