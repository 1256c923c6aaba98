// Where the network's parts are drawn, and which of its edges: numbers only, no drawing.

/** @typedef {{unit: number, x: number, y: number, r: number}} Node */
/** @typedef {{x: number, nodes: Node[], size: number}} Column units shown of a layer, and how many it has */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */
/** @typedef {{from: number, to: number, strength: number, sign: number}} Edge places among the units shown; 0 to 1 */

const TOP = 22; // room for the layers' names; lengths are in CSS pixels at a font size of 16

/**
 * Place the image at the left and a column of neurons for each layer.
 * @param {{width: number, height: number, labels: number, unit: number}} space in CSS pixels; `labels`: room for the
 *   outputs' names; `unit`: the font's size as a part of 16 pixels
 * @param {{size: number, units: number[]}[]} layers
 * @param {number} aspect width / height of the image
 * @returns {{image: Box, columns: Column[]}}
 */
export function layoutNetwork({ width, height, labels, unit }, layers, aspect) {
  const top = TOP * unit;
  const room = height - top;
  const side = Math.min(0.24 * width, 0.5 * height, 200 * unit);
  const [w, h] = aspect > 1 ? [side, side / aspect] : [side * aspect, side];
  const image = { x: 0, y: top + (room - h) / 2, width: w, height: h };
  const most = Math.max(...layers.map(({ units }) => units.length), 1);
  const spacing = Math.min((room - 8) / most, 46 * unit);
  const left = w + Math.max(32 * unit, 0.14 * width);
  const right = width - labels;
  const columns = layers.map(({ size, units }, l) => {
    const x = layers.length === 1 ? right : left + ((right - left) * l) / (layers.length - 1);
    const gap = Math.min((room - 8) / units.length, spacing * 1.35);
    const first = top + (room - gap * units.length) / 2;
    const r = Math.min(0.4 * gap, 13 * unit);
    return { x, size, nodes: units.map((each, i) => ({ unit: each, x, y: first + gap * (i + 0.5), r })) };
  });
  return { image, columns };
}

/**
 * The strongest edges between two layers, the weakest first, so that the strongest are drawn on top.
 *
 * An edge is as strong as what it carries, |weight * brightness of the neuron it leaves|; without an image, as its
 * weight.
 * @param {Float32Array} weights (rows, columns), row by row
 * @param {number} rows units shown of the lower layer
 * @param {number[] | null} brightness of these, 0 to 1
 * @param {number} most edges to return
 * @returns {Edge[]}
 */
export function strongestEdges(weights, rows, brightness, most) {
  const columns = weights.length / rows;
  const edges = Array.from(weights, (weight, k) => {
    const from = Math.floor(k / columns);
    const strength = Math.abs(weight) * (brightness ? brightness[from] : 1);
    return { from, to: k % columns, strength, sign: Math.sign(weight) };
  });
  const kept = edges
    .filter(({ strength }) => strength > 0)
    .sort((a, b) => a.strength - b.strength)
    .slice(-most);
  const largest = kept.at(-1)?.strength ?? 1;
  return kept.map((edge) => ({ ...edge, strength: edge.strength / largest }));
}

/**
 * The pixels of an image that weigh most in a neuron's sum.
 * @param {Float32Array} weights one a pixel
 * @param {ArrayLike<number>} image one a pixel, 0 to 255
 * @param {number} most
 * @returns {{pixel: number, strength: number, sign: number}[]} strength: |weight * light|
 */
export function strongestPixels(weights, image, most) {
  /** @type {{pixel: number, strength: number, sign: number}[]} */
  const best = [];
  weights.forEach((weight, pixel) => {
    const strength = (Math.abs(weight) * image[pixel]) / 255;
    if (strength === 0 || (best.length === most && strength <= best[0].strength)) return;
    best.push({ pixel, strength, sign: Math.sign(weight) });
    best.sort((a, b) => a.strength - b.strength);
    if (best.length > most) best.shift();
  });
  return best;
}

/**
 * The neuron that an arrow key leads to.
 * @param {Column[]} columns
 * @param {{layer: number, unit: number}} at `layer` from 1
 * @param {string} key
 * @returns {{layer: number, unit: number}}
 */
export function neighbour(columns, at, key) {
  const column = columns[at.layer - 1];
  const place = column.nodes.findIndex(({ unit }) => unit === at.unit);
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next = column.nodes[place + (key === "ArrowUp" ? -1 : 1)];
    return next ? { layer: at.layer, unit: next.unit } : at;
  }
  const layer = at.layer + (key === "ArrowLeft" ? -1 : 1);
  const beside = columns[layer - 1];
  if (!beside) return at;
  const { y } = column.nodes[place] ?? column.nodes[0];
  const nearest = beside.nodes.reduce((a, b) => (Math.abs(b.y - y) < Math.abs(a.y - y) ? b : a));
  return { layer, unit: nearest.unit };
}
