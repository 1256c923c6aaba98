// The dialog in which a test image is chosen: also the way to an image with the keyboard.

import { byId, make, say } from "./dom.js";
import { whole } from "./format.js";
import { paintImage } from "./pictures.js";
import { count, decode } from "./protocol.js";

const AT_A_TIME = 60;

export class Picker {
  /**
   * @param {string[]} classes
   * @param {(query: Record<string, string>) => string} address of images, for some parameters of the query
   * @param {(index: number) => void} onPick
   */
  constructor(classes, address, onPick) {
    this.classes = classes;
    this.address = address;
    this.onPick = onPick;
    this.start = 0;
    this.dialog = byId("picker", HTMLDialogElement);
    this.images = byId("picker-images", HTMLElement);
    this.label = byId("picker-label", HTMLSelectElement);
    this.wrong = byId("picker-wrong", HTMLInputElement);
    this.back = byId("picker-back", HTMLButtonElement);
    this.next = byId("picker-next", HTMLButtonElement);
    this.label.replaceChildren(
      make("option", { value: "" }, "all"),
      ...classes.map((name, k) => make("option", { value: k }, name)),
    );
    for (const input of [this.label, this.wrong]) input.addEventListener("change", () => this.#load(0));
    this.back.addEventListener("click", () => this.#load(this.start - AT_A_TIME));
    this.next.addEventListener("click", () => this.#load(this.start + AT_A_TIME));
    byId("picker-close", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  open() {
    this.dialog.showModal();
    this.#load(this.start);
  }

  /** @param {number} start */
  async #load(start) {
    this.start = Math.max(0, start);
    /** @type {Record<string, string>} */
    const query = { start: String(this.start), count: String(AT_A_TIME) };
    if (this.label.value) query.label = this.label.value;
    if (this.wrong.checked) query.wrong = "1";
    try {
      const answer = await fetch(this.address(query));
      if (!answer.ok) throw new Error(await answer.text());
      this.#show(decode(await answer.arrayBuffer()));
    } catch {
      say(byId("picker-place", HTMLElement), "The images can't be loaded: the server does not answer.");
    }
  }

  /** @param {import("./protocol.js").Message} message */
  #show({ header, arrays }) {
    const { indices, labels, answers, total } = header;
    const shape = arrays.images.shape.slice(1);
    const size = count(shape);
    this.images.replaceChildren(
      ...indices.map((/** @type {number} */ index, /** @type {number} */ k) => {
        const canvas = make("canvas");
        paintImage(canvas, arrays.images.values.subarray(k * size, (k + 1) * size), shape);
        return this.#button(canvas, index, labels[k], answers ? answers[k] : labels[k]);
      }),
    );
    const last = this.start + indices.length;
    const place = total === 0 ? "None" : `${whole(this.start + 1)} to ${whole(last)} of ${whole(total)}`;
    say(byId("picker-place", HTMLElement), place);
    this.back.disabled = this.start === 0;
    this.next.disabled = last >= total;
  }

  /** @type {(canvas: HTMLCanvasElement, index: number, label: number, answer: number) => HTMLButtonElement} */
  #button(canvas, index, label, answer) {
    const [truth, said] = [this.classes[label], this.classes[answer]];
    const isWrong = answer !== label;
    const words = make("span", isWrong ? { class: "wrong" } : {}, isWrong ? `${truth} → ${said}` : truth);
    const button = make("button", { type: "button" }, canvas, words);
    button.setAttribute("aria-label", isWrong ? `${truth}, the network says ${said}` : truth);
    button.addEventListener("click", () => {
      this.dialog.close();
      this.onPick(index);
    });
    return button;
  }
}
