// Strokes on the pad become an image in the form of MNIST's digits.
//
// A digit of MNIST fills a box of 20x20 pixels, its centre of mass is in the middle of 28x28, and its strokes are about
// 2.4 pixels wide. The strokes are kept as lines, so that a small drawing gets strokes of that width too, and no pixels
// need to be read back from a canvas, which privacy settings of some browsers replace by noise.

/** @typedef {{x: number, y: number}} Point in any unit; only differences matter */
/** @typedef {Point[]} Stroke */

export const SIDE = 28;
const BOX = 20;
const CENTRE = 14; // pixel index of the centre of mass: between 13.5 and 14.5 in MNIST's first 3,000 test images
const WIDTH = 2.4; // of a stroke, in pixels of the image; the median of MNIST
const SMALLEST = 0.08; // a drawing smaller than this part of the pad is a dot, and is not blown up to a digit

/**
 * Draw strokes in the form of MNIST's images.
 * @param {Stroke[]} strokes
 * @param {number} pad side of the pad, in the unit of the points
 * @returns {Uint8Array} 28x28 row by row: 0 for paper, 255 for full ink; all 0 if there is no stroke
 */
export function toMnistForm(strokes, pad) {
  const points = strokes.flat();
  if (points.length === 0) return new Uint8Array(SIDE * SIDE);
  const left = Math.min(...points.map((p) => p.x));
  const top = Math.min(...points.map((p) => p.y));
  const width = Math.max(...points.map((p) => p.x)) - left;
  const height = Math.max(...points.map((p) => p.y)) - top;
  const scale = (BOX - WIDTH) / Math.max(width, height, SMALLEST * pad);
  const margin = (SIDE - BOX + WIDTH) / 2;
  const placed = strokes.map((stroke) =>
    stroke.map(({ x, y }) => ({ x: margin + (x - left) * scale, y: margin + (y - top) * scale })),
  );
  return centred(rasterize(placed));
}

/**
 * Ink of each pixel: by its middle's distance to the nearest stroke.
 * @param {Stroke[]} strokes in pixels
 * @returns {Float32Array} from 0 to 1
 */
function rasterize(strokes) {
  const nearest = new Float32Array(SIDE * SIDE).fill(Infinity); // squared distances
  for (const stroke of strokes) {
    stroke.forEach((point, i) => {
      nearSegment(stroke[Math.max(0, i - 1)], point, nearest);
    });
  }
  return nearest.map((squared) => Math.min(1, Math.max(0, WIDTH / 2 + 0.5 - Math.sqrt(squared))));
}

/**
 * Lower the squared distances of pixels to those from one segment.
 * @param {Point} a
 * @param {Point} b
 * @param {Float32Array} nearest overwritten
 */
function nearSegment(a, b, nearest) {
  const reach = WIDTH / 2 + 1;
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  for (let row = first(a.y, b.y, reach); row <= last(a.y, b.y, reach); row++) {
    for (let column = first(a.x, b.x, reach); column <= last(a.x, b.x, reach); column++) {
      const [px, py] = [column + 0.5 - a.x, row + 0.5 - a.y];
      const t = length > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
      const squared = (px - t * dx) ** 2 + (py - t * dy) ** 2;
      const k = row * SIDE + column;
      if (squared < nearest[k]) nearest[k] = squared;
    }
  }
}

/** @type {(a: number, b: number, reach: number) => number} */
const first = (a, b, reach) => Math.max(0, Math.floor(Math.min(a, b) - reach));

/** @type {(a: number, b: number, reach: number) => number} */
const last = (a, b, reach) => Math.min(SIDE - 1, Math.ceil(Math.max(a, b) + reach));

/**
 * Move an image by whole pixels until its centre of mass is nearest to the middle, or as near as the ink fits.
 * @param {Float32Array} ink 28x28, from 0 to 1
 * @returns {Uint8Array}
 */
function centred(ink) {
  const box = { left: SIDE, right: -1, top: SIDE, bottom: -1 };
  let [mass, x, y] = [0, 0, 0];
  ink.forEach((value, k) => {
    if (value <= 0) return;
    const [row, column] = [Math.floor(k / SIDE), k % SIDE];
    mass += value;
    x += value * column;
    y += value * row;
    box.left = Math.min(box.left, column);
    box.right = Math.max(box.right, column);
    box.top = Math.min(box.top, row);
    box.bottom = Math.max(box.bottom, row);
  });
  const right = shift(CENTRE - x / mass, box.left, box.right);
  const down = shift(CENTRE - y / mass, box.top, box.bottom);
  const image = new Uint8Array(SIDE * SIDE);
  for (let row = box.top; row <= box.bottom; row++) {
    for (let column = box.left; column <= box.right; column++) {
      image[(row + down) * SIDE + column + right] = Math.round(255 * ink[row * SIDE + column]);
    }
  }
  return image;
}

/** @type {(wanted: number, low: number, high: number) => number} */
const shift = (wanted, low, high) => Math.min(Math.max(Math.round(wanted), -low), SIDE - 1 - high);
