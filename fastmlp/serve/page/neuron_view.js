// One neuron: its weights as an image, what it adds to the answer, the images that excite it most.

import { byId, fitCanvas, fontUnit, make } from "./dom.js";
import { brief } from "./format.js";
import { paintImage, paintSigned, signedColour } from "./pictures.js";
import { count, slice } from "./protocol.js";

/** @typedef {import("./protocol.js").Message} Message */

const HINT = "Point at a neuron, or tap it: what it looks for, what it adds to the answer, and which images excite it.";
const FLAT = 0.5; // bars of less than this are not blown up: a dark neuron adds nothing

export class NeuronView {
  /**
   * @param {string[]} classes
   * @param {(index: number) => void} onPick called with the index of a test image
   */
  constructor(classes, onPick) {
    this.classes = classes;
    this.onPick = onPick;
    this.element = byId("neuron", HTMLElement);
    this.clear();
  }

  clear() {
    this.element.replaceChildren(make("h3", {}, "A neuron"), make("p", { class: "hint" }, HINT));
  }

  /**
   * @param {Message} message
   * @param {number} layers hidden layers and the outputs
   */
  show({ header, arrays }, layers) {
    const picture = make("canvas", { role: "img", "aria-label": "Its weights: blue excites, orange inhibits" });
    paintSigned(picture, slice({ ...arrays.picture, shape: [1, ...arrays.picture.shape] }, 0), arrays.picture.shape);
    const isOutput = header.layer === layers;
    const name = isOutput
      ? `Output ${this.classes[header.unit]}`
      : `Neuron ${header.unit + 1} of layer ${header.layer}`;
    const title = make("h3", { title: `Weighted sum ${brief(header.weighted_sum)}, bias ${brief(header.bias)}` });
    title.append(`${name}: ${header.activation.toFixed(2)}`);
    const parts = make("div", { class: "neuron-parts" }, picture, this.#adds(header));
    if (header.excites?.length > 0) parts.append(this.#excites(header, arrays));
    this.element.replaceChildren(title, parts);
  }

  /** @param {Record<string, any>} header */
  #adds({ adds, picture_is }) {
    const what = picture_is === "weights" ? "Its weights." : "What would excite it more, at this image.";
    if (!adds) return make("p", { class: "hint" }, `${what} Blue pixels excite it, orange ones inhibit it.`);
    const chart = make("canvas", { role: "img", "aria-label": this.#addsInWords(adds) });
    requestAnimationFrame(() => paintAdds(chart, adds, this.classes));
    return make(
      "div",
      {},
      make("span", { class: "hint" }, "Adds to the outputs' sums"),
      make("div", { class: "adds" }, chart),
    );
  }

  /** @param {number[]} adds */
  #addsInWords(adds) {
    return `Adds ${adds.map((value, k) => `${brief(value)} to ${this.classes[k]}`).join(", ")}`;
  }

  /**
   * @param {Record<string, any>} header
   * @param {Message["arrays"]} arrays
   */
  #excites({ excites }, { images }) {
    const shape = images.shape.slice(1);
    const size = count(shape);
    const pictures = excites.map((/** @type {any} */ each, /** @type {number} */ k) => {
      const canvas = make("canvas", { role: "img", "aria-label": `Test image, label ${this.classes[each.label]}` });
      paintImage(canvas, images.values.subarray(k * size, (k + 1) * size), shape);
      if (each.index !== null) canvas.addEventListener("click", () => this.onPick(each.index));
      return canvas;
    });
    return make("div", { class: "excites" }, make("span", {}, "Excited by"), ...pictures);
  }
}

/**
 * Bars up and down from a line in the middle, one a class.
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} adds
 * @param {string[]} classes
 */
function paintAdds(canvas, adds, classes) {
  const { context, width, height } = fitCanvas(canvas);
  const unit = fontUnit();
  const letters = 15 * unit;
  const middle = (height - letters) / 2;
  const largest = Math.max(...adds.map(Math.abs), FLAT);
  const step = width / adds.length;
  context.font = `${11 * unit}px system-ui, sans-serif`;
  context.textAlign = "center";
  adds.forEach((value, k) => {
    context.fillStyle = `rgb(${signedColour(Math.sign(value)).join(",")})`;
    context.fillRect(k * step + 1.5, middle, step - 3, (-middle * value) / largest);
    context.fillStyle = "#9ba7ba";
    context.fillText(classes[k].slice(0, Math.max(1, Math.floor(step / (7 * unit)))), (k + 0.5) * step, height - 3);
  });
  context.fillRect(0, middle - 0.5, width, 1);
}
