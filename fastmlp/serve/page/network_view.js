// The network as the lecture draws it: neurons by brightness, the strongest edges by sign and size.

import { byId, fitCanvas, fontUnit, oncePerFrame, svg } from "./dom.js";
import { layoutNetwork, neighbour, strongestEdges, strongestPixels } from "./network_layout.js";
import { paintImage } from "./pictures.js";
import { real, slice } from "./protocol.js";

/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./network_layout.js").Column} Column */
/** @typedef {{layer: number, unit: number}} Neuron `layer` from 1, the first hidden layer */
/** @typedef {{group: SVGGElement, circle: SVGCircleElement}} Drawn */

const EDGES = 72; // between two layers
const PIXELS = 4; // edges from the image to each neuron of the first layer
const HUES = { positive: "86, 180, 233", negative: "230, 159, 0" };

export class NetworkView {
  /**
   * @param {{classes: string[], shape: number[]}} data classes, and (height, width) of an image
   * @param {(neuron: Neuron) => void} onChoose
   */
  constructor(data, onChoose) {
    this.data = data;
    this.onChoose = onChoose;
    this.flow = byId("flow", HTMLElement);
    this.edges = byId("edges", HTMLCanvasElement);
    this.seen = byId("seen", HTMLCanvasElement);
    this.svg = byId("neurons", SVGSVGElement);
    /** @type {Message | null} */ this.frame = null;
    /** @type {Message | null} */ this.answer = null;
    /** @type {Neuron | null} */ this.chosen = null;
    /** @type {Neuron} */ this.tabStop = { layer: 1, unit: 0 };
    /** @type {Column[]} */ this.columns = [];
    /** @type {Drawn[][]} */ this.drawn = [];
    this.built = "";
    this.draw = oncePerFrame(() => this.#draw());
    new ResizeObserver(this.draw).observe(this.flow);
    this.svg.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {Message} frame */
  setFrame(frame) {
    this.frame = frame;
    this.draw();
  }

  /** @param {Message | null} answer null if it is of another network */
  setAnswer(answer) {
    this.answer = answer;
    this.draw();
  }

  /** @param {Neuron | null} neuron */
  setChosen(neuron) {
    this.chosen = neuron;
    if (neuron) this.tabStop = neuron;
    this.draw();
  }

  #draw() {
    if (!this.frame) return;
    this.#place(this.frame);
    this.#paintSeen();
    this.#paintNeurons();
    this.#paintEdges(this.frame);
  }

  /**
   * Lay the neurons out anew if the space or the units shown have changed.
   * @param {Message} frame
   */
  #place(frame) {
    const { clientWidth: width, clientHeight: height } = this.flow;
    const { layers } = frame.header;
    const key = JSON.stringify([width, height, layers]);
    if (key === this.built) return;
    this.built = key;
    const [rows, across] = this.data.shape;
    const unit = fontUnit();
    const labels = unit * (this.data.classes.some((name) => name.length > 2) ? 104 : 40);
    const { image, columns } = layoutNetwork({ width, height, labels, unit }, layers, across / rows);
    this.columns = columns;
    this.image = image;
    Object.assign(this.seen.style, {
      left: `${image.x}px`,
      top: `${image.y}px`,
      width: `${image.width}px`,
      height: `${image.height}px`,
    });
    const focused = this.svg.contains(document.activeElement);
    this.svg.replaceChildren();
    this.#caption(Math.max(image.width / 2, 42 * unit), `sees ${rows} × ${across}`, image.y - 9);
    this.drawn = columns.map((column, l) => this.#buildColumn(column, l));
    if (focused) this.#focus(this.tabStop);
  }

  /**
   * @param {Column} column
   * @param {number} l
   * @returns {Drawn[]}
   */
  #buildColumn(column, l) {
    const isLast = l === this.columns.length - 1;
    const isPart = column.nodes.length < column.size;
    const name = isLast && !isPart ? `${column.size} outputs` : String(column.size);
    this.#caption(column.x, isPart ? `top ${column.nodes.length} of ${column.size}` : name);
    return column.nodes.map(({ unit, x, y, r }) => {
      const group = svg("g", { class: "node", role: "button", tabindex: -1 });
      const circle = svg("circle", { cx: x, cy: y, r });
      group.append(svg("circle", { cx: x, cy: y, r: Math.max(r, 12), class: "reach" }), circle);
      if (isLast) {
        const label = svg("text", { x: x + r + 7, y, dy: "0.35em" });
        label.textContent = this.data.classes[unit] ?? String(unit);
        group.append(label);
      }
      const choose = () => this.onChoose({ layer: l + 1, unit });
      group.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && choose());
      group.addEventListener("click", choose);
      group.addEventListener("focus", choose);
      this.svg.append(group);
      return { group, circle };
    });
  }

  /** @type {(x: number, words: string, y?: number) => void} */
  #caption(x, words, y = 14 * fontUnit()) {
    const text = svg("text", { x, y, "text-anchor": "middle" });
    text.textContent = words;
    this.svg.append(text);
  }

  #paintSeen() {
    const image = this.answer?.arrays.image;
    if (image) paintImage(this.seen, image.values, image.shape);
  }

  #paintNeurons() {
    const { answer } = this;
    const shown = answer && !answer.header.is_blank ? answer.header.answer : -1;
    this.columns.forEach((column, l) => {
      const bright = answer?.arrays[`bright_${l + 1}`]?.values;
      const isLast = l === this.columns.length - 1;
      column.nodes.forEach(({ unit }, i) => {
        const { group, circle } = this.drawn[l][i];
        const level = bright ? bright[unit] : 0;
        circle.setAttribute("fill", `rgb(${level},${level},${level})`);
        group.setAttribute("aria-label", this.#label(l, unit, level, isLast));
        const is = this.chosen?.layer === l + 1 && this.chosen.unit === unit;
        group.setAttribute("aria-pressed", String(is));
        group.setAttribute("tabindex", this.tabStop.layer === l + 1 && this.tabStop.unit === unit ? "0" : "-1");
        group.toggleAttribute("data-top", isLast && unit === shown);
      });
    });
    if (!this.svg.querySelector('[tabindex="0"]')) this.drawn[0]?.[0]?.group.setAttribute("tabindex", "0");
  }

  /** @type {(l: number, unit: number, level: number, isLast: boolean) => string} */
  #label(l, unit, level, isLast) {
    const name = isLast ? `Output ${this.data.classes[unit]}` : `Layer ${l + 1}, neuron ${unit + 1}`;
    return `${name}, brightness ${Math.round(level / 2.55)} %`;
  }

  /** @param {Message} frame */
  #paintEdges(frame) {
    const { context } = fitCanvas(this.edges);
    context.lineCap = "round";
    const unit = fontUnit();
    this.#paintPixelEdges(context, frame);
    for (let l = 0; l + 1 < this.columns.length; l++) {
      const weights = frame.arrays[`edges_${l + 1}`];
      if (!weights) continue;
      const [below, above] = [this.columns[l].nodes, this.columns[l + 1].nodes];
      const brightness = this.#brightness(l);
      for (const { from, to, strength, sign } of strongestEdges(real(weights), below.length, brightness, EDGES)) {
        line(context, below[from], above[to], strength, sign, unit);
      }
    }
  }

  /** @type {(l: number) => number[] | null} */
  #brightness(l) {
    const { answer } = this;
    const bright = answer?.arrays[`bright_${l + 1}`];
    if (!bright || answer?.header.is_blank) return null;
    return this.columns[l].nodes.map(({ unit }) => bright.values[unit] / 255);
  }

  /**
   * Lines from the pixels that weigh most to the neurons of the first layer.
   * @param {CanvasRenderingContext2D} context
   * @param {Message} frame
   */
  #paintPixelEdges(context, frame) {
    const { image: box } = this;
    const image = this.answer?.arrays.image;
    if (!box || !image || this.answer?.header.is_blank || image.shape.length > 2) return;
    const [rows, across] = image.shape;
    const { nodes } = this.columns[0];
    const unit = fontUnit();
    const fans = nodes.map(({ unit }) => {
      const k = frame.header.gallery.indexOf(unit);
      return k < 0 ? [] : strongestPixels(slice(frame.arrays.first_layer, k), image.values, PIXELS);
    });
    const largest = Math.max(...fans.flat().map(({ strength }) => strength), 1e-9);
    fans.forEach((fan, i) => {
      for (const { pixel, strength, sign } of fan) {
        const x = box.x + (((pixel % across) + 0.5) * box.width) / across;
        const y = box.y + ((Math.floor(pixel / across) + 0.5) * box.height) / rows;
        line(context, { x, y, r: 0 }, nodes[i], strength / largest, sign, unit);
      }
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!event.key.startsWith("Arrow") || this.columns.length === 0) return;
    event.preventDefault();
    this.#focus(neighbour(this.columns, this.tabStop, event.key));
  }

  /** @param {Neuron} neuron */
  #focus({ layer, unit }) {
    const column = this.columns[layer - 1];
    const place = column ? column.nodes.findIndex((node) => node.unit === unit) : -1;
    if (place >= 0) this.drawn[layer - 1][place].group.focus({ preventScroll: true });
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number, r: number}} from
 * @param {{x: number, y: number, r: number}} to
 * @param {number} strength
 * @param {number} sign
 * @param {number} unit
 */
function line(context, from, to, strength, sign, unit) {
  context.strokeStyle = `rgba(${sign < 0 ? HUES.negative : HUES.positive}, ${0.08 + 0.82 * strength ** 1.4})`;
  context.lineWidth = unit * (0.6 + 2 * strength);
  context.beginPath();
  context.moveTo(from.x + from.r, from.y);
  context.lineTo(to.x - to.r, to.y);
  context.stroke();
}
