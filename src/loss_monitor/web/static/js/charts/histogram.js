/**
 * Bins of a distribution, on the axis they are drawn on.
 *
 * The state's linear or logarithmic bins enter, bins of equal width leave. Pure.
 */

import { decideScale } from "../shown.js";

/** @typedef {import("../types.js").State} State */

/**
 * @typedef {object} Histogram On the axis drawn: values, or their powers of ten.
 * @property {boolean} log
 * @property {number} low
 * @property {number} width Of a bin.
 * @property {number[]} counts
 * @property {number} total
 * @property {number} leftOut
 */

/**
 * The bins of a state, or null where there are none.
 *
 * @param {State} state
 * @returns {Histogram | null}
 */
export function readHistogram({ data, view }) {
  if (data === null || data.distribution === null) return null;
  const { linear, log } = data.distribution;
  const asked = decideScale(data, view.scale) !== "linear";
  const logarithmic = asked && log.lo !== null && log.hi !== null && log.counts.length > 0;
  const bins = logarithmic ? log : linear;
  if (bins.lo === null || bins.hi === null || bins.counts.length === 0) return null;
  let { counts } = bins;
  const total = counts.reduce((sum, count) => sum + count, 0);
  let low = logarithmic ? Math.log10(bins.lo) : bins.lo;
  let high = logarithmic ? Math.log10(bins.hi) : bins.hi;
  if (!(high > low)) {
    // All values are the same: one bin, with a width to be seen by.
    const room = logarithmic ? 0.05 : Math.abs(low) * 0.05 || 0.5;
    [low, high, counts] = [low - room, high + room, [total]];
  }
  return {
    log: logarithmic,
    low,
    width: (high - low) / counts.length,
    counts,
    total,
    leftOut: logarithmic ? (bins.left_out ?? 0) : 0,
  };
}
