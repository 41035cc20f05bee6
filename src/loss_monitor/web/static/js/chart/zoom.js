/**
 * Ranges of an axis while they are zoomed and moved.
 *
 * A range and what a gesture does to it enter, a range within the limits leaves. Pure.
 */

/**
 * A range moved and shrunk until it lies within the limits.
 *
 * @param {[number, number]} range
 * @param {{full: [number, number], least: number}} limits
 * @returns {[number, number]}
 */
export function keepWithin([from, to], { full: [low, high], least }) {
  const width = Math.min(Math.max(to - from, Math.min(least, high - low)), high - low);
  const centre = (from + to) / 2;
  const start = Math.min(Math.max(centre - width / 2, low), high - width);
  return [start, start + width];
}

/**
 * A range made `factor` times as wide around a place that stays where it is.
 *
 * @param {[number, number]} range
 * @param {number} factor
 * @param {number} at
 * @returns {[number, number]}
 */
export function zoomAround([from, to], factor, at) {
  return [at - (at - from) * factor, at + (to - at) * factor];
}
