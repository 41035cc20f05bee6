/**
 * Drawable columns of a run, one row per point of a time chart.
 *
 * The state's older buckets, its newest timesteps and a fetched range enter; columns on one
 * x-axis leave, in order, each row once and as fine as it is known. Pure: nothing is drawn or
 * fetched here. A row of no timesteps stands between two attempts, so that no line joins them.
 */

import { lowerBound, xOfTimestep } from "./places.js";
import { shownTimesteps } from "./shown.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").Fetched} Fetched */
/** @typedef {import("./types.js").RangeAnswer} RangeAnswer */
/** @typedef {import("./types.js").TimestepColumns} TimestepColumns */
/** @typedef {import("./types.js").Value} Value */
/** @typedef {import("./places.js").Anchors} Anchors */

/**
 * @typedef {object} Rows Columns of equal length, and what they show.
 * @property {"timestep" | "model_time"} axis Unit of `x`: timestep index, or model seconds.
 * @property {number[]} x Middle of the row, never decreasing.
 * @property {number[]} index First timestep of the row.
 * @property {number[]} span Timesteps in the row; 0 for the break between two attempts.
 * @property {string[]} label Label of the first timestep, empty where it is not known.
 * @property {Value[]} mean
 * @property {Value[]} std
 * @property {Value[]} min
 * @property {Value[]} max
 * @property {number[]} count
 * @property {number[]} nonFinite
 * @property {(number | null)[]} infinite How many of `nonFinite` are infinite, where known.
 * @property {number[]} attempt
 * @property {number} total Timesteps of the run.
 * @property {[number, number]} shown Positions shown, half open, in timesteps.
 * @property {Anchors} anchors From timestep index to `x`.
 */

/**
 * @typedef {object} NonFiniteSpan Neighbouring rows with values that are not finite.
 * @property {number} from First timestep.
 * @property {number} to One after the last timestep.
 * @property {number} values How many are not finite.
 * @property {"nan" | "infinite" | "both" | "unknown"} kind
 */

/**
 * Join what is known of a run into rows.
 *
 * @param {Data | null} data
 * @param {View} view
 * @param {Fetched["range"]} [range] Answer of `api/loss/range` with `x=timestep`.
 * @returns {Rows}
 */
export function buildRows(data, view, range = null) {
  const rows = emptyRows();
  if (data === null) return rows;
  const { buckets, timesteps } = data;
  rows.total = Math.max(data.run.timesteps, timesteps.start + timesteps.label.length);
  const fine = range === null ? null : finerRange(data, range.answer);
  for (let i = 0; i < buckets.start.length; i += 1) {
    const start = buckets.start[i] ?? 0;
    const span = buckets.timesteps[i] ?? 1;
    rows.anchors.index.push(start);
    rows.anchors.x.push(buckets.x[i] ?? NaN);
    rows.anchors.label.push(buckets.label[i] ?? "");
    if (fine !== null && start + span > fine.start && start < fine.stop) continue;
    if (fine !== null && start >= fine.stop) pushRange(rows, data, fine);
    pushRow(rows, buckets, i, start, span);
  }
  if (fine !== null) pushRange(rows, data, fine);
  rows.shown = shownTimesteps(rows.total, view);
  const before = rows.span.slice(...rowsWithin(rows, rows.shown));
  pushNewest(rows, timesteps, Math.max(1, ...before));
  placeRows(rows, view.axis);
  return breakAttempts(rows);
}

/**
 * First and one after the last row within timesteps `from` up to `to`.
 *
 * @param {Rows} rows
 * @param {[number, number]} shown Half open.
 * @returns {[number, number]}
 */
export function rowsWithin(rows, [from, to]) {
  const first = lowerBound(rows.index, from);
  const before = first - 1;
  const reaches = before >= 0 && (rows.index[before] ?? 0) + (rows.span[before] ?? 0) > from;
  return [reaches ? before : first, lowerBound(rows.index, to)];
}

/**
 * The row nearest to another that is no break, and holds a timestep.
 *
 * @param {Rows} rows
 * @param {number} row
 * @returns {number | null}
 */
export function nearestRow(rows, row) {
  for (let away = 0; away < 3; away += 1) {
    for (const near of [row - away, row + away]) {
      if ((rows.span[near] ?? 0) > 0) return near;
    }
  }
  return null;
}

/**
 * Neighbouring rows with values that are not finite, joined.
 *
 * @param {Rows} rows
 * @param {{nan: number, infinite: number}} totals Over the run; tells the kind where rows do not.
 * @returns {NonFiniteSpan[]}
 */
export function nonFiniteSpans(rows, totals) {
  /** @type {NonFiniteSpan[]} */
  const spans = [];
  for (let i = 0; i < rows.x.length; i += 1) {
    const values = rows.nonFinite[i] ?? 0;
    if (values === 0 || rows.span[i] === 0) continue;
    const kind = kindOf(values, rows.infinite[i] ?? null, totals);
    const from = rows.index[i] ?? 0;
    const last = spans.at(-1);
    if (last !== undefined && last.to === from && last.kind === kind) {
      last.to = from + (rows.span[i] ?? 1);
      last.values += values;
    } else {
      spans.push({ from, to: from + (rows.span[i] ?? 1), values, kind });
    }
  }
  return spans;
}

