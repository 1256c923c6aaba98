// The training in numbers.

import { byId, make, say } from "./dom.js";
import { percent, short, time, whole } from "./format.js";

/** @type {[string, string][]} */
const NAMES = [
  ["epoch", "Epoch"],
  ["test", "Test accuracy"],
  ["training", "Training acc."],
  ["epochs", "Epochs / s"],
  ["samples", "Images / s"],
  ["time", "Time"],
];

/** @type {Record<string, string>} */
const RUNS = { preparing: "preparing…", training: "training", stepping: "training", paused: "paused" };

export class Readings {
  constructor() {
    /** @type {Record<string, HTMLElement>} */
    this.values = {};
    const list = byId("readings", HTMLElement);
    for (const [name, label] of NAMES) {
      this.values[name] = make("dd", { "data-reading": name }, "–");
      list.append(make("div", {}, make("dt", {}, label), this.values[name]));
    }
    this.run = byId("run", HTMLElement);
    this.about = "";
  }

  /**
   * @param {Record<string, any>} header of a frame
   * @param {import("./curve_data.js").RunRecord | undefined} newest
   */
  showFrame({ epoch, epochs_per_second, samples_per_second, train_seconds }, newest) {
    say(this.values.epoch, whole(epoch));
    say(this.values.test, percent(newest?.testAccuracy));
    say(this.values.training, percent(newest?.trainAccuracy));
    // Between two trainings the speed of the last one stays.
    if (epochs_per_second || epoch === 0) say(this.values.epochs, epochs_per_second?.toPrecision(2) ?? "–");
    if (samples_per_second || epoch === 0)
      say(this.values.samples, samples_per_second ? short(samples_per_second) : "–");
    say(this.values.time, time(train_seconds ?? 0));
  }

  /** @param {Record<string, any>} state */
  showState({ run, trained, sizes }) {
    const words = RUNS[run] ?? (trained ? "done" : "untrained");
    say(this.run, `${words} · ${sizes.join("-")}`);
  }
}

/** The buttons that start and stop the training. */
export class TrainButtons {
  /** @param {(message: Record<string, any>) => void} send */
  constructor(send) {
    this.words = byId("train-words", HTMLElement);
    this.train = byId("train", HTMLButtonElement);
    this.step = byId("step", HTMLButtonElement);
    this.isRunning = false;
    this.train.addEventListener("click", () => send({ type: this.isRunning ? "pause" : "train" }));
    this.step.addEventListener("click", () => send({ type: "step" }));
    byId("reset", HTMLButtonElement).addEventListener("click", () => send({ type: "reset", seed: null }));
  }

  /** @param {string} run */
  show(run) {
    this.isRunning = ["preparing", "training", "stepping"].includes(run);
    this.step.disabled = this.isRunning;
    say(this.words, this.isRunning ? "Pause" : run === "paused" ? "Continue" : "Train");
  }
}
