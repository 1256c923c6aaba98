// Outputs of a page that `write_html` wrote, without a browser:
// node predict.js PAGE IMAGES OUTPUTS, with 784 bytes an image in IMAGES; float64 are written to OUTPUTS.

import { readFileSync, writeFileSync } from "node:fs";
import { forward, makeNetwork } from "../../../fastmlp/serve/page/forward.js";
import { toInputs } from "../../../fastmlp/serve/page/schema.js";

const [page, images, target] = process.argv.slice(2);
const html = readFileSync(page, "utf8");

/** @param {string} id */
function block(id) {
  const found = html.match(new RegExp(`<script[^>]* id="${id}">([^<]*)</script>`));
  if (!found) throw new Error(`no ${id} in ${page}`);
  return found[1];
}

const params = Buffer.from(block("network-params"), "base64");
const network = makeNetwork(JSON.parse(block("network-about")), new Float32Array(Uint8Array.from(params).buffer));
const bytes = readFileSync(images);
const outputs = [];
for (let at = 0; at < bytes.length; at += 784) {
  const flow = forward(network, toInputs(network.schema, bytes.subarray(at, at + 784)));
  outputs.push(...(flow.activations.at(-1) ?? []));
}
writeFileSync(target, new Uint8Array(Float64Array.from(outputs).buffer));
