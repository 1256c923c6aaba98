// The curves of cost and accuracy over the epochs.

import { accuracyAxis, niceAxis } from "./curve_data.js";
import { byId, colour, fitCanvas, fontUnit, make, oncePerFrame } from "./dom.js";
import { brief, percent } from "./format.js";

/** @typedef {import("./curve_data.js").RunRecord} RunRecord */
/** @typedef {import("./curve_data.js").Runs} Runs */
/** @typedef {{name: keyof RunRecord, label: string, css: string, colour: string}} Line */

const LEFT = 40; // room for the numbers, in CSS pixels at a font size of 16
const BOTTOM = 18;
const TOP = 6;

/** @type {Record<string, {lines: Line[], write: (value: number) => string, axis: (values: number[]) => {low: number, high: number, step: number}}>} */
const CHARTS = {
  accuracy: {
    lines: [
      { name: "trainAccuracy", label: "training", css: "training", colour: "--training" },
      { name: "testAccuracy", label: "test", css: "test", colour: "--test" },
    ],
    write: (value) => `${Math.round(100 * value)} %`,
    axis: accuracyAxis,
  },
  loss: {
    lines: [
      { name: "loss", label: "training", css: "cost", colour: "--cost" },
      { name: "testLoss", label: "test", css: "test", colour: "--test" },
    ],
    write: brief,
    axis: (values) => niceAxis(0, values.length > 0 ? Math.max(...values, 1e-6) : 1, 3),
  },
};

export class Curves {
  /** @param {Runs} runs */
  constructor(runs) {
    this.runs = runs;
    this.compare = byId("compare", HTMLInputElement);
    this.compare.addEventListener("change", () => this.draw());
    this.draw = oncePerFrame(() => this.#draw());
    for (const name of Object.keys(CHARTS)) {
      const canvas = byId(`${name}-chart`, HTMLCanvasElement);
      new ResizeObserver(this.draw).observe(canvas);
      byId(`${name}-marks`, HTMLElement).replaceChildren(
        ...CHARTS[name].lines.map(({ label, css }) => make("span", { class: `mark ${css}` }, label)),
      );
    }
  }

  #draw() {
    for (const name of Object.keys(CHARTS)) this.#chart(name);
  }

  /** @param {string} name */
  #chart(name) {
    const { lines, axis, write } = CHARTS[name];
    const { now } = this.runs;
    const last = this.compare.checked ? this.runs.last : [];
    const canvas = byId(`${name}-chart`, HTMLCanvasElement);
    const { context, width, height } = fitCanvas(canvas);
    const unit = fontUnit();
    const left = LEFT * unit;
    const values = [...now, ...last].flatMap((record) => lines.map((each) => record[each.name])).filter(isNumber);
    const y = axis(values);
    const epochs = Math.max(now.at(-1)?.epoch ?? 0, last.at(-1)?.epoch ?? 0, 10);
    /** @type {(epoch: number) => number} */
    const toX = (epoch) => left + ((width - left - 6) * epoch) / epochs;
    /** @type {(value: number) => number} */
    const toY = (value) => TOP + ((height - TOP - BOTTOM * unit) * (y.high - value)) / (y.high - y.low);
    grid(context, { width, height, y, epochs, toX, toY, write, unit });
    for (const line of lines) {
      curve(context, last, line, { toX, toY, unit, isLast: true });
      curve(context, now, line, { toX, toY, unit, isLast: false });
    }
    canvas.setAttribute("aria-label", inWords(name, now, lines));
  }
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{width: number, height: number, y: {low: number, high: number, step: number}, epochs: number,
 *   toX: (epoch: number) => number, toY: (value: number) => number, write: (value: number) => string, unit: number}} about
 */
function grid(context, { width, height, y, epochs, toX, toY, write, unit }) {
  const left = LEFT * unit;
  Object.assign(context, { font: `${11 * unit}px system-ui, sans-serif`, fillStyle: colour("--soft"), lineWidth: 1 });
  context.strokeStyle = colour("--line");
  context.textAlign = "right";
  for (let k = 0; y.low + k * y.step <= y.high + 1e-9; k++) {
    const value = y.low + k * y.step;
    context.beginPath();
    context.moveTo(left, Math.round(toY(value)) + 0.5);
    context.lineTo(width, Math.round(toY(value)) + 0.5);
    context.stroke();
    if (k % 2 === 0 || y.high - y.low < 4 * y.step) context.fillText(write(value), left - 6, toY(value) + 4 * unit);
  }
  context.textAlign = "center";
  const { step } = niceAxis(0, epochs, 4);
  for (let epoch = 0; epoch <= epochs; epoch += Math.max(1, step)) {
    const isLast = toX(epoch) > width - 20;
    context.textAlign = isLast ? "right" : "center";
    context.fillText(epoch === 0 ? "epoch 0" : String(epoch), isLast ? width : toX(epoch), height - 4);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {RunRecord[]} records
 * @param {Line} line
 * @param {{toX: (epoch: number) => number, toY: (value: number) => number, unit: number, isLast: boolean}} about
 */
function curve(context, records, line, { toX, toY, unit, isLast }) {
  const points = records.filter((record) => isNumber(record[line.name]));
  Object.assign(context, {
    strokeStyle: colour(line.colour),
    lineWidth: unit * (isLast ? 1.25 : 2),
    lineJoin: "round",
  });
  context.fillStyle = colour(line.colour);
  context.globalAlpha = isLast ? 0.6 : 1;
  context.setLineDash(isLast ? [4, 3] : []);
  context.beginPath();
  for (const record of points) context.lineTo(toX(record.epoch), toY(/** @type {number} */ (record[line.name])));
  context.stroke();
  context.setLineDash([]);
  const newest = points.at(-1);
  if (newest && !isLast) {
    context.beginPath();
    context.arc(toX(newest.epoch), toY(/** @type {number} */ (newest[line.name])), 2.5 * unit, 0, 7);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** @type {(name: string, records: RunRecord[], lines: Line[]) => string} */
function inWords(name, records, lines) {
  const newest = records.at(-1);
  if (!newest) return `${name}: no training yet`;
  const values = lines.map(({ name: key, label }) => {
    const value = newest[key];
    return `${label} ${name === "accuracy" ? percent(value) : value === null ? "–" : brief(value)}`;
  });
  return `${name} after epoch ${newest.epoch}: ${values.join(", ")}`;
}
