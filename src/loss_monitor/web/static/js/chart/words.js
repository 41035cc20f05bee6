/**
 * Charts in words: where a row is, what it holds, what a whole chart shows.
 *
 * Rows enter, sentences leave, for legends, tags and screen readers. Pure.
 */

import { formatCount, formatMoment, formatNumber } from "../format.js";
import { alongLine } from "../places.js";
import { dateAt, shortLabel } from "./calendar.js";
import { wallMoment } from "./clock.js";
import { stepOffset } from "./ticks.js";

/** @typedef {import("../rows.js").Rows} Rows */
/** @typedef {import("../types.js").Value} Value */

/**
 * The number people know a row by: `timestep 784`, `timesteps 781–784`, `step 120`,
 * `batch 12,345`.
 *
 * @param {Rows} rows
 * @param {number} row
 * @returns {string}
 */
export function rowNumber(rows, row) {
  if (rows.unit === "batch") return counted("batch", "batches", ...batchesOf(rows, row));
  return timestepNumbers(rows, row);
}

/**
 * Timesteps of a row: `timestep 784`, `timesteps 781–784`, `step 120`.
 *
 * @param {Rows} rows
 * @param {number} row
 */
function timestepNumbers(rows, row) {
  const noun = nounOf(rows);
  return counted(noun, `${noun}s`, ...timestepsOf(rows, row));
}

/**
 * @param {Rows} rows
 * @param {number} row
 * @returns {[number, number]} The numbers of its first and last timestep.
 */
function timestepsOf(rows, row) {
  const first = (rows.index[row] ?? 0) + stepOffset(rows);
  return [first, first + Math.max(1, rows.span[row] ?? 1) - 1];
}

/**
 * A row's number alone, for a table: `784`, or the range `781–784` as a text.
 *
 * @param {Rows} rows
 * @param {number} row
 * @returns {number | string}
 */
export function rowCell(rows, row) {
  const [first, last] = rows.unit === "batch" ? batchesOf(rows, row) : timestepsOf(rows, row);
  return last > first ? `${first}\u2013${last}` : first;
}

/**
 * What the rows of a chart count, for the head of a table.
 *
 * @param {Rows} rows
 */
export function rowNoun(rows) {
  return rows.unit === "batch" ? "batch" : nounOf(rows);
}

/** @param {Rows} rows */
function nounOf({ anchors }) {
  return anchors.label[0]?.startsWith("step ") === true ? "step" : "timestep";
}

/**
 * First and last batch of a row on the axis of batches.
 *
 * @param {Rows} rows
 * @param {number} row
 * @returns {[number, number]}
 */
function batchesOf({ left, right }, row) {
  return [Math.round((left[row] ?? 0) + 0.5), Math.round((right[row] ?? 1) - 0.5)];
}

/**
 * @param {string} one
 * @param {string} many
 * @param {number} first
 * @param {number} last
 */
function counted(one, many, first, last) {
  if (last <= first) return `${one} ${formatCount(first)}`;
  return `${many} ${formatCount(first)}\u2013${formatCount(last)}`;
}

/**
 * A row's date; an estimate between known ones, an empty text where there is none.
 *
 * @param {Rows} rows
 * @param {number} row
 * @returns {string}
 */
export function rowDate(rows, row) {
  const label = rows.label[row] ?? "";
  if (label !== "") return label.startsWith("step ") ? "" : shortLabel(label);
  const { anchors } = rows;
  const date = dateAt(anchors, alongLine(anchors.index, anchors.x, rows.index[row] ?? NaN));
  return date === "" ? "" : `\u2248 ${shortLabel(date)}`;
}

/**
 * A row in the words of the axis, and in the other ones.
 *
 * @param {Rows} rows
 * @param {number} row
 * @returns {{short: string, other: string, whole: string}} `other` may be empty.
 */
