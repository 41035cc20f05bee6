/**
 * What rows are made of: older buckets, newest timesteps, fetched ranges, each as columns.
 *
 * Columns of the page's data enter, rows are put behind those that are there. Groups of
 * timesteps keep every extreme, and the moments of all their values. Pure but for the rows
 * that are filled.
 */

import { lowerBound } from "../places.js";

/** @typedef {import("../rows.js").Rows} Rows */
/** @typedef {import("../types.js").Data} Data */
/** @typedef {import("../types.js").RangeAnswer} RangeAnswer */
/** @typedef {import("../types.js").TimestepColumns} TimestepColumns */

/** @returns {Rows} */
export function emptyRows() {
  return {
    axis: "timestep",
    unit: "timestep",
    line: null,
    x: [],
    left: [],
    right: [],
    index: [],
    span: [],
    label: [],
    mean: [],
    smooth: null,
    std: [],
    min: [],
    max: [],
    count: [],
    nonFinite: [],
    infinite: [],
    attempt: [],
    total: 0,
    shown: [0, 0],
    anchors: { index: [], x: [], label: [] },
  };
}

/**
 * @param {Rows} rows
 * @param {TimestepColumns} columns
 * @param {number} i
 * @param {number} index
 * @param {number} span
 */
export function pushRow(rows, columns, i, index, span) {
  rows.index.push(index);
  rows.span.push(span);
  rows.label.push(columns.label[i] ?? "");
  rows.mean.push(columns.mean[i] ?? null);
  rows.std.push(columns.std[i] ?? null);
  rows.min.push(columns.min[i] ?? null);
  rows.max.push(columns.max[i] ?? null);
  rows.count.push(columns.count[i] ?? 0);
  rows.nonFinite.push(columns.non_finite[i] ?? 0);
  rows.infinite.push(columns.inf[i] ?? null);
  rows.attempt.push(columns.attempt[i] ?? 0);
}

/**
 * Put the newest timesteps in place, in groups as large as most rows before them: finer rows
 * beside coarse ones would look like a training that became restless. The last stays alone.
 *
 * @param {Rows} rows
 * @param {import("../types.js").Timesteps} timesteps
 * @param {number} size
 */
export function pushNewest(rows, timesteps, size) {
  const { start, label, x, attempt } = timesteps;
  const last = label.length - 1;
  let from = 0;
  for (let i = 0; i <= last; i += 1) {
    rows.anchors.index.push(start + i);
    rows.anchors.x.push(x[i] ?? NaN);
    rows.anchors.label.push(label[i] ?? "");
    const next = i + 1;
    const full = (start + next) % size === 0 || attempt[next] !== attempt[i];
    if (!full && next < last) continue;
    if (next - from === 1) pushRow(rows, timesteps, i, start + i, 1);
    else pushRow(rows, mergeTimesteps(timesteps, from, next), 0, start + from, next - from);
    from = next;
  }
}

/**
 * Timesteps `from` up to `to` as one row, from all their values.
 *
 * @param {TimestepColumns} columns
 * @param {number} from
 * @param {number} to
 * @returns {TimestepColumns} Columns of length one.
 */
function mergeTimesteps(columns, from, to) {
  const total = { count: 0, bad: 0, infinite: 0, finite: 0, sum: 0, min: Infinity, max: -Infinity };
  for (let i = from; i < to; i += 1) {
    const [count = 0, bad = 0] = [columns.count[i], columns.non_finite[i]];
    total.count += count;
    total.bad += bad;
    // What one of them does not tell is not known of all.
    total.infinite += columns.inf[i] ?? NaN;
    const mean = columns.mean[i] ?? null;
    if (mean === null) continue;
    total.finite += count - bad;
    total.sum += mean * (count - bad);
    total.min = Math.min(total.min, columns.min[i] ?? Infinity);
    total.max = Math.max(total.max, columns.max[i] ?? -Infinity);
  }
  const none = total.finite === 0;
  const mean = total.sum / total.finite;
  let squares = 0;
  for (let i = from; i < to; i += 1) {
    const own = columns.mean[i] ?? null;
    const finite = (columns.count[i] ?? 0) - (columns.non_finite[i] ?? 0);
    if (own !== null) squares += finite * ((columns.std[i] ?? 0) ** 2 + (own - mean) ** 2);
  }
  return {
    ...{ label: [columns.label[from] ?? ""], x: [columns.x[from] ?? null] },
    ...{ count: [total.count], non_finite: [total.bad] },
    inf: [Number.isNaN(total.infinite) ? null : total.infinite],
    mean: [none ? null : mean],
    std: [none ? null : Math.sqrt(squares / total.finite)],
    min: [none ? null : total.min],
    max: [none ? null : total.max],
    wall_time: [columns.wall_time[to - 1] ?? null],
    attempt: [columns.attempt[from] ?? 0],
  };
}

