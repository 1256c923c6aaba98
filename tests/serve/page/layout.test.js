import assert from "node:assert/strict";
import { test } from "node:test";
import {
  layoutNetwork,
  neighbour,
  strongestEdges,
  strongestPixels,
} from "../../../fastmlp/serve/page/network_layout.js";

/** @param {number} n */
const units = (n) => Array.from({ length: n }, (_, k) => k);
const LAYERS = [
  { size: 512, units: units(16) },
  { size: 16, units: units(16) },
  { size: 10, units: units(10) },
];

for (const [width, height] of [
  [300, 260],
  [580, 290],
  [1600, 780],
]) {
  test(`all neurons are inside and apart at ${width}x${height}`, () => {
    const unit = width > 1000 ? 1.4 : 1;
    const { image, columns } = layoutNetwork({ width, height, labels: 40, unit }, LAYERS, 1);
    assert.ok(image.x >= 0 && image.y >= 0 && image.y + image.height <= height);
    let left = image.x + image.width;
    for (const { nodes } of columns) {
      nodes.forEach(({ x, y, r }, i) => {
        assert.ok(x - r > left && x + r <= width && y - r >= 0 && y + r <= height);
        if (i > 0) assert.ok(y - nodes[i - 1].y >= 2 * r);
      });
      left = nodes[0].x + nodes[0].r;
    }
  });
}

test("a network without a hidden layer", () => {
  const space = { width: 500, height: 300, labels: 40, unit: 1 };
  const { columns } = layoutNetwork(space, [{ size: 10, units: units(10) }], 1);
  assert.equal(columns.length, 1);
  assert.equal(columns[0].x, 460);
});

test("the strongest edges, by what they carry", () => {
  const weights = Float32Array.of(1, -4, 2, 0);
  assert.deepEqual(
    strongestEdges(weights, 2, null, 2).map(({ from, to, sign }) => [from, to, sign]),
    [
      [1, 0, 1],
      [0, 1, -1],
    ],
  );
  const lit = strongestEdges(weights, 2, [0, 0.5], 9);
  assert.deepEqual(lit, [{ from: 1, to: 0, strength: 1, sign: 1 }]); // a dark neuron sends nothing
  assert.deepEqual(strongestEdges(new Float32Array(4), 2, null, 9), []);
});

test("the strongest pixels", () => {
  const best = strongestPixels(Float32Array.of(9, -1, 0.5, 3), [0, 255, 255, 51], 2);
  assert.deepEqual(
    best.map(({ pixel, sign }) => [pixel, sign]),
    [
      [3, 1],
      [1, -1],
    ],
  );
});

test("arrow keys", () => {
  const { columns } = layoutNetwork({ width: 600, height: 300, labels: 40, unit: 1 }, LAYERS, 1);
  assert.deepEqual(neighbour(columns, { layer: 1, unit: 3 }, "ArrowDown"), { layer: 1, unit: 4 });
  assert.deepEqual(neighbour(columns, { layer: 1, unit: 0 }, "ArrowUp"), { layer: 1, unit: 0 });
  assert.deepEqual(neighbour(columns, { layer: 2, unit: 15 }, "ArrowRight"), { layer: 3, unit: 9 });
  assert.deepEqual(neighbour(columns, { layer: 3, unit: 2 }, "ArrowRight"), { layer: 3, unit: 2 });
});
