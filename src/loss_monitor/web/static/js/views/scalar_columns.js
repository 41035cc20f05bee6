/**
 * Answers for one tag of several runs, as columns on one x-axis.
 *
 * Buckets of points enter, in file order; rising places with the values of all runs at them
 * leave. Where a run has no point at a place of another one, `undefined` stands: nothing is
 * drawn, and the line goes on. Where it has a point without a finite value, `null` stands: a
 * gap, as between two attempts of a run. Where the steps of a run go back a new stretch begins,
 * and no line joins the two. Pure.
 */

/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("./series_axis.js").SeriesAxis} SeriesAxis */

/**
 * @typedef {object} TagBuckets The answer of `api/tensorboard/scalars` with `points`.
 * @property {string} tag
 * @property {string} tb_run
 * @property {Value[]} x_start
 * @property {Value[]} x_stop
 * @property {number[]} step Of the first point.
 * @property {number[]} [attempt] Of the run, by number; none where all are of one.
 * @property {number[]} count
 * @property {number[]} non_finite
 * @property {Value[]} min
 * @property {Value[]} max
 * @property {Value[]} mean
 * @property {Value[]} first
 * @property {Value[]} last
 * @property {Value[]} [smooth]
 * @property {number} dropped
 */

/**
 * @typedef {object} Stretch Points of one run whose steps rise.
 * @property {number} run Number of the run among those asked for.
 * @property {number[]} buckets Those of the answer that have a place on the axis.
 * @property {number[]} x The place of each, rising.
 * @property {number[]} breaks Places between two attempts, where the line ends and begins.
 * @property {boolean} latest Whether no other stretch of the run follows.
 */

/** @typedef {(number | null | undefined)[]} Sparse */

/**
 * @typedef {object} StretchColumns
 * @property {Stretch} stretch
 * @property {Sparse} high
 * @property {Sparse} low
 * @property {Sparse} mean
 * @property {Sparse} smooth Empty where none was asked for.
 */

/** Stretches of one run that are drawn; a tag written every second anew has thousands. */
export const STRETCHES_MAX = 12;
/** Places that do not rise are put so far apart: steps and seconds are much farther. */
const APART = 1e-4;

/**
 * The stretches of the runs, the older ones of each first.
 *
 * @param {readonly (TagBuckets | null)[]} answers By number of the run.
 * @param {SeriesAxis} axis
 * @returns {Stretch[]} Of each run the newest `STRETCHES_MAX`.
 */
export function stretchesOf(answers, axis) {
  return answers.flatMap((answer, run) => {
    if (answer === null) return [];
    /** @type {Stretch[]} */
    const found = [];
    let before = Infinity;
    for (let i = 0; i < answer.step.length; i += 1) {
      const place = placeOf(answer, i, axis);
      // Points without a wall time are on no axis of time.
      if (place === null) continue;
      const step = answer.step[i] ?? 0;
      let last = found.at(-1);
      if (last === undefined || step < before) {
        last = { run, buckets: [], x: [], breaks: [], latest: false };
        found.push(last);
      }
      before = step;
      const previous = last.x.at(-1) ?? null;
      // A clock that was set back does not make a line go back.
      const at = previous === null ? place : Math.max(place, previous + APART);
      const attempt = answer.attempt?.[i];
      if (previous !== null && attempt !== answer.attempt?.[last.buckets.at(-1) ?? i]) {
        last.breaks.push((previous + at) / 2);
      }
      last.x.push(at);
      last.buckets.push(i);
    }
    const newest = found.at(-1);
    if (newest !== undefined) newest.latest = true;
    return found.slice(-STRETCHES_MAX);
  });
}

/**
 * The middle of a bucket.
 *
 * @param {TagBuckets} answer
 * @param {number} i
 * @param {SeriesAxis} axis
 * @returns {number | null}
 */
function placeOf(answer, i, axis) {
  const [from, to] = [answer.x_start[i] ?? null, answer.x_stop[i] ?? null];
  if (from === null || to === null) return from ?? to;
  const last = axis.counts ? to - 1 : to;
  // A bucket across a restart ends before it begins.
  return last < from ? from : (from + last) / 2;
}

/**
 * Stretches on one rising axis.
 *
 * @param {readonly (TagBuckets | null)[]} answers
 * @param {readonly Stretch[]} stretches
 * @returns {{x: number[], columns: StretchColumns[]}}
 */
