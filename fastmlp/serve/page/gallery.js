// The first layer's weights as images: what its neurons look for.

import { byId, say } from "./dom.js";
import { paintSigned } from "./pictures.js";
import { slice } from "./protocol.js";

/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./network_view.js").Neuron} Neuron */

export class Gallery {
  /** @param {(neuron: Neuron) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.element = byId("gallery", HTMLElement);
    this.title = byId("gallery-title", HTMLElement);
    /** @type {number[]} */ this.units = [];
    /** @type {Neuron | null} */ this.chosen = null;
  }

  /** @param {Message} frame */
  show(frame) {
    const { gallery, layers } = frame.header;
    if (String(gallery) !== String(this.units)) this.#build(gallery);
    const size = layers[0].size;
    say(
      this.title,
      gallery.length < size ? `${gallery.length} of the first ${size} neurons` : `What the first layer looks for`,
    );
    const weights = frame.arrays.first_layer;
    gallery.forEach((/** @type {number} */ _, /** @type {number} */ k) => {
      const canvas = this.element.children[k].firstElementChild;
      if (canvas instanceof HTMLCanvasElement) paintSigned(canvas, slice(weights, k), weights.shape.slice(1));
    });
  }

  /** @param {number[]} units */
  #build(units) {
    this.units = units;
    this.element.toggleAttribute("data-many", units.length > 16);
    this.element.replaceChildren(
      ...units.map((unit) => {
        const tile = document.createElement("button");
        tile.type = "button";
        tile.className = "tile";
        tile.setAttribute("aria-label", `Weights of neuron ${unit + 1}`);
        tile.append(document.createElement("canvas"));
        tile.addEventListener("click", () => this.onChoose({ layer: 1, unit }));
        return tile;
      }),
    );
    this.setChosen(this.chosen);
  }

  /** @param {Neuron | null} chosen */
  setChosen(chosen) {
    this.chosen = chosen;
    this.units.forEach((unit, k) => {
      const is = chosen?.layer === 1 && chosen.unit === unit;
      this.element.children[k].setAttribute("aria-pressed", String(is));
    });
  }
}
