import assert from "node:assert/strict";
import { test } from "node:test";
import { makeNetwork } from "../../../fastmlp/serve/page/forward.js";
import { answerTo, brightness, frameOf, neuronOf } from "../../../fastmlp/serve/page/local.js";

/** @param {number[]} sizes */
function someNetwork(sizes) {
  const n = sizes.slice(1).reduce((sum, m, l) => sum + (sizes[l] + 1) * m, 0);
  const params = Float32Array.from({ length: n }, (_, k) => 0.3 * Math.sin(1 + 7.3 * k));
  const classes = Array.from({ length: sizes[sizes.length - 1] }, (_, k) => String(k));
  return makeNetwork({ sizes, activation: "sigmoid", loss: "squared_error", classes, schema: null }, params);
}

const IMAGE = Uint8Array.from({ length: 784 }, (_, k) => (k % 9 === 0 ? 200 : 0));

test("a wide layer is shown by its strongest units", () => {
  const network = someNetwork([784, 40, 10]);
  network.layers[1].weights.fill(0.1).fill(9, 23 * 10, 24 * 10);
  const { header, arrays } = frameOf(network);
  assert.equal(header.layers[0].units.length, 16);
  assert.ok(header.layers[0].units.includes(23));
  assert.equal(header.gallery.length, 32);
  assert.equal(new Set(header.gallery).size, 32);
  assert.deepEqual(arrays.edges_1.shape, [16, 10]);
  const place = header.layers[0].units.indexOf(23);
  assert.equal(arrays.edges_1.values[place * 10], 9);
  const first = header.gallery[0];
  assert.equal(arrays.first_layer.values[5], network.layers[0].weights[5 * 40 + first]);
});

test("the answer is the largest output", () => {
  const { message } = answerTo(someNetwork([784, 16, 16, 10]), IMAGE, "drawing");
  const { answer, outputs, is_blank } = message.header;
  assert.equal(outputs[answer], Math.max(...outputs));
  assert.equal(is_blank, false);
  assert.equal(message.arrays.bright_3.values[answer], Math.round(255 * outputs[answer]));
});

test("what a neuron adds, and what would excite it: against differences", () => {
  const network = someNetwork([784, 6, 5, 3]);
  const { flow, inputs } = answerTo(network, IMAGE, "drawing");
  const last = neuronOf(network, flow, { layer: 2, unit: 1 });
  const weights = network.layers[2].weights;
  last.header.adds.forEach((/** @type {number} */ value, /** @type {number} */ k) => {
    assert.ok(Math.abs(value - flow.activations[1][1] * weights[3 + k]) < 1e-6);
  });
  // A pixel a little brighter changes the weighted sum by the gradient.
  const { picture } = neuronOf(network, flow, { layer: 2, unit: 1 }).arrays;
  const brighter = IMAGE.slice();
  brighter[99] += 25;
  const change = answerTo(network, brighter, "drawing").flow.sums[1][1] - flow.sums[1][1];
  const expected = picture.values[99] * (brighter[99] / 255 - inputs[99]);
  assert.ok(Math.abs(change - expected) < 0.05 * Math.abs(expected) + 1e-6, `${change} ${expected}`);
  assert.equal(neuronOf(network, flow, { layer: 3, unit: 0 }).header.adds, null);
});

test("what a neuron of the first layer adds goes through the second", () => {
  const network = someNetwork([784, 6, 5, 3]);
  const { flow } = answerTo(network, IMAGE, "drawing");
  const before = neuronOf(network, flow, { layer: 1, unit: 2 }).header;
  const step = 1e-3;
  network.layers[0].biases[2] += step;
  const after = answerTo(network, IMAGE, "drawing").flow;
  const moved = after.activations[0][2] - flow.activations[0][2];
  before.adds.forEach((/** @type {number} */ value, /** @type {number} */ k) => {
    const slope = (after.sums[2][k] - flow.sums[2][k]) / moved;
    assert.ok(Math.abs(value - before.activation * slope) < 1e-3, `${value}`);
  });
});

test("brightness", () => {
  assert.deepEqual([...brightness("sigmoid", Float64Array.of(0, 0.5, 1))], [0, 128, 255]);
  assert.deepEqual([...brightness("tanh", Float64Array.of(-1, 0, 1))], [0, 128, 255]);
  assert.deepEqual([...brightness("relu", Float64Array.of(0, 2, 4))], [0, 128, 255]);
});
