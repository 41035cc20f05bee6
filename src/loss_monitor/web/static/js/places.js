/**
 * Places on the x-axis of a time chart: from timestep index to axis units and back.
 *
 * The axis is the timestep index itself, or model seconds, known at some timesteps (anchors)
 * and straight lines between them: calendars differ, so that nothing is computed from dates.
 */

/**
 * @typedef {object} Anchors Timesteps whose place on the x-axis is known, in order.
 * @property {number[]} index
 * @property {number[]} x Model seconds, NaN where they are not known.
 * @property {string[]} label
 */

/** @typedef {{axis: "timestep" | "model_time", anchors: Anchors}} Placed */

/**
 * Place of a timestep on the x-axis; between and beyond the known ones by straight lines.
 *
 * @param {Placed} rows
 * @param {number} index May lie between timesteps.
 * @returns {number}
 */
export function xOfTimestep(rows, index) {
  if (rows.axis === "timestep") return index;
  return alongLine(rows.anchors.index, rows.anchors.x, index);
}

/**
 * Timestep at a place on the x-axis, with its fraction: the inverse of `xOfTimestep`.
 *
 * @param {Placed} rows
 * @param {number} x
 * @returns {number}
 */
export function timestepAtX(rows, x) {
  if (rows.axis === "timestep") return x;
  return alongLine(rows.anchors.x, rows.anchors.index, x);
}

/**
 * The x-range that shows timesteps `from` up to `to`, each with half a timestep of room.
 *
 * @param {Placed} rows
 * @param {[number, number]} shown Half open.
 * @returns {[number, number]}
 */
export function xRange(rows, [from, to]) {
  const range = [xOfTimestep(rows, from - 0.5), xOfTimestep(rows, Math.max(to, from + 1) - 0.5)];
  const [low = 0, high = 1] = range;
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

/**
 * Value at `at` of the line through the points (from, to), continued beyond both ends.
 *
 * @param {number[]} from Rising.
 * @param {number[]} to
 * @param {number} at
 */
export function alongLine(from, to, at) {
  if (from.length === 1) return (to[0] ?? 0) + at - (from[0] ?? 0);
  const right = Math.min(Math.max(lowerBound(from, at), 1), from.length - 1);
  const [x0 = 0, x1 = 1] = [from[right - 1], from[right]];
  const [y0 = 0, y1 = 1] = [to[right - 1], to[right]];
  return y0 + ((at - x0) / (x1 - x0)) * (y1 - y0);
}

/**
 * Where a value belongs in rising ones: the first place that is not below it.
 *
 * @param {number[]} values
 * @param {number} value
 * @returns {number}
 */
export function lowerBound(values, value) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
