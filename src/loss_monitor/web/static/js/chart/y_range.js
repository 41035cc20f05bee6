/**
 * The y-range of a chart: as the data ask for it, or as the user does.
 *
 * Columns of lows and highs, a stretch of their rows and what was chosen enter; a range leaves.
 * Pure. What lies outside is counted, so that no extreme is lost without a word.
 */

import { symlogRange } from "./symlog.js";
import { linearRange, logRange } from "./ticks.js";

/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("../types.js").Scale} Scale */
/** @typedef {import("../types.js").YRange} YRange */
/** @typedef {{low: Value[], high: Value[]}} Extremes */

/** A robust range leaves out this share of the rows at either end. */
const ROBUST_SHARE = 0.02;
const ROOM = 0.06;

/**
 * @typedef {object} YAxis
 * @property {Scale} scale
 * @property {number} threshold Of the symmetric logarithmic scale.
 * @property {YRange} chosen
 */

/**
 * The range for rows `from` up to `to`, or for all rows where these hold nothing.
 *
 * @param {Extremes} extremes
 * @param {[number, number]} rows
 * @param {YAxis} axis
 * @returns {[number, number]}
 */
export function yRange(extremes, rows, { scale, threshold, chosen }) {
  let shown = rows;
  let [min, max] = ends(extremes, shown, scale);
  if (min > max) {
    shown = [0, extremes.low.length];
    [min, max] = ends(extremes, shown, scale);
  }
  const automatic = around(scale, min, max, threshold);
  if (chosen === "auto" || min > max) return automatic;
  if (chosen === "zero") return scale === "log" ? automatic : fromZero(min, max);
  if (chosen === "robust") {
    const { lows, highs } = values(extremes, shown, scale);
    lows.sort((a, b) => a - b);
    highs.sort((a, b) => a - b);
    const low = lows[Math.floor(lows.length * ROBUST_SHARE)] ?? min;
    const high = highs[highs.length - 1 - Math.floor(highs.length * ROBUST_SHARE)] ?? max;
    if (scale !== "linear" || low >= high) return around(scale, low, high, threshold);
    return [low - ROOM * (high - low), high + ROOM * (high - low)];
  }
  const [low, high] = chosen;
  if (scale !== "log" || low > 0) return [low, high];
  // A logarithmic axis has no zero: it begins where the data do.
  return high > 0 ? [Math.min(automatic[0], high / 10), high] : automatic;
}

/**
 * How many rows reach beyond a range.
 *
 * @param {Extremes} extremes
 * @param {[number, number]} rows
 * @param {[number, number]} range
 * @returns {number}
 */
export function rowsBeyond({ low, high }, [from, to], [least, largest]) {
  let beyond = 0;
  for (let i = from; i < to; i += 1) {
    if ((low[i] ?? Infinity) < least || (high[i] ?? -Infinity) > largest) beyond += 1;
  }
  return beyond;
}

/**
 * Least and largest value that the scale can show; infinity first where there is none.
 *
 * @param {Extremes} extremes
 * @param {[number, number]} rows
 * @param {Scale} scale
 * @returns {[number, number]}
 */
function ends({ low, high }, [from, to], scale) {
  const floor = scale === "log" ? 0 : -Infinity;
  let min = Infinity;
  let max = -Infinity;
  for (let i = from; i < to; i += 1) {
    const [lower, upper] = [low[i] ?? null, high[i] ?? null];
    if (lower !== null && lower > floor && lower < min) min = lower;
    if (upper === null || upper <= floor) continue;
    if (upper < min) min = upper;
    if (upper > max) max = upper;
  }
  return [min, max];
}

/**
 * Lows and highs that the scale can show.
 *
 * @param {Extremes} extremes
 * @param {[number, number]} rows
 * @param {Scale} scale
 */
function values({ low, high }, [from, to], scale) {
  const shown = (/** @type {Value} */ value) => value !== null && (scale !== "log" || value > 0);
  const keep = (/** @type {Value[]} */ column) =>
    /** @type {number[]} */ (column.slice(from, to).filter(shown));
  const [lows, highs] = [keep(low), keep(high)];
  // On a logarithmic axis rows may have a high but no low to show.
  return { lows: lows.length > 0 ? lows : [...highs], highs };
}

/**
 * @param {Scale} scale
 * @param {number} min
 * @param {number} max
 * @param {number} threshold
 * @returns {[number, number]}
 */
function around(scale, min, max, threshold) {
  if (scale === "log") return logRange(min, max);
  return scale === "symlog" ? symlogRange(min, max, threshold) : linearRange(min, max);
}

/**
 * @param {number} min
 * @param {number} max
 * @returns {[number, number]}
 */
function fromZero(min, max) {
  const room = ROOM * (Math.max(max, 0) - Math.min(min, 0)) || 1;
  return [min < 0 ? min - room : 0, max > 0 ? max + room : 0];
}
