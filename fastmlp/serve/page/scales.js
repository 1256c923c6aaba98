// Sliders: from the 1,001 places of a range input to a setting's value, and back.

export const PLACES = 1000;

/** @typedef {{kind: string, low: number, high: number, step?: number}} Range */

/**
 * Value of a setting at a slider's place.
 * @param {Range} range
 * @param {number} place 0 to PLACES
 */
export function toValue({ kind, low, high, step }, place) {
  const share = place / PLACES;
  const isLog = kind === "log" || kind === "log_whole";
  const value = isLog ? low * (high / low) ** share : low + share * (high - low);
  if (kind === "whole" || kind === "log_whole") return Math.round(value);
  if (kind === "log") return Math.min(high, Math.max(low, Number(value.toPrecision(2))));
  const rounded = step ? low + Math.round((value - low) / step) * step : value;
  return Math.min(high, Number(rounded.toPrecision(6)));
}

/**
 * Place of a slider at a setting's value.
 * @param {Range} range
 * @param {number} value
 */
export function toPlace({ kind, low, high }, value) {
  const isLog = kind === "log" || kind === "log_whole";
  const share = isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low || 1);
  return Math.round(PLACES * Math.min(1, Math.max(0, share)));
}
