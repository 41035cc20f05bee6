/**
 * Places on the x-axis of a time chart: from timestep position to axis units and back.
 *
 * A position is a timestep's index, or lies between two: a timestep reaches from half before
 * its index to half behind it. Axes are the index itself, batches counted over the run, model
 * seconds and wall seconds, known at some positions and straight lines between them: calendars
 * differ, so that nothing is computed from dates.
 */

/** @typedef {"batch" | "timestep" | "model_time" | "wall_time"} Axis */

/**
 * @typedef {object} Anchors Timesteps whose model time is known, in order.
 * @property {number[]} index
 * @property {number[]} x Model seconds, NaN where they are not known.
 * @property {string[]} label
 * @property {number[]} [parts] Rows at which model time goes back; `x` rises all the same, dates
 *   are those of each part.
 */

/**
 * @typedef {object} Line Positions whose place on the axis is known.
 * @property {number[]} index Rising.
 * @property {number[]} x Never falling.
 * @property {number[]} [parts] Rows from which on places are moved, as model time goes back.
 */

/**
 * @typedef {object} Placed
 * @property {Axis} axis
 * @property {Line | null} line Null where places are the positions themselves.
 * @property {Anchors} anchors
 */

/** Wall times that do not rise are put so many seconds apart. */
const APART_S = 1e-4;

/**
 * Place of a timestep position; between and beyond the known ones by straight lines.
 *
 * @param {Placed} rows
 * @param {number} index
 * @returns {number}
 */
export function xOfTimestep({ line }, index) {
  return line === null ? index : alongLine(line.index, line.x, index);
}

/**
 * Places of positions that are asked for in rising order, about: each search begins where the
 * last one ended.
 *
 * @param {Placed} rows
 * @returns {(index: number) => number}
 */
export function risingPlaces({ line }) {
  if (line === null) return (index) => index;
  const { index: from, x: to } = line;
  let right = 1;
  return (at) => {
    const before = from[right - 1] ?? 0;
    if (from.length < 3 || at < before) return alongLine(from, to, at);
    while (right < from.length - 1 && (from[right] ?? 0) < at) right += 1;
    return onPiece(from, to, right, at);
  };
}

/**
 * Timestep position at a place on the x-axis: the inverse of `xOfTimestep`.
 *
 * @param {Placed} rows
 * @param {number} x
 * @returns {number}
 */
export function timestepAtX({ line }, x) {
  return line === null ? x : alongLine(line.x, line.index, x);
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
 * The line of an axis of batches: a timestep reaches from its first batch to its last, each
 * with half a batch of room.
 *
 * @param {number[]} start First timesteps of rows that follow each other.
 * @param {number[]} count Batches of each row.
 * @param {number} total Timesteps of the run.
 * @returns {Line}
 */
export function batchLine(start, count, total) {
  /** @type {Line} */
  const line = { index: [], x: [] };
  let batches = 0;
  start.forEach((index, row) => {
    line.index.push(index - 0.5);
    line.x.push(batches - 0.5);
    batches += count[row] ?? 0;
  });
  line.index.push(total - 0.5);
  line.x.push(batches - 0.5);
  return line;
}

/**
 * The line of an axis of wall time. Files may be written in another order than model time has:
 * a timestep then stands where the latest one before it does.
 *
 * @param {number[]} index
 * @param {(number | null)[]} seconds When each was written.
 * @returns {Line | null} Null where a time is not known, or nothing took any.
 */
export function wallLine(index, seconds) {
  /** @type {number[]} */
  const x = [];
  for (const second of seconds) {
    if (second === null) return null;
    const before = x.at(-1);
    x.push(before === undefined ? second : Math.max(second, before + APART_S));
  }
  const passed = seconds.some((second) => (second ?? 0) > (seconds[0] ?? 0));
  return passed ? { index, x } : null;
}

/**
 * Value at `at` of the line through the points (from, to), continued beyond both ends.
 *
 * @param {number[]} from Never falling.
 * @param {number[]} to
 * @param {number} at
 */
export function alongLine(from, to, at) {
  if (from.length === 1) return (to[0] ?? 0) + at - (from[0] ?? 0);
  return onPiece(from, to, Math.min(Math.max(lowerBound(from, at), 1), from.length - 1), at);
}

/**
 * Value at `at` of the straight piece that ends at a point.
 *
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} right
 * @param {number} at
 */
function onPiece(from, to, right, at) {
  const [x0 = 0, x1 = 1] = [from[right - 1], from[right]];
  const [y0 = 0, y1 = 1] = [to[right - 1], to[right]];
  return x1 > x0 ? y0 + ((at - x0) / (x1 - x0)) * (y1 - y0) : y1;
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