/**
 * @param {number} values
 * @param {number | null} infinite
 * @param {{nan: number, infinite: number}} totals
 * @returns {NonFiniteSpan["kind"]}
 */
function kindOf(values, infinite, totals) {
  if (infinite !== null) return infinite === 0 ? "nan" : infinite < values ? "both" : "infinite";
  if (totals.infinite === 0) return "nan";
  return totals.nan === 0 ? "infinite" : "unknown";
}

/** @returns {Rows} */
function emptyRows() {
  return {
    axis: "timestep",
    x: [],
    index: [],
    span: [],
    label: [],
    mean: [],
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
function pushRow(rows, columns, i, index, span) {
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
 * Put the newest timesteps in place, in groups as large as the rows before them: finer rows
 * beside coarse ones would look like a training that became restless. The last stays alone.
 *
 * @param {Rows} rows
 * @param {import("./types.js").Timesteps} timesteps
 * @param {number} size
 */
function pushNewest(rows, timesteps, size) {
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
 * @property {RangeAnswer & {label?: string[]}} answer
 * @property {number} end One after the last row of the answer that is used.
 * @property {number} start First timestep.
 * @property {number} stop One after the last timestep.
 * @property {boolean} used Whether its rows are in place.
 */

/**
 * The part of an answer that is finer than the buckets, and older than the newest timesteps:
 * those are known whole, and newer than any answer.
 *
 * @param {Data} data
 * @param {RangeAnswer} answer
 * @returns {FineRange | null}
 */
function finerRange(data, answer) {
  const end = lowerBound(answer.x_stop, data.timesteps.start + 1);
  const start = answer.x_start[0];
  const stop = answer.x_stop[end - 1];
  if (start === undefined || stop === undefined) return null;
  if ((stop - start) / end >= data.buckets.size) return null;
  return { answer, end, start, stop, used: false };
}

/**
 * Put the rows of a fetched answer in place, once.
 *
 * @param {Rows} rows
 * @param {Data} data
 * @param {FineRange} fine
 */
function pushRange(rows, data, fine) {
  if (fine.used) return;
  fine.used = true;
  const { answer } = fine;
  let bucket = 0;
  for (let i = 0; i < fine.end; i += 1) {
    const index = answer.x_start[i] ?? 0;
    while ((data.buckets.start[bucket + 1] ?? Infinity) <= index) bucket += 1;
    const known = data.buckets.start[bucket] === index ? data.buckets.label[bucket] : "";
    rows.index.push(index);
    rows.span.push(Math.max(1, (answer.x_stop[i] ?? 0) - index));
    rows.label.push(answer.label?.[i] ?? known ?? "");
    rows.mean.push(answer.mean[i] ?? null);
    rows.std.push(answer.std?.[i] ?? data.buckets.std[bucket] ?? null);
    rows.min.push(answer.min[i] ?? null);
    rows.max.push(answer.max[i] ?? null);
    rows.count.push(answer.count[i] ?? 0);
    rows.nonFinite.push(answer.non_finite[i] ?? 0);
    rows.infinite.push(infiniteOf(data.buckets, bucket, answer.non_finite[i] ?? 0));
    rows.attempt.push(data.buckets.attempt[bucket] ?? 0);
  }
}

/**
 * How many of a bucket part's values are infinite, where the bucket tells: all or none.
 *
 * @param {import("./types.js").Buckets} buckets
 * @param {number} bucket
 * @param {number} nonFinite
 * @returns {number | null}
 */
function infiniteOf({ inf, non_finite }, bucket, nonFinite) {
  const infinite = inf?.[bucket] ?? null;
  if (infinite === 0) return 0;
  return infinite !== null && infinite === non_finite[bucket] ? nonFinite : null;
}

/**
 * Choose the axis and give every row its place on it.
 *
 * @param {Rows} rows
 * @param {View["axis"]} axis
 */
function placeRows(rows, axis) {
  rows.axis = axis !== "timestep" && isRising(rows.anchors.x) ? "model_time" : "timestep";
  rows.x = rows.index.map((index, i) => xOfTimestep(rows, index + ((rows.span[i] ?? 1) - 1) / 2));
}

/**
 * Whether model time is known for every row, and rises: only then can it be an axis.
 *
 * @param {number[]} values
 */
function isRising(values) {
  if (values.length < 2) return false;
  return values.every((value, i) => value > (i === 0 ? -Infinity : (values[i - 1] ?? NaN)));
}

/**
 * Put a row without values between two attempts.
 *
 * @param {Rows} rows
 * @returns {Rows}
 */
function breakAttempts(rows) {
  for (let i = rows.x.length - 1; i > 0; i -= 1) {
    if (rows.attempt[i] === rows.attempt[i - 1]) continue;
    rows.x.splice(i, 0, ((rows.x[i - 1] ?? 0) + (rows.x[i] ?? 0)) / 2);
    rows.index.splice(i, 0, rows.index[i] ?? 0);
    rows.attempt.splice(i, 0, rows.attempt[i] ?? 0);
    rows.label.splice(i, 0, "");
    for (const column of [rows.mean, rows.std, rows.min, rows.max, rows.infinite]) {
      column.splice(i, 0, null);
    }
    for (const column of [rows.span, rows.count, rows.nonFinite]) column.splice(i, 0, 0);
  }
  return rows;
}

