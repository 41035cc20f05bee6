/**
 * What the ribbon shows of a whole run, without drawing it.
 *
 * The page's data enter; cells in model-time order leave, with gaps in wall time, and words.
 * Pure.
 */

import { formatClock, formatCount, formatDuration, formatNumber } from "./format.js";
import { timestepNumber } from "./timestep_number.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Value} Value */

/**
 * @typedef {object} Cell One or more timesteps in a row.
 * @property {number} start Index of the first timestep.
 * @property {number} span Timesteps.
 * @property {string} label
 * @property {Value} mean
 * @property {number} non_finite
 * @property {Value} wall_time
 * @property {number} attempt
 */

/** @typedef {{index: number, duration_s: number}} Gap Nothing was written before `index`. */

/** A pause is a gap when it is this many usual intervals long, and longer than a minute. */
const GAP_INTERVALS = 20;
const GAP_MIN_S = 60;

/**
 * @param {Data} data
 * @returns {Cell[]}
 */
export function cellsOf(data) {
  const { buckets, timesteps } = data;
  /** @type {Cell[]} */
  const cells = [];
  for (let row = 0; row < buckets.start.length; row += 1) {
    cells.push(cell(buckets, row, buckets.start[row], buckets.timesteps[row]));
  }
  for (let row = 0; row < timesteps.label.length; row += 1) {
    cells.push(cell(timesteps, row, timesteps.start + row, 1));
  }
  return cells;
}

/**
 * @param {import("./types.js").TimestepColumns} columns
 * @param {number} row
 * @param {number} start
 * @param {number} span
 * @returns {Cell}
 */
function cell(columns, row, start, span) {
  return {
    start,
    span,
    label: columns.label[row],
    mean: columns.mean[row],
    non_finite: columns.non_finite[row],
    wall_time: columns.wall_time[row],
    attempt: columns.attempt[row],
  };
}

/**
 * Pauses in writing that are much longer than usual.
 *
 * @param {readonly Cell[]} cells
 * @returns {Gap[]}
 */
export function gapsOf(cells) {
  /** @type {{index: number, wait: number, each: number}[]} */
  const waits = [];
  for (let i = 1; i < cells.length; i += 1) {
    const [before, after] = [cells[i - 1].wall_time, cells[i].wall_time];
    if (before === null || after === null || after <= before) continue;
    const wait = after - before;
    waits.push({ index: cells[i].start, wait, each: wait / cells[i].span });
  }
  if (waits.length < 3) return [];
  const each = waits.map((one) => one.each).sort((a, b) => a - b);
  const usual = each[each.length >> 1];
  return waits
    .filter((one) => one.each > GAP_INTERVALS * usual && one.wait > GAP_MIN_S)
    .map((one) => ({ index: one.index, duration_s: one.wait }));
}

/**
 * The cell that holds a timestep.
 *
 * @param {readonly Cell[]} cells
 * @param {number} index
 * @returns {Cell | null}
 */
export function cellAt(cells, index) {
  return cells.findLast((one) => one.start <= index) ?? null;
}

/**
 * What stands at a place of the ribbon, in words.
 *
 * @param {Data} data
 * @param {readonly Cell[]} cells
 * @param {readonly Gap[]} gaps
 * @param {number} index
 * @returns {string}
 */
export function wordsAt(data, cells, gaps, index) {
  const here = cellAt(cells, index);
  if (!here) return "";
  const last = here.start + here.span - 1;
  const which = here.span === 1
    ? `timestep ${timestepNumber(data, here.start)}`
    : `timesteps ${timestepNumber(data, here.start)} to ${timestepNumber(data, last)}`;
  const parts = [which, here.label, `mean ${formatNumber(here.mean)}`];
  if (here.non_finite > 0) parts.push(`${formatCount(here.non_finite)} not finite`);
  if (data.run.attempts.length > 1) parts.push(attemptWords(data, here.attempt));
  const gap = gaps.find((one) => one.index >= here.start && one.index <= last);
  if (gap) parts.push(`nothing written for ${formatDuration(gap.duration_s)} before`);
  for (const { index: at, kind, count, message } of data.run.marks) {
    if (at === null || at < here.start || at > last || kind === "non_finite") continue;
    parts.push(count > 1 ? `${formatCount(count)} such: ${message}` : message || kind);
  }
  return parts.filter(Boolean).join(" · ");
}

/**
 * An attempt: `attempt 2, job 1001, 22:03 to 06:01, timed out`.
 *
 * @param {Data} data
 * @param {number} number From 0.
 */
function attemptWords({ run }, number) {
  const attempt = run.attempts[number];
  const parts = [`attempt ${number + 1}`];
  if (attempt?.job != null) parts.push(`job ${attempt.job}`);
  if (attempt?.started && attempt.ended) {
    parts.push(`${formatClock(attempt.started)} to ${formatClock(attempt.ended)}`);
  } else if (attempt?.started) parts.push(`since ${formatClock(attempt.started)}`);
  if (attempt?.outcome) parts.push(attempt.outcome.replaceAll("_", " "));
  return parts.join(", ");
}

/**
 * The whole run in words: the ribbon's text.
 *
 * @param {Data} data
 * @param {readonly Cell[]} cells
 * @param {readonly Gap[]} gaps
 * @returns {string}
 */
export function wordsOf(data, cells, gaps) {
  const { run } = data;
  const parts = [plural(run.timesteps, "timestep")];
  if (run.attempts.length > 1) parts.push(plural(run.attempts.length, "attempt"));
  const bad = cells.filter((one) => one.non_finite > 0);
  if (bad.length > 0) {
    const values = bad.reduce((sum, one) => sum + one.non_finite, 0);
    const number = timestepNumber(data, bad[0].start);
    const where = `first ${bad[0].span === 1 ? "at" : "near"} timestep ${number}`;
    parts.push(`${plural(values, "value")} not finite, ${where}`);
  }
  if (gaps.length > 0) parts.push(plural(gaps.length, "gap"));
  for (const kind of ["rollback", "checkpoint"]) {
    const count = run.marks.reduce((sum, one) => sum + (one.kind === kind ? one.count : 0), 0);
    if (count > 0) parts.push(plural(count, kind));
  }
  return `The whole run: ${parts.join(", ")}.`;
}

/**
 * @param {number} count
 * @param {string} noun
 */
function plural(count, noun) {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
