// The pad: strokes by mouse, pen or finger.

import { byId, fitCanvas, oncePerFrame } from "./dom.js";
import { toMnistForm } from "./ink.js";
import { paintImage } from "./pictures.js";

/** @typedef {import("./ink.js").Stroke} Stroke */

const THICKNESS = 0.085; // of a stroke, as a part of the pad

export class Pad {
  /** @param {(image: Uint8Array) => void} onDraw called with the image in MNIST's form at each change */
  constructor(onDraw) {
    this.onDraw = onDraw;
    this.canvas = byId("pad", HTMLCanvasElement);
    this.frame = byId("pad-frame", HTMLElement);
    this.invitation = byId("invitation", HTMLElement);
    /** @type {Stroke[]} points from 0 to 1 */ this.strokes = [];
    /** @type {number | null} */ this.pointer = null;
    /** @type {HTMLCanvasElement | null} an image that is shown instead of strokes */ this.image = null;
    this.canDraw = true;
    this.draw = oncePerFrame(() => this.#draw());
    new ResizeObserver(this.draw).observe(this.canvas);
    this.canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(name, (event) => this.#up(/** @type {PointerEvent} */ (event)));
    }
  }

  /**
   * Turn drawing off for images that can't be drawn.
   * @param {boolean} canDraw
   */
  setCanDraw(canDraw) {
    this.canDraw = canDraw;
    this.frame.toggleAttribute("data-off", !canDraw);
    this.#invite();
  }

  /** The image in MNIST's form. */
  form() {
    return toMnistForm(this.strokes, 1);
  }

  undo() {
    if (this.image) this.image = null;
    else this.strokes.pop();
    this.#changed();
  }

  /** Remove what is shown, without a word to anybody. */
  wipe() {
    this.strokes = [];
    this.image = null;
    this.#invite();
    this.draw();
  }

  /**
   * Show an image that was not drawn; the next stroke, or undo, removes it.
   * @param {ArrayLike<number>} bytes
   * @param {number[]} shape
   */
  show(bytes, shape) {
    this.image = document.createElement("canvas");
    paintImage(this.image, bytes, shape);
    this.strokes = [];
    this.#invite();
    this.draw();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!this.canDraw || this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.image = null;
    this.strokes.push([this.#point(event)]);
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    const stroke = this.strokes.at(-1);
    stroke?.push(...(events.length > 0 ? events : [event]).map((each) => this.#point(each)));
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const box = this.canvas.getBoundingClientRect();
    /** @type {(x: number) => number} */
    const inside = (x) => Math.min(1, Math.max(0, x));
    return { x: inside((event.clientX - box.left) / box.width), y: inside((event.clientY - box.top) / box.height) };
  }

  #changed() {
    this.#invite();
    this.draw();
    this.onDraw(this.form());
  }

  #invite() {
    this.invitation.hidden = !this.canDraw || this.strokes.length > 0 || this.image !== null;
  }

  #draw() {
    const { context, width, height } = fitCanvas(this.canvas);
    if (this.image) {
      context.imageSmoothingEnabled = false;
      const scale = Math.min(width / this.image.width, height / this.image.height);
      const [w, h] = [this.image.width * scale, this.image.height * scale];
      context.drawImage(this.image, (width - w) / 2, (height - h) / 2, w, h);
      return;
    }
    Object.assign(context, { strokeStyle: "#fff", lineWidth: THICKNESS * width, lineCap: "round", lineJoin: "round" });
    for (const stroke of this.strokes) {
      context.beginPath();
      stroke.forEach(({ x, y }) => {
        context.lineTo(x * width, y * height);
      });
      if (stroke.length === 1) context.lineTo(stroke[0].x * width, stroke[0].y * height + 0.01);
      context.stroke();
    }
  }
}
