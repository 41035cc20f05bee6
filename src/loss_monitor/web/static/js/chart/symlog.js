/**
 * The symmetric logarithmic scale: linear around zero, logarithmic on both sides of it.
 *
 * A value's place is asinh(value / threshold); below the threshold that is nearly the value
 * itself, far above it nearly its logarithm. The extremes of what is drawn enter; a threshold,
 * a range with air and ticks leave. Pure.
 */

import { formatLogTick } from "../format.js";
import { linearTicks } from "./ticks.js";

/** @typedef {import("./ticks.js").Ticks} Ticks */
/** @typedef {import("../types.js").Value} Value */

/** So many decades on each side; what is nearer to zero is linear. */
const DECADES_MAX = 5;
const ROOM = 0.05;
/** An axis that reaches no farther than this is linear for the eye. */
const LINEAR_THRESHOLDS = 3;

/**
 * Where the linear part ends: a power of ten, so that it seldom moves while data come.
 *
 * @param {Value[][]} columns
 * @returns {number}
 */
export function symlogThreshold(columns) {
  let least = Infinity;
  let largest = 0;
  for (const column of columns) {
    for (const value of column) {
      if (value === null || value === 0) continue;
      const size = Math.abs(value);
      if (size < least) least = size;
      if (size > largest) largest = size;
    }
  }
  if (largest === 0) return 1;
  const power = Math.floor(Math.log10(Math.max(least, largest / 10 ** DECADES_MAX)) + 1e-9);
  return Number(`1e${power}`);
}

/**
 * @param {number} min
 * @param {number} max
 * @param {number} threshold
 * @returns {[number, number]}
 */
export function symlogRange(min, max, threshold) {
  if (!(max >= min)) return [-threshold, threshold];
  const [low, high] = [Math.asinh(min / threshold), Math.asinh(max / threshold)];
  const room = (high - low) * ROOM || 0.5;
  return [Math.sinh(low - room) * threshold, Math.sinh(high + room) * threshold];
}

/**
 * Ticks at zero and at powers of ten on both sides of it, as many as there is room for.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @param {number} threshold
 * @returns {Ticks}
 */
export function symlogTicks(min, max, most, threshold) {
  const reach = Math.max(Math.abs(min), Math.abs(max));
  if (reach <= LINEAR_THRESHOLDS * threshold) return linearTicks(min, max, most);
  const first = Math.round(Math.log10(threshold));
  const last = Math.floor(Math.log10(reach) + 1e-9);
  const all = [];
  for (let power = first; power <= last; power += 1) all.push(Number(`1e${power}`));
  for (let every = 1; ; every += 1) {
    // The largest powers are kept: those are what an axis is read by.
    const powers = all.filter((_, i) => (all.length - 1 - i) % every === 0);
    const at = [...powers.map((power) => -power).reverse(), 0, ...powers].filter(
      (value) => value >= min && value <= max,
    );
    if (at.length > most && every < all.length) continue;
    // Within one decade of one sign there may be no power of ten at all.
    if (at.length < 2) return linearTicks(min, max, most);
    return { at, text: at.map((value) => (value === 0 ? "0" : formatLogTick(value))) };
  }
}
