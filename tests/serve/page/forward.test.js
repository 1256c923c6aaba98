import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIVATIONS, forward, makeNetwork, slope } from "../../../fastmlp/serve/page/forward.js";
import { inkToBytes, toInputs } from "../../../fastmlp/serve/page/schema.js";

const ABOUT = { sizes: [2, 2, 2], activation: "relu", loss: "cross_entropy", classes: ["a", "b"], schema: null };

test("a network computed by hand", () => {
  // W1 = [[1, -1], [2, 0]], b1 = [0.5, -0.5]; W2 = [[1, 0], [3, 3]], b2 = [0, 1]
  const network = makeNetwork(ABOUT, Float32Array.of(1, -1, 2, 0, 0.5, -0.5, 1, 0, 3, 3, 0, 1));
  const { sums, activations } = forward(network, [1, 0.5]);
  assert.deepEqual([...sums[0]], [2.5, -1.5]);
  assert.deepEqual([...activations[0]], [2.5, 0]);
  assert.deepEqual([...sums[1]], [2.5, 1]);
  const sure = 1 / (1 + Math.exp(-1.5));
  assert.ok(Math.abs(activations[1][0] - sure) < 1e-12);
  assert.ok(Math.abs(activations[1][0] + activations[1][1] - 1) < 1e-12);
});

test("softmax of large sums does not overflow", () => {
  const network = makeNetwork({ ...ABOUT, sizes: [1, 2] }, Float32Array.of(2000, -2000, 0, 0));
  assert.deepEqual([...forward(network, [1]).activations[0]], [1, 0]);
});

test("gelu's normal distribution", () => {
  // Phi(1) = 0.841344746, Phi(-2) = 0.022750132
  assert.ok(Math.abs(ACTIVATIONS.gelu(1) - 0.841344746) < 1e-6);
  assert.ok(Math.abs(ACTIVATIONS.gelu(-2) + 2 * 0.022750132) < 1e-6);
});

test("slopes", () => {
  assert.ok(Math.abs(slope("sigmoid", 0) - 0.25) < 1e-6);
  assert.ok(Math.abs(slope("leaky_relu", -3) - 0.01) < 1e-6);
});

test("parameters of another size and unknown names are refused", () => {
  assert.throws(() => makeNetwork(ABOUT, new Float32Array(11)), /12|11/);
  assert.throws(() => makeNetwork({ ...ABOUT, loss: "hinge" }, new Float32Array(12)), /hinge/);
  assert.throws(() => makeNetwork({ ...ABOUT, activation: "step" }, new Float32Array(12)), /step/);
});

test("schemas", () => {
  /** @type {(changes: object) => any} */
  const schema = (changes) => ({ scale: "pixels", high: 255, ...changes });
  assert.deepEqual([...toInputs(null, [0, 255])], [0, 1]);
  assert.deepEqual([...toInputs(schema({ is_dark_on_light: true }), [0, 255])], [1, 0]);
  assert.deepEqual([...toInputs(schema({ scale: "as it is" }), [0, 255])], [0, 255]);
  assert.deepEqual([...toInputs(schema({ scale: "as it is", high: 1 }), [0, 255])], [0, 1]);
  const standardized = schema({ scale: "standardized", mean: [100, 155], deviation: [50, 50] });
  assert.deepEqual([...toInputs(standardized, [0, 255])], [-2, 2]);
  // Ink is bright in the network, whatever the paper of the training was.
  const dark = schema({ is_dark_on_light: true });
  assert.deepEqual([...toInputs(dark, inkToBytes(dark, Uint8Array.of(0, 255)))], [0, 1]);
});
