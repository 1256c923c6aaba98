// The page of `fastmlp serve`: it connects, and hands what the server says to the parts of the page.

import { AnswerView } from "./answer_view.js";
import { ChosenNeuron } from "./chosen.js";
import { Notice, offerDownloads, offerLink, offerThemes } from "./chrome.js";
import { Connection } from "./connection.js";
import { Controls } from "./controls.js";
import { Runs } from "./curve_data.js";
import { Curves } from "./curves.js";
import { byId, say } from "./dom.js";
import { networkSize, whole } from "./format.js";
import { Gallery } from "./gallery.js";
import { NetworkView } from "./network_view.js";
import { NeuronView } from "./neuron_view.js";
import { Pad } from "./pad.js";
import { Picker } from "./picker.js";
import { Readings, TrainButtons } from "./readings.js";
import { TourView } from "./tour_view.js";
import { fromHash, toHash } from "./url_state.js";

/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./url_state.js").Settings} Settings */

const SESSION = "fastmlp.session";
const LOST = "The server does not answer. If it was ended, start fastmlp serve again: this page connects by itself.";

class Page {
  constructor() {
    this.token = new URLSearchParams(location.search).get("token") ?? "";
    /** @type {Record<string, any> | null} */ this.welcome = null;
    /** @type {Record<string, any> | null} */ this.state = null;
    /** @type {Settings | null} */ this.settings = null;
    /** @type {string | null} */ this.session = sessionStorage.getItem(SESSION);
    this.runs = new Runs();
    this.notice = new Notice();
    this.readings = new Readings();
    this.curves = new Curves(this.runs);
    this.buttons = new TrainButtons((message) => this.send(message));
    this.pad = new Pad((image) => this.connection.sendDrawing(image));
    this.chosen = new ChosenNeuron(
      (neuron) => this.send({ type: "neuron", ...neuron }),
      (neuron) => this.#mark(neuron),
    );
    offerThemes(() => this.curves.draw());
    offerLink(this.notice);
    this.#listen();
    const query = new URLSearchParams({ token: this.token });
    this.connection = new Connection(`${location.protocol.replace("http", "ws")}//${location.host}/ws?${query}`, {
      hello: () => ({ type: "hello", session: this.session, settings: this.settings ?? hashSettings() }),
      onStatus: (status, reason) => this.#status(status, reason),
      onText: (message) => this.#text(message),
      onBinary: (message) => this.#binary(message),
    });
  }

  /** @param {Record<string, any>} message */
  send(message) {
    this.connection.send(message);
  }

