import assert from "node:assert/strict";
import { test } from "node:test";
import { SIDE, toMnistForm } from "../../../fastmlp/serve/page/ink.js";

/** @param {Uint8Array} image */
function boxAndCentre(image) {
  const rows = [];
  const columns = [];
  let [mass, x, y] = [0, 0, 0];
  for (let k = 0; k < image.length; k++) {
    const [row, column] = [Math.floor(k / SIDE), k % SIDE];
    mass += image[k];
    x += image[k] * column;
    y += image[k] * row;
    if (image[k] > 127) {
      rows.push(row);
      columns.push(column);
    }
  }
  return {
    height: Math.max(...rows) - Math.min(...rows) + 1,
    width: Math.max(...columns) - Math.min(...columns) + 1,
    centre: [x / mass, y / mass],
  };
}

const SEVEN = [
  [
    { x: 0.3, y: 0.2 },
    { x: 0.7, y: 0.2 },
    { x: 0.45, y: 0.8 },
  ],
];

test("nothing drawn is the empty image", () => {
  assert.ok(toMnistForm([], 1).every((value) => value === 0));
});

test("the longer side of a digit has 20 pixels, and its centre of mass is near the middle", () => {
  const { height, width, centre } = boxAndCentre(toMnistForm(SEVEN, 1));
  assert.equal(height, 20);
  assert.ok(width >= 12 && width <= 16, String(width));
  assert.ok(Math.abs(centre[0] - 14) <= 0.6, String(centre));
});

test("size and place on the pad do not matter, nor does the width of a small drawing's strokes", () => {
  const small = SEVEN.map((stroke) => stroke.map(({ x, y }) => ({ x: 0.05 + x / 3, y: 0.6 + y / 3 })));
  const [a, b] = [toMnistForm(SEVEN, 1), toMnistForm(small, 1)];
  a.forEach((value, k) => {
    assert.ok(Math.abs(value - b[k]) <= 1);
  });
});

test("a wide stroke keeps its aspect, and fits", () => {
  const { height, width } = boxAndCentre(
    toMnistForm(
      [
        [
          { x: 0, y: 0.5 },
          { x: 1, y: 0.5 },
        ],
      ],
      1,
    ),
  );
  assert.equal(width, 20);
  assert.ok(height <= 3, String(height));
});

test("a dot is a dot, not a digit", () => {
  const { height, width, centre } = boxAndCentre(toMnistForm([[{ x: 0.1, y: 0.9 }]], 1));
  assert.ok(height <= 3 && width <= 3);
  assert.ok(centre.every((value) => Math.abs(value - 14) <= 0.51));
});
