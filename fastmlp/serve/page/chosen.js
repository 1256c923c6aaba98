// The neuron that was chosen: the server is asked about it, and anew when the image or the weights have changed.

/** @typedef {import("./network_view.js").Neuron} Neuron */

const FIRST = 40; // ms that the pointer rests on a neuron before the server is asked
const AGAIN = 400; // ms between two questions about the same neuron

export class ChosenNeuron {
  /**
   * @param {(neuron: Neuron & {seq: number}) => void} ask
   * @param {(neuron: Neuron | null) => void} show mark it
   */
  constructor(ask, show) {
    this.ask = ask;
    this.show = show;
    /** @type {Neuron | null} */ this.neuron = null;
    this.seq = 0;
    this.timer = 0;
  }

  /** @param {Neuron} neuron */
  choose(neuron) {
    if (neuron.layer === this.neuron?.layer && neuron.unit === this.neuron.unit) return;
    this.neuron = neuron;
    this.show(neuron);
    clearTimeout(this.timer);
    this.#askIn(FIRST);
  }

  forget() {
    this.neuron = null;
    clearTimeout(this.timer);
    this.timer = 0;
    this.show(null);
  }

  /** What the server knows of the neuron has changed. */
  refresh() {
    if (this.neuron && this.timer === 0) this.#askIn(AGAIN);
  }

  /** @param {number} pause */
  #askIn(pause) {
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      if (this.neuron) this.ask({ ...this.neuron, seq: ++this.seq });
    }, pause);
  }

  /**
   * Whether an answer is about the neuron that is chosen now.
   * @param {Record<string, any>} header
   */
  isAbout({ layer, unit }) {
    return this.neuron?.layer === layer && this.neuron?.unit === unit;
  }
}