/**
 * @typedef {object} FineRange Part of a fetched answer that tells more than the buckets.
 * @property {RangeAnswer} answer
 * @property {number} begin First row of the answer that is used.
 * @property {number} end One after the last.
 * @property {number} start First timestep.
 * @property {number} stop One after the last timestep.
 * @property {boolean} used Whether its rows are in place.
 */

/**
 * The part of an answer that is finer than the buckets, takes the place of whole ones, and is
 * older than the newest timesteps: those are known whole, and newer than any answer.
 *
 * @param {Data} data
 * @param {RangeAnswer} answer
 * @returns {FineRange | null}
 */
export function finerRange({ buckets, timesteps }, answer) {
  const { size } = buckets;
  const { x_start, x_stop } = answer;
  const first = Math.ceil((x_start[0] ?? 0) / size) * size;
  const begin = lowerBound(x_start, first);
  let end = lowerBound(x_stop, timesteps.start + 1);
  const aligned = (/** @type {number} */ stop) => stop % size === 0 || stop === timesteps.start;
  while (end > begin && !aligned(x_stop[end - 1] ?? 0)) end -= 1;
  const [start, stop] = [x_start[begin], x_stop[end - 1]];
  if (start === undefined || stop === undefined || start !== first || end <= begin) return null;
  if ((stop - start) / (end - begin) >= size) return null;
  return { answer, begin, end, start, stop, used: false };
}

/**
 * Put the rows of a fetched answer in place, once.
 *
 * @param {Rows} rows
 * @param {Data} data
 * @param {FineRange} fine
 */
export function pushRange(rows, data, fine) {
  if (fine.used) return;
  fine.used = true;
  const { answer } = fine;
  let bucket = 0;
  for (let i = fine.begin; i < fine.end; i += 1) {
    const index = answer.x_start[i] ?? 0;
    while ((data.buckets.start[bucket + 1] ?? Infinity) <= index) bucket += 1;
    const known = data.buckets.start[bucket] === index ? data.buckets.label[bucket] : "";
    rows.index.push(index);
    rows.span.push(Math.max(1, (answer.x_stop[i] ?? 0) - index));
    rows.label.push(known ?? "");
    rows.mean.push(answer.mean[i] ?? null);
    rows.std.push(answer.std?.[i] ?? data.buckets.std[bucket] ?? null);
    rows.min.push(answer.min[i] ?? null);
    rows.max.push(answer.max[i] ?? null);
    rows.count.push(answer.count[i] ?? 0);
    rows.nonFinite.push(answer.non_finite[i] ?? 0);
    rows.infinite.push(infiniteOf(data.buckets, bucket, answer.non_finite[i] ?? 0));
    rows.attempt.push(answer.attempt?.[i] ?? data.buckets.attempt[bucket] ?? 0);
  }
}

/**
 * How many of a bucket part's values are infinite, where the bucket tells: all or none.
 *
 * @param {import("../types.js").Buckets} buckets
 * @param {number} bucket
 * @param {number} nonFinite
 * @returns {number | null}
 */
function infiniteOf({ inf, non_finite }, bucket, nonFinite) {
  const infinite = inf?.[bucket] ?? null;
  if (infinite === 0) return 0;
  return infinite !== null && infinite === non_finite[bucket] ? nonFinite : null;
}
