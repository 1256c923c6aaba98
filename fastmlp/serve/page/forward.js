// The forward pass: what `Network.predict_proba` computes, for one sample.

/**
 * @typedef {object} Layer
 * @property {number} nIn
 * @property {number} nOut
 * @property {Float32Array} weights (nIn, nOut), row by row: the weights of one input lie together
 * @property {Float32Array} biases (nOut,)
 */

/**
 * @typedef {object} Network
 * @property {number[]} sizes
 * @property {string} activation of the hidden layers
 * @property {string} loss
 * @property {string[]} classes
 * @property {import("./schema.js").Schema | null} schema
 * @property {Layer[]} layers
 */

/**
 * @typedef {object} Flow one sample on its way through the network
 * @property {Float64Array[]} sums weighted sums of each layer
 * @property {Float64Array[]} activations of each layer, the outputs included
 */

/** @type {(z: number) => number} */
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/**
 * The normal cumulative distribution: absolute error 1e-7 (Abramowitz and Stegun, 7.1.26).
 * @param {number} z
 */
function normal(z) {
  const t = 1 / (1 + (0.3275911 / Math.SQRT2) * Math.abs(z));
  const p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * p * Math.exp(-0.5 * z * z);
  return z < 0 ? tail : 1 - tail;
}

/** @type {Record<string, (z: number) => number>} */
export const ACTIVATIONS = {
  identity: (z) => z,
  sigmoid,
  tanh: Math.tanh,
  relu: (z) => Math.max(z, 0),
  leaky_relu: (z) => (z < 0 ? 0.01 * z : z),
  elu: (z) => (z < 0 ? Math.expm1(z) : z),
  softplus: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
  silu: (z) => z * sigmoid(z),
  gelu: (z) => z * normal(z),
};

/**
 * Softmax of one row.
 * @param {Float64Array} z
 */
function softmax(z) {
  const largest = Math.max(...z);
  const powers = z.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/** @type {Record<string, (z: Float64Array) => Float64Array>} */
const OUTPUTS = {
  squared_error: (z) => z.map(sigmoid),
  binary_cross_entropy: (z) => z.map(sigmoid),
  cross_entropy: softmax,
  regression: (z) => z,
};

/**
 * The network of a flat vector of parameters, laid out as `Network.params`: layer by layer, W row by row, then b.
 * @param {Omit<Network, "layers">} about
 * @param {Float32Array} params kept, not copied
 * @returns {Network}
 */
export function makeNetwork(about, params) {
  const { activation, loss, sizes } = about;
  if (!(activation in ACTIVATIONS)) throw new TypeError(`unknown activation ${activation}`);
  if (!(loss in OUTPUTS)) throw new TypeError(`unknown loss ${loss}`);
  const layers = [];
  let at = 0;
  for (let l = 0; l + 1 < sizes.length; l++) {
    const [nIn, nOut] = [sizes[l], sizes[l + 1]];
    const weights = params.subarray(at, at + nIn * nOut);
    at += nIn * nOut;
    layers.push({ nIn, nOut, weights, biases: params.subarray(at, at + nOut) });
    at += nOut;
  }
  if (at !== params.length) throw new RangeError(`${params.length} parameters for a network of ${at}`);
  return { ...about, layers };
}

/**
 * z = x W + b.
 * @param {Layer} layer
 * @param {ArrayLike<number>} x (nIn,)
 * @returns {Float64Array} (nOut,)
 */
function weightedSums({ nIn, nOut, weights, biases }, x) {
  const z = Float64Array.from(biases);
  for (let i = 0; i < nIn; i++) {
    if (x[i] === 0) continue; // most pixels are paper
    for (let j = 0; j < nOut; j++) z[j] += x[i] * weights[i * nOut + j];
  }
  return z;
}

/**
 * Propagate one sample through the network.
 * @param {Network} network
 * @param {ArrayLike<number>} inputs (n_in,) as the network takes them, see schema.js
 * @returns {Flow}
 */
export function forward(network, inputs) {
  /** @type {Flow} */
  const flow = { sums: [], activations: [] };
  /** @type {ArrayLike<number>} */
  let below = inputs;
  network.layers.forEach((layer, l) => {
    const z = weightedSums(layer, below);
    const isLast = l === network.layers.length - 1;
    const a = isLast ? OUTPUTS[network.loss](z) : z.map(ACTIVATIONS[network.activation]);
    flow.sums.push(z);
    flow.activations.push(a);
    below = a;
  });
  return flow;
}

/**
 * The derivative of an activation at a weighted sum, as a central difference: pictures of neurons need no more.
 * @param {string} activation
 * @param {number} z
 */
export function slope(activation, z) {
  const f = ACTIVATIONS[activation];
  return (f(z + 1e-4) - f(z - 1e-4)) / 2e-4;
}