  #listen() {
    /** @type {Record<string, () => void>} */
    const actions = {
      undo: () => this.pad.undo(),
      clear: () => {
        this.pad.wipe();
        this.#other({ type: "clear" });
      },
      noise: () => this.#other({ type: "noise" }),
      random: () => this.#other({ type: "pick", index: null }),
      choose: () => this.picker?.open(),
    };
    for (const [id, action] of Object.entries(actions)) byId(id, HTMLButtonElement).addEventListener("click", action);
    addEventListener("hashchange", () => this.send({ type: "set", settings: fromHash(location.hash) }));
  }

  /**
   * Show another image than a drawing.
   * @param {Record<string, any>} message
   */
  #other(message) {
    this.connection.forgetDrawing();
    this.send(message);
  }

  /** @type {(status: "open" | "lost" | "ended", reason: string) => void} */
  #status(status, reason) {
    const element = byId("connection", HTMLElement);
    element.dataset.is = status;
    say(element, { open: "Connected", lost: "Reconnecting", ended: "Disconnected" }[status]);
    if (status === "open") this.notice.hide();
    if (status === "lost") this.notice.show(LOST, { button: "Try now", action: () => this.connection.open() });
    if (status === "ended") {
      const action = () => {
        this.session = null;
        this.connection.open();
      };
      this.notice.show(reason || "The server ended the connection.", { button: "Connect anew", action });
    }
  }

  /** @param {Record<string, any>} message */
  #text(message) {
    if (message.type === "welcome") this.#start(message);
    else if (message.type === "state") this.#setState(message);
    else if (message.type === "tour") this.#tour(message);
    else if (message.type === "error") this.notice.show(message.message, { seconds: 8 });
  }

  /**
   * Build what depends on the data set.
   * @param {Record<string, any>} welcome
   */
  #start(welcome) {
    const { data, session, formats, controls, tour, resumed } = welcome;
    this.session = session;
    sessionStorage.setItem(SESSION, session);
    offerDownloads(formats, (format) => this.#address(`model.${format}`, {}));
    if (!resumed) this.#forgetRun();
    if (this.welcome) {
      this.#resend();
      return;
    }
    this.welcome = welcome;
    /** @type {Settings} */
    this.defaults = Object.fromEntries(controls.map((/** @type {any} */ each) => [each.name, each.default]));
    const { classes, image_shape, can_draw } = data;
    this.network = new NetworkView({ classes, shape: image_shape }, (neuron) => this.chosen.choose(neuron));
    this.gallery = new Gallery((neuron) => this.chosen.choose(neuron));
    this.answer = new AnswerView(classes);
    this.neuron = new NeuronView(classes, (index) => this.#other({ type: "pick", index }));
    const pick = (/** @type {number} */ index) => this.#other({ type: "pick", index });
    this.picker = new Picker(classes, (query) => this.#address("images", query), pick);
    const ends = [image_shape[0] * image_shape[1] * data.channels, classes.length];
    const sizeOf = (/** @type {number[]} */ hidden) =>
      networkSize([ends[0], ...hidden, ends[1]], welcome.limits.bytes_per_parameter);
    const form = byId("controls", HTMLFormElement);
    this.controls = new Controls(form, controls, (settings) => this.send({ type: "set", settings }), sizeOf);
    this.tour = new TourView(tour, (stop) => this.send({ type: "tour", stop }));
    this.pad.setCanDraw(can_draw);
    if (!can_draw) this.#pickInstead();
    const images = `${data.name} · ${whole(data.n_train)} training and ${whole(data.n_test)} test images`;
    say(byId("about", HTMLElement), [images, welcome.model, data.note].filter(Boolean).join(" · "));
    this.#resend();
  }

  /** For images that can't be drawn: the page begins with one of the test images. */
  #pickInstead() {
    say(byId("draw-words", HTMLElement), "Pick an image");
    byId("undo", HTMLButtonElement).hidden = true;
    byId("random", HTMLButtonElement).classList.add("primary");
    this.#other({ type: "pick", index: null });
  }

  /** A new session does not know what is on the pad. */
  #resend() {
    if (this.pad.strokes.length > 0) this.connection.sendDrawing(this.pad.form());
  }

  #forgetRun() {
    this.runs.begin(-1);
    this.chosen.forget();
    this.neuron?.clear();
  }

  /** @param {Record<string, any>} state */
  #setState(state) {
    this.state = state;
    this.settings = state.settings;
    if (state.generation > this.runs.generation) this.runs.begin(state.generation);
    this.controls?.show(state.settings);
    this.buttons.show(state.run);
    this.readings.showState(state);
    const hash = toHash(state.settings, this.defaults ?? {});
    history.replaceState(null, "", `${location.pathname}${location.search}${hash && `#${hash}`}`);
    this.curves.draw();
  }

  /** @param {Message} message */
  #binary(message) {
    const { type, generation } = message.header;
    if (this.state && generation < this.state.generation) return;
    if (type === "frame") this.#frame(message);
    if (type === "answer") this.#answer(message);
    if (type === "neuron" && this.chosen.isAbout(message.header)) {
      this.neuron?.show(message, (this.state?.sizes.length ?? 2) - 1);
    }
  }

  /** @param {Message} frame */
  #frame(frame) {
    const { generation, records, layers } = frame.header;
    this.runs.add(generation, records);
    this.network?.setFrame(frame);
    this.gallery?.show(frame);
    this.readings.showFrame(frame.header, this.runs.now.at(-1));
    this.curves.draw();
    const { neuron } = this.chosen;
    if (neuron && !(neuron.unit < (layers[neuron.layer - 1]?.size ?? 0))) {
      this.chosen.forget();
      this.neuron?.clear();
    }
    this.chosen.refresh();
  }

  /** @param {Message} message */
  #answer(message) {
    const { header, arrays } = message;
    if (!header.while_training) {
      if (header.source === "test" || header.source === "noise") this.pad.show(arrays.image.values, arrays.image.shape);
      if (header.source === "blank" && (this.pad.image || this.pad.strokes.length > 0)) this.pad.wipe();
    }
    this.network?.setAnswer(message);
    this.answer?.show(/** @type {any} */ (header), this.state?.trained ?? false);
    this.chosen.refresh();
  }

  /** @param {Record<string, any>} message */
  #tour(message) {
    this.tour?.show(message);
    if (message.phase !== "done") return;
    if (message.then === "noise") this.#other({ type: "noise" });
    if (message.then === "neurons") this.chosen.choose({ layer: 1, unit: this.gallery?.units[0] ?? 0 });
  }

  /** @param {Neuron | null} neuron */
  #mark(neuron) {
    this.network?.setChosen(neuron);
    this.gallery?.setChosen(neuron);
  }

  /** @type {(path: string, query: Record<string, string>) => string} */
  #address(path, query) {
    return `${path}?${new URLSearchParams({ token: this.token, session: this.session ?? "", ...query })}`;
  }
}

/** @typedef {import("./network_view.js").Neuron} Neuron */

/** @returns {Settings | null} */
function hashSettings() {
  return location.hash.length > 1 ? fromHash(location.hash) : null;
}

new Page();
