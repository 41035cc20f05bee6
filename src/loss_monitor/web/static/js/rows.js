/**
 * Drawable columns of a run, one row per point of a time chart.
 *
 * The state's older buckets, its newest timesteps and a fetched range enter; columns on one
 * x-axis leave, in order, each row once and as fine as it is known. Pure: nothing is drawn or
 * fetched here. A row of no timesteps stands between two attempts, so that no line joins them.
 */

import { lineOf, shownAxis } from "./axes.js";
import { lowerBound, risingPlaces } from "./places.js";
import { emptyRows, finerRange, pushNewest, pushRange, pushRow } from "./rows/columns.js";
import { shownTimesteps } from "./shown.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").Fetched} Fetched */
/** @typedef {import("./types.js").Value} Value */
/** @typedef {import("./places.js").Anchors} Anchors */

/**
 * @typedef {object} Rows Columns of equal length, and what they show.
 * @property {import("./places.js").Axis} axis Unit of `x`.
 * @property {"timestep" | "batch"} unit What the finest rows stand for.
 * @property {import("./places.js").Line | null} line From timestep position to `x`.
 * @property {number[]} x Middle of the row, never decreasing.
 * @property {number[]} left Where it begins and ends: neighbours touch.
 * @property {number[]} right
 * @property {number[]} index First timestep of the row.
 * @property {number[]} span Timesteps in the row; 0 for the break between two attempts.
 * @property {string[]} label Label of the first timestep, empty where it is not known.
 * @property {Value[]} mean
 * @property {Value[] | null} smooth The mean smoothed over all values; null where it is not.
 * @property {Value[]} std
 * @property {Value[]} min
 * @property {Value[]} max
 * @property {number[]} count
 * @property {number[]} nonFinite
 * @property {(number | null)[]} infinite How many of `nonFinite` are infinite, where known.
 * @property {number[]} attempt
 * @property {number} total Timesteps of the run.
 * @property {[number, number]} shown Positions shown, half open, in timesteps.
 * @property {Anchors} anchors From timestep index to model time and label.
 * @property {import("./types.js").OnlineAnswer} [online] Columns beside these, of signals of
 *   online training.
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
  const fine = range === null ? null : finerRange(data, range);
  for (let i = 0; i < buckets.start.length; i += 1) {
    const start = buckets.start[i] ?? 0;
    const span = buckets.timesteps[i] ?? 1;
    rows.anchors.index.push(start);
    rows.anchors.x.push(buckets.x[i] ?? NaN);
    rows.anchors.label.push(buckets.label[i] ?? "");
    if (fine !== null && start >= fine.start && start < fine.stop) pushRange(rows, data, fine);
    else pushRow(rows, buckets, i, start, span);
  }
  rows.shown = shownTimesteps(rows.total, view);
  // As most are: a bucket that a fetched range leaves over is larger than what is fetched.
  const before = rows.span.slice(...rowsWithin(rows, rows.shown)).sort((a, b) => a - b);
  pushNewest(rows, timesteps, before[before.length >> 1] ?? 1);
  rows.axis = shownAxis(data, view.axis);
  rows.line = lineOf(data, rows.axis);
  const dated = lineOf(data, "model_time");
  if (dated?.parts) rows.anchors = { ...rows.anchors, x: dated.x, parts: dated.parts };
  placeRows(rows);
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
 * First and one after the last row of which something lies within a range of the x-axis.
 *
 * @param {Rows} rows
 * @param {[number, number]} range
 * @returns {[number, number]}
 */
export function rowsInRange(rows, [from, to]) {
  const first = lowerBound(rows.right, from);
  const begins = rows.right[first] === from ? first + 1 : first;
  return [begins, Math.max(begins, lowerBound(rows.left, to))];
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
 * Give every row its place on the axis.
 *
 * @param {Rows} rows
 */
function placeRows(rows) {
  const at = risingPlaces(rows);
  rows.index.forEach((index, i) => {
    const span = Math.max(1, rows.span[i] ?? 1);
    rows.left.push(at(index - 0.5));
    rows.x.push(at(index + (span - 1) / 2));
    rows.right.push(at(index + span - 0.5));
  });
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
    for (const column of [rows.left, rows.right]) column.splice(i, 0, rows.left[i] ?? 0);
    for (const column of [rows.mean, rows.std, rows.min, rows.max, rows.infinite]) {
      column.splice(i, 0, null);
    }
    for (const column of [rows.span, rows.count, rows.nonFinite]) column.splice(i, 0, 0);
  }
  return rows;
}