export function alignStretches(answers, stretches) {
  const x = unionOf(stretches.flatMap((stretch) =>
    stretch.breaks.length > 0 ? [stretch.x, stretch.breaks] : [stretch.x]));
  const alone = stretches.length === 1 && stretches[0]?.breaks.length === 0;
  const place = alone ? null : new Map(x.map((value, row) => [value, row]));
  const columns = stretches.map((stretch) => {
    const answer = answers[stretch.run];
    /** @param {Value[] | undefined} values */
    const aligned = (values) => {
      if (values === undefined) return [];
      const kept = stretch.buckets.map((i) => values[i] ?? null);
      if (place === null) return kept;
      /** @type {Sparse} */
      const spread = new Array(x.length).fill(undefined);
      stretch.x.forEach((at, k) => (spread[place.get(at) ?? 0] = kept[k] ?? null));
      for (const at of stretch.breaks) spread[place.get(at) ?? 0] = null;
      return spread;
    };
    return {
      stretch,
      high: aligned(answer?.max),
      low: aligned(answer?.min),
      mean: aligned(answer?.mean),
      smooth: aligned(answer?.smooth),
    };
  });
  return { x, columns };
}

/**
 * All values of several rising columns, each once.
 *
 * @param {number[][]} columns
 * @returns {number[]} Rising.
 */
function unionOf(columns) {
  if (columns.length === 1) return columns[0] ?? [];
  const all = new Float64Array(columns.reduce((sum, column) => sum + column.length, 0));
  let filled = 0;
  for (const column of columns) {
    all.set(column, filled);
    filled += column.length;
  }
  all.sort();
  return [...all].filter((value, i) => i === 0 || value !== all[i - 1]);
}

/**
 * The bucket of a stretch nearest to a place.
 *
 * @param {Pick<Stretch, "x">} stretch
 * @param {number} at
 * @returns {number} Its position in the stretch.
 */
export function nearestIn({ x }, at) {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  if (before >= 0 && at - (x[before] ?? 0) < (x[low] ?? 0) - at) return before;
  return low;
}

/**
 * An answer for all of a tag, made finer where a part of it is known better.
 *
 * @param {TagBuckets} whole
 * @param {TagBuckets} part
 * @returns {TagBuckets} The part alone where places go back, and belong to no single stretch.
 */
export function withFiner(whole, part) {
  const [from, to] = [part.x_start[0] ?? null, part.x_stop.at(-1) ?? null];
  if (from === null || to === null) return whole;
  if (whole.step.some((step, i) => step < (whole.step[i - 1] ?? -Infinity))) return part;
  const rows = whole.step.map((_, i) => i);
  const before = rows.filter((i) => (whole.x_stop[i] ?? Infinity) <= from);
  const behind = rows.filter((i) => (whole.x_start[i] ?? -Infinity) >= to);
  const joined = { ...part };
  for (const [name, values] of Object.entries(part)) {
    if (!Array.isArray(values)) continue;
    /** @type {Value[]} */
    const all = /** @type {any} */ (whole)[name] ?? [];
    const picked = (/** @type {number[]} */ places) => places.map((i) => all[i] ?? null);
    Object.assign(joined, { [name]: [...picked(before), ...values, ...picked(behind)] });
  }
  return joined;
}

/**
 * Where the places of some answers begin and end.
 *
 * @param {readonly (TagBuckets | null)[]} answers
 * @param {SeriesAxis} axis
 * @returns {[number, number] | null}
 */
export function extentOf(answers, axis) {
  const places = stretchesOf(answers, axis).flatMap(({ x }) => [x[0] ?? 0, x.at(-1) ?? 0]);
  return places.length === 0 ? null : [Math.min(...places), Math.max(...places)];
}

/**
 * Whether the values ask for a logarithmic axis; for all buckets, so that it does not change
 * while the cursor moves.
 *
 * @param {readonly (TagBuckets | null)[]} answers
 * @returns {boolean}
 */
export function spansDecades(answers) {
  let least = Infinity;
  let largest = 0;
  let seen = 0;
  let notPositive = 0;
  for (const answer of answers) {
    for (let i = 0; i < (answer?.min.length ?? 0); i += 1) {
      const [low, high] = [answer?.min[i] ?? null, answer?.max[i] ?? null];
      if (low === null || high === null) continue;
      seen += 1;
      if (low <= 0) notPositive += 1;
      else least = Math.min(least, low);
      largest = Math.max(largest, high);
    }
  }
  if (largest <= 0 || notPositive > seen * NOT_POSITIVE_SHARE) return false;
  return largest / Math.min(least, largest) > DECADES_RATIO;
}

/** Two decades: from here on a linear axis hides the smaller values. */
const DECADES_RATIO = 100;
/** Up to this share of buckets, values at or below zero are marked at the edge instead. */
const NOT_POSITIVE_SHARE = 0.01;
