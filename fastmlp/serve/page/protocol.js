// Binary messages between the page and the server: docs/serve-protocol.md has their layout.

/**
 * @typedef {object} Tensor
 * @property {Float32Array | Uint8Array | Int8Array} values as they were sent, row by row
 * @property {number[]} shape
 * @property {number | number[]} scale a value is its number times this; a list has one for each index of the first axis
 */

/**
 * @typedef {object} Message
 * @property {Record<string, any>} header
 * @property {Record<string, Tensor>} arrays
 */

const DRAWING = 1;
const TYPES = { uint8: Uint8Array, int8: Int8Array, float32: Float32Array };

/**
 * Decode a binary message of the server.
 * @param {ArrayBuffer} buffer
 * @returns {Message}
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  /** @type {Record<string, Tensor>} */
  const arrays = {};
  for (const [name, about] of Object.entries(header.arrays ?? {})) {
    const { dtype, shape, offset, scale = 1 } = /** @type {any} */ (about);
    const Type = TYPES[/** @type {keyof typeof TYPES} */ (dtype)];
    if (!Type) throw new TypeError(`unknown dtype ${dtype} of ${name}`);
    arrays[name] = { values: new Type(buffer, 4 + length + offset, count(shape)), shape, scale };
  }
  return { header, arrays };
}

/**
 * Number of values in an array of a shape.
 * @param {number[]} shape
 */
export function count(shape) {
  return shape.reduce((product, n) => product * n, 1);
}

/**
 * Slice k along a tensor's first axis, in its real values.
 * @param {Tensor} tensor
 * @param {number} k
 * @returns {Float32Array}
 */
export function slice(tensor, k) {
  const size = count(tensor.shape.slice(1));
  const scale = Array.isArray(tensor.scale) ? tensor.scale[k] : tensor.scale;
  return Float32Array.from(tensor.values.subarray(k * size, (k + 1) * size), (value) => value * scale);
}

/**
 * All values of a tensor, as real numbers.
 * @param {Tensor} tensor
 * @returns {Float32Array}
 */
export function real(tensor) {
  const { scale, shape, values } = tensor;
  if (!Array.isArray(scale)) return Float32Array.from(values, (value) => value * scale);
  const size = count(shape.slice(1));
  return Float32Array.from(values, (value, i) => value * scale[Math.floor(i / size)]);
}

/**
 * Encode a drawing.
 * @param {number} seq
 * @param {number} side pixels of a side, 8 to 200
 * @param {Uint8Array} pixels side * side, 0 for paper and 255 for ink
 * @returns {ArrayBuffer}
 */
export function encodeDrawing(seq, side, pixels) {
  const buffer = new ArrayBuffer(4 + pixels.length);
  const view = new DataView(buffer);
  view.setUint8(0, DRAWING);
  view.setUint8(1, side);
  view.setUint16(2, seq, true);
  new Uint8Array(buffer, 4).set(pixels);
  return buffer;
}