export function rowPlace(rows, row) {
  const number = rowNumber(rows, row);
  const date = rowDate(rows, row);
  const whole = (/** @type {string[]} */ ...parts) => parts.filter(Boolean).join(", ");
  switch (rows.axis) {
    case "timestep":
      return { short: number, other: date, whole: whole(number, date) };
    case "model_time":
      return { short: date || number, other: date && number, whole: whole(number, date) };
    case "wall_time": {
      const written = rows.x[row] ?? NaN;
      const said = whole(number, date, `written ${formatMoment(written)}`);
      return { short: wallMoment(written), other: number, whole: said };
    }
    case "batch": {
      const timesteps = timestepNumbers(rows, row);
      const short = counted("batch", "batches", ...batchesOf(rows, row));
      return { short, other: timesteps, whole: whole(short, timesteps, date) };
    }
  }
}

/**
 * The range of rows, for a caption: `timesteps 1–388, 1979-01-01 00:15 to 1979-01-05 01:00`.
 *
 * @param {Rows} rows
 * @param {[number, number]} shown First and one after the last row.
 * @returns {string}
 */
export function rangeWords(rows, [from, to]) {
  const last = to - 1;
  if (last < from) return "";
  const offset = stepOffset(rows);
  const end = (rows.index[last] ?? 0) + Math.max(1, rows.span[last] ?? 1) - 1;
  const numbers = [(rows.index[from] ?? 0) + offset, end + offset].map(formatCount);
  const dates = [rowDate(rows, from), rowDate(rows, last)];
  const dated = dates.every((date) => date !== "") ? `, ${dates.join(" to ")}` : "";
  return `${nounOf(rows)}s ${numbers.join("\u2013")}${dated}`;
}

/**
 * How many values of a row are not finite, or an empty text.
 *
 * @param {Rows} rows
 * @param {number} row
 * @returns {string}
 */
export function rowNonFinite(rows, row) {
  const bad = rows.nonFinite[row] ?? 0;
  if (bad === 0) return "";
  return `${formatCount(bad)} of ${formatCount(rows.count[row])} values not finite`;
}

/**
 * A column of rows in one paragraph: how much, from where to where, the extremes, the last.
 *
 * @param {Rows} rows
 * @param {{name: string, values: Value[], low: Value[], high: Value[]}} column
 * @param {[number, number]} shown First and one after the last row.
 * @returns {string}
 */
export function describeRows(rows, { name, values, low, high }, [from, to]) {
  const finite = [];
  let least = Infinity;
  let largest = -Infinity;
  let bad = 0;
  for (let i = from; i < to; i += 1) {
    bad += rows.nonFinite[i] ?? 0;
    if (values[i] === null || values[i] === undefined) continue;
    finite.push(i);
    least = Math.min(least, low[i] ?? Infinity);
    largest = Math.max(largest, high[i] ?? -Infinity);
  }
  const nonFinite = bad === 0 ? "" : ` ${formatCount(bad)} values are not finite.`;
  const [first, last] = [finite[0], finite.at(-1)];
  if (first === undefined || last === undefined) return `No finite values.${nonFinite}`;
  const [start, end] = [values[first] ?? 0, values[last] ?? 0];
  const stop = (rows.index[to - 1] ?? 0) + (rows.span[to - 1] ?? 1);
  return `${formatCount(stop - (rows.index[from] ?? 0))} timesteps, `
    + `from ${rowPlace(rows, first).whole} to ${rowPlace(rows, last).whole}. `
    + `${name} ${direction(start, end)}; `
    + `range ${formatNumber(least)} to ${formatNumber(largest)}.${nonFinite} `
    + "Arrow keys move the cursor, with Shift by ten.";
}

/**
 * @param {number} start
 * @param {number} end
 */
function direction(start, end) {
  const near = Math.abs(end - start) <= 0.01 * Math.max(Math.abs(start), Math.abs(end));
  if (near) return `stays near ${formatNumber(end)}`;
  return `${end < start ? "falls" : "rises"} from ${formatNumber(start)} to ${formatNumber(end)}`;
}
