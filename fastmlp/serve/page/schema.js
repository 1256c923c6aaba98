// Samples become inputs as the network's schema says: `Schema.scaled` in Python.

/**
 * @typedef {object} Schema as `Schema.to_json` writes it
 * @property {"pixels" | "standardized" | "as it is"} scale
 * @property {number} high largest value in training
 * @property {number[]} [image_shape] (height, width) or (3, height, width)
 * @property {boolean} [is_dark_on_light]
 * @property {number[]} [mean]
 * @property {number[]} [deviation]
 */

/**
 * Bytes as the inputs of a network.
 * @param {Schema | null} schema
 * @param {ArrayLike<number>} bytes (n_in,) from 0 to 255, as in the files of the data set
 * @returns {Float32Array}
 */
export function toInputs(schema, bytes) {
  const isLight = schema !== null && schema.high <= 1; // it was trained on light from 0 to 1
  if (schema === null || schema.scale === "pixels") {
    const inverted = Boolean(schema?.is_dark_on_light);
    return Float32Array.from(bytes, (value) => (inverted ? 255 - value : value) / 255);
  }
  const samples = Float32Array.from(bytes, (value) => (isLight ? value / 255 : value));
  if (schema.scale === "as it is") return samples;
  const { mean = [], deviation = [] } = schema;
  return samples.map((value, i) => (value - mean[i]) / deviation[i]);
}

/**
 * Ink, light on dark as in MNIST, as bytes of the data set.
 * @param {Schema | null} schema
 * @param {Uint8Array} ink 0 for paper, 255 for ink
 * @returns {Uint8Array}
 */
export function inkToBytes(schema, ink) {
  return schema?.is_dark_on_light ? ink.map((value) => 255 - value) : ink;
}
