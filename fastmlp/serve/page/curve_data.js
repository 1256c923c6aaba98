// The records of a run, and those of the last one, as points of a chart.

/** @typedef {{epoch: number, loss: number | null, trainAccuracy: number | null, testLoss: number | null, testAccuracy: number | null, seconds: number}} RunRecord */

/**
 * @param {(number | null)[]} row as in the protocol
 * @returns {RunRecord}
 */
function toRecord([epoch, loss, trainAccuracy, testLoss, testAccuracy, seconds]) {
  return { epoch: epoch ?? 0, loss, trainAccuracy, testLoss, testAccuracy, seconds: seconds ?? 0 };
}

export class Runs {
  constructor() {
    this.generation = -1;
    /** @type {RunRecord[]} */ this.now = [];
    /** @type {RunRecord[]} */ this.last = [];
  }

  /**
   * Add the records of a frame. Those of a new network begin a new curve; the old one becomes the last run.
   * @param {number} generation
   * @param {(number | null)[][]} rows
   */
  add(generation, rows) {
    this.begin(generation);
    for (const record of rows.map(toRecord)) {
      const newest = this.now.at(-1);
      if (!newest || record.epoch > newest.epoch) this.now.push(record);
    }
  }

  /** @param {number} generation */
  begin(generation) {
    if (generation === this.generation) return;
    this.generation = generation;
    if (this.now.length > 0) this.last = this.now;
    this.now = [];
  }
}

/**
 * Ends and step of an axis.
 * @param {number} low
 * @param {number} high
 * @param {number} steps about how many
 * @returns {{low: number, high: number, step: number}}
 */
export function niceAxis(low, high, steps) {
  const rough = Math.max(high - low, 1e-9) / steps;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((each) => each * power >= rough * 0.999) ?? 10);
  return { low: Math.floor(low / step + 1e-9) * step, high: Math.ceil(high / step - 1e-9) * step, step };
}

/**
 * Range of the accuracy's axis: from a round number below the values but the first few, to 1.
 * @param {number[]} values
 * @returns {{low: number, high: number, step: number}}
 */
export function accuracyAxis(values) {
  const lowest = values.length > 0 ? Math.min(...values) : 0;
  if (lowest >= 0.9) return { low: 0.9, high: 1, step: 0.02 };
  if (lowest >= 0.8) return { low: 0.8, high: 1, step: 0.05 };
  if (lowest >= 0.5) return { low: 0.5, high: 1, step: 0.1 };
  return { low: 0, high: 1, step: 0.2 };
}
