// The page that `fastmlp export --to html` writes: drawing, flow and neurons, with the weights inside and no server.

import { AnswerView } from "./answer_view.js";
import { ChosenNeuron } from "./chosen.js";
import { offerThemes } from "./chrome.js";
import { byId } from "./dom.js";
import { makeNetwork } from "./forward.js";
import { Gallery } from "./gallery.js";
import { SIDE } from "./ink.js";
import { answerTo, frameOf, neuronOf } from "./local.js";
import { NetworkView } from "./network_view.js";
import { NeuronView } from "./neuron_view.js";
import { Pad } from "./pad.js";

/**
 * The network that the file carries: a JSON block, and its parameters as little-endian float32 in base64.
 */
function readNetwork() {
  const about = JSON.parse(byId("network-about", HTMLScriptElement).text);
  const text = atob(byId("network-params", HTMLScriptElement).text.trim());
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  return makeNetwork(about, new Float32Array(bytes.buffer));
}

function start() {
  const network = readNetwork();
  const { classes, layers } = network;
  const view = new NetworkView({ classes, shape: [SIDE, SIDE] }, (neuron) => chosen.choose(neuron));
  const gallery = new Gallery((neuron) => chosen.choose(neuron));
  const answer = new AnswerView(classes);
  const neuron = new NeuronView(classes, () => {});
  const pad = new Pad((image) => see(image, "drawing"));
  let shown = answerTo(network, new Uint8Array(SIDE * SIDE), "blank");
  const chosen = new ChosenNeuron(
    (asked) => neuron.show(neuronOf(network, shown.flow, asked), layers.length),
    (marked) => {
      view.setChosen(marked);
      gallery.setChosen(marked);
    },
  );

  /** @type {(image: Uint8Array, source: string) => void} */
  function see(image, source) {
    shown = answerTo(network, image, source);
    view.setAnswer(shown.message);
    answer.show(/** @type {any} */ (shown.message.header), true);
    chosen.refresh();
  }

  const frame = frameOf(network);
  view.setFrame(frame);
  gallery.show(frame);
  see(new Uint8Array(SIDE * SIDE), "blank");
  offerThemes(() => {});
  byId("undo", HTMLButtonElement).addEventListener("click", () => pad.undo());
  byId("clear", HTMLButtonElement).addEventListener("click", () => {
    pad.wipe();
    see(new Uint8Array(SIDE * SIDE), "blank");
  });
  byId("noise", HTMLButtonElement).addEventListener("click", () => {
    const noise = Uint8Array.from({ length: SIDE * SIDE }, () => Math.floor(256 * Math.random()));
    pad.show(noise, [SIDE, SIDE]);
    see(noise, "noise");
  });
}

start();
