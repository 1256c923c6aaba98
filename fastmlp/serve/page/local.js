// What the server sends, computed here from the weights: the page that `fastmlp export --to html` writes has no server.

import { forward, slope } from "./forward.js";
import { inkToBytes, toInputs } from "./schema.js";

/** @typedef {import("./forward.js").Network} Network */
/** @typedef {import("./forward.js").Flow} Flow */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./protocol.js").Tensor} Tensor */

const SHOWN = 16; // units of a layer
const GALLERY = 32;
const SIDE = 28;

/** @type {(values: Float32Array | Uint8Array, shape: number[]) => Tensor} */
const tensor = (values, shape) => ({ values, shape, scale: 1 });

/**
 * The network as it is drawn: units shown, their edges, the first layer's weights.
 * @param {Network} network
 * @returns {Message} as a frame of the server
 */
export function frameOf(network) {
  const layers = network.layers.map(({ nOut }, l) => ({ size: nOut, units: shown(network, l) }));
  const rest = outgoing(network, 0).filter((unit) => !layers[0].units.includes(unit));
  const gallery = [...layers[0].units, ...rest].slice(0, GALLERY);
  /** @type {Record<string, Tensor>} */
  const arrays = { first_layer: firstLayer(network, gallery) };
  for (let l = 1; l < layers.length; l++) {
    const [below, above] = [layers[l - 1].units, layers[l].units];
    const { nOut, weights } = network.layers[l];
    const edges = below.flatMap((i) => above.map((j) => weights[i * nOut + j]));
    arrays[`edges_${l}`] = tensor(Float32Array.from(edges), [below.length, above.length]);
  }
  return { header: { type: "frame", generation: 0, layers, gallery }, arrays };
}

/**
 * Units of layer l that are shown: all of a small one, else those with the largest outgoing weights, in their order.
 * @type {(network: Network, l: number) => number[]}
 */
function shown(network, l) {
  return outgoing(network, l)
    .slice(0, SHOWN)
    .sort((a, b) => a - b);
}

/**
 * Units of layer l, those with the largest outgoing weights first; the outputs as they are.
 * @type {(network: Network, l: number) => number[]}
 */
function outgoing(network, l) {
  const units = Array.from({ length: network.layers[l].nOut }, (_, unit) => unit);
  const next = network.layers[l + 1];
  if (!next) return units;
  const sizes = units.map((i) =>
    next.weights.subarray(i * next.nOut, (i + 1) * next.nOut).reduce((sum, weight) => sum + weight * weight, 0),
  );
  return units.sort((a, b) => sizes[b] - sizes[a]);
}

/** @type {(network: Network, units: number[]) => Tensor} */
function firstLayer({ layers }, units) {
  const { nIn, nOut, weights } = layers[0];
  const values = units.flatMap((j) => Array.from({ length: nIn }, (_, i) => weights[i * nOut + j]));
  return tensor(Float32Array.from(values), [units.length, SIDE, SIDE]);
}

/**
 * What the network makes of an image.
 * @param {Network} network
 * @param {Uint8Array} ink 28x28, light on dark
 * @param {string} source "drawing", "noise" or "blank"
 * @returns {{message: Message, flow: Flow, inputs: Float32Array}} the message as an answer of the server
 */
export function answerTo(network, ink, source) {
  const inputs = toInputs(network.schema, inkToBytes(network.schema, ink));
  const flow = forward(network, inputs);
  const outputs = Array.from(/** @type {Float64Array} */ (flow.activations.at(-1)));
  const header = {
    type: "answer",
    generation: 0,
    source,
    index: null,
    label: null,
    answer: outputs.indexOf(Math.max(...outputs)),
    outputs,
    softmax: network.loss === "cross_entropy",
    is_blank: ink.every((value) => value === 0),
  };
  /** @type {Record<string, Tensor>} */
  const arrays = { image: tensor(ink, [SIDE, SIDE]) };
  flow.activations.forEach((values, l) => {
    const isLast = l === flow.activations.length - 1;
    arrays[`bright_${l + 1}`] = tensor(brightness(isLast ? "sigmoid" : network.activation, values), [values.length]);
  });
  return { message: { header, arrays }, flow, inputs };
}

/**
 * Activations as brightness from 0 to 255: within the range of the activation, or of the layer if it has none.
 * @param {string} activation
 * @param {Float64Array} values
 * @returns {Uint8Array}
 */
export function brightness(activation, values) {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  /** @type {Record<string, (value: number) => number>} */
  const shares = { sigmoid: (value) => value, tanh: (value) => (value + 1) / 2 };
  const share = shares[activation] ?? ((value) => value / largest);
  return Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, share(value)))));
}

/**
 * One neuron: what it looks for, and what it adds to the outputs.
 * @param {Network} network
 * @param {Flow} flow of the image that is shown
 * @param {{layer: number, unit: number}} neuron `layer` from 1
 * @returns {Message} as the server's answer about a neuron
 */
export function neuronOf(network, flow, { layer, unit }) {
  const l = layer - 1;
  const isOutput = layer === network.layers.length;
  const activation = flow.activations[l][unit];
  const header = {
    type: "neuron",
    layer,
    unit,
    bias: network.layers[l].biases[unit],
    activation,
    weighted_sum: flow.sums[l][unit],
    picture_is: layer === 1 ? "weights" : "gradient",
    adds: isOutput ? null : Array.from(effect(network, flow, l, unit), (each) => activation * each),
    excites: [],
  };
  return { header, arrays: { picture: tensor(gradient(network, flow, l, unit), [SIDE, SIDE]) } };
}

/**
 * Derivative of a unit's weighted sum by each input; in the first layer these are its weights.
 * @type {(network: Network, flow: Flow, l: number, unit: number) => Float32Array}
 */
function gradient(network, flow, l, unit) {
  const { nIn, nOut, weights } = network.layers[l];
  let delta = Float32Array.from({ length: nIn }, (_, i) => weights[i * nOut + unit]);
  for (let below = l - 1; below >= 0; below--) {
    const sums = flow.sums[below];
    const layer = network.layers[below];
    const scaled = delta.map((value, j) => value * slope(network.activation, sums[j]));
    delta = Float32Array.from({ length: layer.nIn }, (_, i) => dot(layer.weights, i * layer.nOut, scaled));
  }
  return delta;
}

/**
 * Derivative of each output's weighted sum by a unit's activation.
 * @type {(network: Network, flow: Flow, l: number, unit: number) => Float32Array}
 */
function effect(network, flow, l, unit) {
  const next = network.layers[l + 1];
  let change = next.weights.slice(unit * next.nOut, (unit + 1) * next.nOut);
  for (let above = l + 2; above < network.layers.length; above++) {
    const sums = flow.sums[above - 1];
    const { nOut, weights } = network.layers[above];
    const out = new Float32Array(nOut);
    change.forEach((value, i) => {
      const scaled = value * slope(network.activation, sums[i]);
      for (let j = 0; j < nOut; j++) out[j] += scaled * weights[i * nOut + j];
    });
    change = out;
  }
  return change;
}

/** @type {(weights: Float32Array, at: number, vector: Float32Array) => number} */
const dot = (weights, at, vector) => vector.reduce((sum, value, j) => sum + value * weights[at + j], 0);
