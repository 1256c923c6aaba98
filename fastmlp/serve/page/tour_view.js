// The lecture's questions: each a button that sets the page up and says what to see.

import { byId, make, say } from "./dom.js";

/** @typedef {{stop: string, title: string, question: string, look: string}} Stop */

export class TourView {
  /**
   * @param {Stop[]} stops
   * @param {(stop: string | null) => void} onChoose null ends the stop that is running
   */
  constructor(stops, onChoose) {
    this.stops = stops;
    this.text = byId("tour-text", HTMLElement);
    /** @type {string | null} */ this.running = null;
    this.buttons = stops.map(({ stop, title, question }) => {
      const button = make("button", { class: "button", type: "button", title: question, "data-stop": stop }, title);
      button.addEventListener("click", () => onChoose(this.running === stop ? null : stop));
      return button;
    });
    byId("stops", HTMLElement).replaceChildren(...this.buttons);
    this.bar = make("progress", { max: 1, "aria-label": "Progress of this question" });
    this.step = make("p");
  }

  /** @param {Record<string, any>} message */
  show(message) {
    const { stop, phase } = message;
    const isRunning = phase === "training" || phase === "computing";
    this.running = isRunning ? stop : null;
    this.buttons.forEach((button, k) => {
      button.setAttribute("aria-pressed", String(this.stops[k].stop === stop && phase !== "ended"));
    });
    if (isRunning) this.#progress(message);
    else if (phase === "done") this.#done(message);
    else if (phase === "ended") this.text.replaceChildren(make("p", {}, "Ended. Choose a question to start anew."));
    this.text.dataset.phase = phase;
  }

  /** @param {Record<string, any>} message */
  #progress({ stop, progress, text }) {
    const look = this.stops.find((each) => each.stop === stop);
    if (!this.text.contains(this.bar)) {
      this.text.replaceChildren(make("p", {}, `${look?.question ?? ""} ${look?.look ?? ""}`), this.bar, this.step);
    }
    this.bar.value = progress ?? 0;
    say(this.step, text ?? "");
  }

  /** @param {Record<string, any>} message */
  #done({ sentences = [] }) {
    this.text.replaceChildren(make("p", { class: "done" }, sentences.join(" ")));
  }
}
