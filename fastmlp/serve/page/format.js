// Numbers as the page writes them.

/**
 * A share as a percentage: 0.9637 is "96.4 %".
 * @param {number | null | undefined} share
 */
export function percent(share) {
  return share === null || share === undefined ? "–" : `${(100 * share).toFixed(1)} %`;
}

/**
 * A count with separators of thousands: 13002 is "13,002".
 * @param {number} n
 */
export function whole(n) {
  return Math.round(n).toLocaleString("en-US");
}

/**
 * A count in three figures: 540321 is "540k", 2345678 is "2.35M".
 * @param {number} n
 */
export function short(n) {
  if (n >= 1e6) return `${(n / 1e6).toPrecision(3)}M`;
  if (n >= 1e4) return `${Math.round(n / 1e3)}k`;
  return whole(n);
}

/**
 * A number in at most three figures, without trailing zeros: 0.00316, 3, 12.5.
 * @param {number} x
 */
export function brief(x) {
  if (x === 0) return "0";
  return Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5 ? x.toExponential(1).replace("e+", "e") : String(+x.toPrecision(3));
}

/**
 * Size of a network in words: "13,002 parameters, 0.3 MB".
 * @param {number[]} sizes
 * @param {number} bytes memory for a parameter, its training included
 */
export function networkSize(sizes, bytes) {
  const n = sizes.slice(1).reduce((sum, width, l) => sum + (sizes[l] + 1) * width, 0);
  return `${whole(n)} parameters, ${((n * bytes) / 1e6).toFixed(1)} MB`;
}

/**
 * A time: "0.42 s", "12.3 s", "3:07 min".
 * @param {number} seconds
 */
export function time(seconds) {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")} min`;
}
