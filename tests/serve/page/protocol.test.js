import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encodeDrawing, real, slice } from "../../../fastmlp/serve/page/protocol.js";

/**
 * A message as the server builds it.
 * @param {object} header
 * @param {Uint8Array} body
 */
function message(header, body) {
  let text = JSON.stringify(header);
  while ((4 + text.length) % 8 !== 0) text += " ";
  const buffer = new ArrayBuffer(4 + text.length + body.length);
  new DataView(buffer).setUint32(0, text.length, true);
  new Uint8Array(buffer).set(new TextEncoder().encode(text), 4);
  new Uint8Array(buffer).set(body, 4 + text.length);
  return buffer;
}

test("arrays and scales", () => {
  const body = new Uint8Array(24);
  new Int8Array(body.buffer).set([-127, 0, 64, 127]);
  new Float32Array(body.buffer, 8).set([1.5, -2]);
  const { header, arrays } = decode(
    message(
      {
        type: "frame",
        arrays: {
          weights: { dtype: "int8", shape: [2, 2], offset: 0, scale: [0.5, 2] },
          edges: { dtype: "int8", shape: [2, 2], offset: 0, scale: 0.25 },
          biases: { dtype: "float32", shape: [2], offset: 8 },
        },
      },
      body,
    ),
  );
  assert.equal(header.type, "frame");
  assert.deepEqual([...slice(arrays.weights, 0)], [-63.5, 0]);
  assert.deepEqual([...slice(arrays.weights, 1)], [128, 254]);
  assert.deepEqual([...real(arrays.weights)], [-63.5, 0, 128, 254]);
  assert.deepEqual([...real(arrays.edges)], [-31.75, 0, 16, 31.75]);
  assert.deepEqual([...real(arrays.biases)], [1.5, -2]);
});

test("an unknown dtype is an error", () => {
  const wrong = message({ arrays: { a: { dtype: "int64", shape: [1], offset: 0 } } }, new Uint8Array(8));
  assert.throws(() => decode(wrong), /int64/);
});

test("a drawing", () => {
  const buffer = encodeDrawing(0x1234, 2, Uint8Array.of(0, 1, 254, 255));
  assert.deepEqual([...new Uint8Array(buffer)], [1, 2, 0x34, 0x12, 0, 1, 254, 255]);
});
