// The answer: the brightest output, in words, and all outputs as bars.

import { byId, make, say } from "./dom.js";

/**
 * @typedef {object} Answer
 * @property {number} answer
 * @property {number[]} outputs
 * @property {boolean} softmax
 * @property {boolean} is_blank
 * @property {string} source
 * @property {number | null} label
 * @property {number | null} index
 */

const PAUSE = 700; // ms of silence before the answer is read out

/**
 * The answer in a sentence.
 * @param {Answer} answer
 * @param {string[]} classes
 * @param {boolean} trained
 */
export function verdict({ answer, outputs, softmax, is_blank, source, label }, classes, trained) {
  if (is_blank) return "Nothing drawn yet.";
  const top = outputs[answer];
  const sure = softmax ? `${Math.round(100 * top)} % sure` : `output ${top.toFixed(2)} of 1`;
  if (!trained) return `It guesses, ${sure}: it has not been trained yet.`;
  if (source === "noise") return `It sees only noise, and is ${softmax ? sure : `at ${sure}`}.`;
  if (label === null) return `${sure[0].toUpperCase()}${sure.slice(1)}.`;
  return label === answer ? `Right, ${sure}.` : `Wrong, ${sure}: the label is ${classes[label]}.`;
}

export class AnswerView {
  /** @param {string[]} classes */
  constructor(classes) {
    this.classes = classes;
    this.digit = byId("answer-digit", HTMLElement);
    this.words = byId("answer-words", HTMLElement);
    this.live = byId("answer-live", HTMLElement);
    const outputs = byId("outputs", HTMLElement);
    outputs.toggleAttribute(
      "data-long",
      classes.some((name) => name.length > 2),
    );
    this.rows = classes.map((name) => {
      const part = make("div", { class: "part" });
      const value = make("span", { class: "value" }, "–");
      const row = make(
        "div",
        { class: "output" },
        make("span", {}, name),
        make("div", { class: "track" }, part),
        value,
      );
      return { row, part, value };
    });
    outputs.replaceChildren(...this.rows.map(({ row }) => row));
    this.timer = 0;
  }

  /**
   * @param {Answer} answer
   * @param {boolean} trained
   */
  show(answer, trained) {
    const name = answer.is_blank ? "–" : this.classes[answer.answer];
    say(this.digit, name);
    this.digit.toggleAttribute("data-long", name.length > 2);
    const words = verdict(answer, this.classes, trained);
    say(this.words, words);
    this.rows.forEach(({ row, part, value }, k) => {
      const output = answer.is_blank ? 0 : answer.outputs[k];
      row.toggleAttribute("data-top", !answer.is_blank && k === answer.answer);
      part.style.transform = `scaleX(${Math.min(1, Math.max(0, output))})`;
      say(value, answer.is_blank ? "–" : output.toFixed(2));
    });
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => say(this.live, answer.is_blank ? "" : `${name}. ${words}`), PAUSE);
  }
}
