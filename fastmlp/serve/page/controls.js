// The settings' controls, made from what the server sends.

import { fontUnit, make, say } from "./dom.js";
import { brief, whole } from "./format.js";
import { PLACES, toPlace, toValue } from "./scales.js";

/** @typedef {import("./url_state.js").Settings} Settings */
/**
 * @typedef {object} Control
 * @property {string} name
 * @property {string} label
 * @property {string} help
 * @property {string} kind
 * @property {any} default
 * @property {boolean} restarts
 * @property {number} low
 * @property {number} high
 * @property {number} [step]
 * @property {number} [most]
 * @property {{value: any, label: string}[]} [choices]
 */
/** @typedef {{element: HTMLElement, show: (value: any) => void}} Shown */
/** @typedef {(value: any) => void} OnChange */

const FIRST = ["hidden", "learning_rate", "activation", "loss", "optimizer", "batch_size"];
const TALL = 66; // lines of 16 pixels on which all settings have room
const WIDE = ["hidden", "learning_rate"];

export class Controls {
  /**
   * @param {HTMLElement} form
   * @param {Control[]} controls
   * @param {(changes: Settings) => void} onChange
   * @param {(hidden: number[]) => string} sizeOf what a network with such hidden layers needs, in words
   */
  constructor(form, controls, onChange, sizeOf) {
    /** @type {Map<string, Shown>} */
    this.shown = new Map();
    const more = make("div", { class: "controls" });
    const rest = make("details", { class: "more" }, make("summary", {}, "More settings"), more);
    form.replaceChildren();
    form.addEventListener("submit", (event) => event.preventDefault());
    const ordered = [...controls].sort((a, b) => place(a) - place(b));
    for (const control of ordered) {
      const tell = (/** @type {any} */ value) => onChange({ [control.name]: value });
      const shown = control.kind === "layers" ? layers(control, tell, sizeOf) : build(control, tell);
      shown.element.title = control.help;
      if (WIDE.includes(control.name)) shown.element.classList.add("wide");
      this.shown.set(control.name, shown);
      (FIRST.includes(control.name) ? form : more).append(shown.element);
    }
    rest.open = innerHeight > TALL * 16 * fontUnit() && innerWidth > innerHeight;
    form.append(rest);
  }

  /** @param {Settings} settings */
  show(settings) {
    for (const [name, value] of Object.entries(settings)) this.shown.get(name)?.show(value);
  }
}

/** @type {(control: Control) => number} */
const place = ({ name }) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

/** @type {(control: Control, onChange: OnChange) => Shown} */
function build(control, onChange) {
  if (control.kind === "choice") return choice(control, onChange);
  if (control.name === "seed") return number(control, onChange);
  return slider(control, onChange);
}

/** @type {(control: Control, onChange: OnChange) => Shown} */
function slider(control, onChange) {
  const id = `set-${control.name}`;
  const output = make("output", { for: id });
  const input = make("input", { id, type: "range", min: 0, max: PLACES, step: 1 });
  const write = control.kind.includes("whole") ? whole : brief;
  /** @param {number} value */
  const say_value = (value) => {
    say(output, write(value));
    input.setAttribute("aria-valuetext", write(value));
  };
  let last = Number.NaN;
  const tell = () => {
    const value = toValue(control, Number(input.value));
    say_value(value);
    if (value === last) return;
    last = value;
    onChange(value);
  };
  // A setting that makes a new network is sent when the slider is let go.
  input.addEventListener("input", () => (control.restarts ? say_value(toValue(control, Number(input.value))) : tell()));
  input.addEventListener("change", tell);
  return {
    element: make("div", { class: "control" }, make("label", { for: id }, control.label, output), input),
    show: (value) => {
      last = value;
      say_value(value);
      const at = toPlace(control, value);
      // While it is dragged, the slider stays where the hand has it.
      if (toValue(control, Number(input.value)) !== value) input.value = String(at);
    },
  };
}

/** @type {(control: Control, onChange: OnChange) => Shown} */
function number(control, onChange) {
  const id = `set-${control.name}`;
  const input = make("input", { id, type: "number", min: control.low, max: control.high, step: 1 });
  input.addEventListener("change", () => onChange(bounded(input, control)));
  return {
    element: make("div", { class: "control" }, make("label", { for: id }, control.label), input),
    show: (value) => {
      if (document.activeElement !== input || input.value === "") input.value = String(value);
    },
  };
}

/** @type {(control: Control, onChange: OnChange) => Shown} */
function choice(control, onChange) {
  const id = `set-${control.name}`;
  const choices = control.choices ?? [];
  const select = make("select", { id }, ...choices.map(({ label }, k) => make("option", { value: k }, label)));
  select.addEventListener("change", () => onChange(choices[Number(select.value)].value));
  return {
    element: make("div", { class: "control" }, make("label", { for: id }, control.label), select),
    show: (value) => {
      select.value = String(choices.findIndex((each) => each.value === value));
    },
  };
}

/**
 * The hidden layers: a field for each, and buttons that add and remove one. The room for all is kept.
 * @type {(control: Control, onChange: OnChange, sizeOf: (hidden: number[]) => string) => Shown}
 */
function layers(control, onChange, sizeOf) {
  const size = make("output");
  const row = make("div", { class: "layers" });
  const most = control.most ?? 3;
  /** @type {number[]} */
  let widths = [];
  /** @param {number[]} next */
  const change = (next) => {
    widths = next;
    draw();
    onChange(next);
  };
  const fewer = make("button", { class: "button", type: "button", "aria-label": "Remove a hidden layer" }, "−");
  const more = make("button", { class: "button", type: "button", "aria-label": "Add a hidden layer" }, "+");
  fewer.addEventListener("click", () => change(widths.slice(0, -1)));
  more.addEventListener("click", () => change([...widths, widths.at(-1) ?? 16]));
  const fields = Array.from({ length: most }, (_, k) => {
    const input = make("input", { type: "number", min: control.low, max: control.high, step: 1 });
    input.setAttribute("aria-label", `Neurons of hidden layer ${k + 1}`);
    // What it will need is said while one types, before it is made.
    input.addEventListener("input", () => say(size, sizeOf(widths.with(k, Number(input.value)))));
    input.addEventListener("change", () => change(widths.with(k, bounded(input, control))));
    return { input, absent: make("span", { class: "absent", "aria-hidden": true }, "–") };
  });
  for (const { input, absent } of fields) row.append(input, absent);
  row.append(fewer, more);
  const draw = () => {
    fields.forEach(({ input, absent }, k) => {
      input.hidden = k >= widths.length;
      absent.hidden = k < widths.length;
      if (k < widths.length && document.activeElement !== input) input.value = String(widths[k]);
    });
    say(size, sizeOf(widths));
    fewer.disabled = widths.length === 0;
    more.disabled = widths.length === most;
  };
  return {
    element: make("fieldset", { class: "control" }, make("legend", {}, control.label, size), row),
    show: (value) => {
      widths = [...value];
      draw();
    },
  };
}

/**
 * A field's whole number, brought into its range.
 * @type {(input: HTMLInputElement, control: Control) => number}
 */
function bounded(input, { low, high }) {
  const value = Math.min(high, Math.max(low, Math.round(Number(input.value)) || low));
  input.value = String(value);
  return value;
}
