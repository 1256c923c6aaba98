// Settings in the hash of the URL, so that a teacher can share them: #hidden=16,16&activation=relu&learning_rate=0.1

/** @typedef {Record<string, number | string | number[]>} Settings */

/**
 * Settings as a hash. Values that equal the defaults are left out.
 * @param {Settings} settings
 * @param {Settings} defaults
 * @returns {string} without "#"
 */
export function toHash(settings, defaults) {
  return Object.entries(settings)
    .filter(([name, value]) => text(value) !== text(defaults[name]))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(text(value)).replaceAll("%2C", ",")}`)
    .join("&");
}

/** @type {(value: unknown) => string} */
const text = (value) => (Array.isArray(value) ? value.join(",") || "none" : String(value));

/**
 * Settings of a hash. The server judges names and values.
 * @param {string} hash with or without "#"
 * @returns {Settings}
 */
export function fromHash(hash) {
  /** @type {Settings} */
  const settings = {};
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    settings[name] = name === "hidden" ? layers(value) : number(value);
  }
  return settings;
}

/** @type {(value: string) => number[]} */
const layers = (value) =>
  value === "none" || value === "" ? [] : value.split(",").map((each) => Number.parseInt(each, 10));

/** @type {(value: string) => number | string} */
const number = (value) => (value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value);
