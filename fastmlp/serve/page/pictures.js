// Images and weights as small pictures: one pixel a number, enlarged by the style sheet.

import { context2d } from "./dom.js";

/** @typedef {[number, number, number]} Rgb */

// Okabe and Ito's hues, which the colour-blind can tell apart; 0 is the dark ground of every picture.
/** @type {Rgb} */ const GROUND = [16, 21, 31];
/** @type {Rgb} */ const POSITIVE = [86, 180, 233];
/** @type {Rgb} */ const NEGATIVE = [230, 159, 0];

/**
 * Colour of a signed value from -1 to 1, between the ground and the hue of its sign.
 * @param {number} value
 * @returns {Rgb}
 */
export function signedColour(value) {
  const hue = value < 0 ? NEGATIVE : POSITIVE;
  const share = Math.min(1, Math.abs(value)) ** 0.8;
  return /** @type {Rgb} */ (GROUND.map((ground, c) => Math.round(ground + share * (hue[c] - ground))));
}

/**
 * Paint bytes: grey, or red, green and blue.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} bytes
 * @param {number[]} shape [height, width] or [height, width, 3]
 */
export function paintImage(canvas, bytes, shape) {
  const channels = shape[2] ?? 1;
  paint(canvas, shape, (k) => {
    if (channels === 3) return [bytes[3 * k], bytes[3 * k + 1], bytes[3 * k + 2]];
    return [bytes[k], bytes[k], bytes[k]];
  });
}

/**
 * Paint signed values: the largest by size has the full colour.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} values
 * @param {number[]} shape [height, width]
 */
export function paintSigned(canvas, values, shape) {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  paint(canvas, shape, (k) => signedColour(values[k] / largest));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} shape
 * @param {(k: number) => Rgb} pixel
 */
function paint(canvas, [height, width], pixel) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = context2d(canvas);
  const image = context.createImageData(width, height);
  for (let k = 0; k < width * height; k++) {
    const [r, g, b] = pixel(k);
    image.data.set([r, g, b, 255], 4 * k);
  }
  context.putImageData(image, 0, 0);
}
