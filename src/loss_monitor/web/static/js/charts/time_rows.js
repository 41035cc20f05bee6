/**
 * The rows of a time chart, from the page's state: timesteps, or batches where the axis counts
 * these and few are shown; with the moving average where one was asked for. Pure, but for
 * remembering the last rows: several charts draw the same.
 */

import { lowerBound, xRange } from "../places.js";
import { buildRows } from "../rows.js";
import { batchRows } from "../rows/batches.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").RangeAnswer} RangeAnswer */
/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("../rows.js").Rows} Rows */

/** @typedef {Pick<State, "data" | "view"> & {range: RangeAnswer | null, rows: Rows}} Remembered */

/** @type {Remembered | null} */
let last = null;

/**
 * @param {State} state
 * @param {{batches?: boolean}} [how] Whether single batches may be shown.
 * @returns {Rows}
 */
export function timeRows({ data, view, fetched }, { batches = false } = {}) {
  const { range } = fetched;
  if (last === null || last.data !== data || last.view !== view || last.range !== range) {
    last = { data, view, range, rows: buildRows(data, view, range) };
  }
  const timesteps = last.rows;
  const smoothed = fetched.smooth ? smoothedRows(timesteps, fetched.smooth) : timesteps;
  if (!batches || fetched.batches === null || timesteps.axis !== "batch") return smoothed;
  return batchRows(smoothed, fetched.batches);
}

/**
 * The x-range that a view shows of rows.
 *
 * @param {Rows} rows
 * @param {State["view"]} view
 * @returns {[number, number]}
 */
export function shownRange(rows, { batches }) {
  if (rows.axis !== "batch" || batches === null) return xRange(rows, rows.shown);
  return [batches[0] - 0.5, batches[1] - 0.5];
}

/**
 * Rows with the moving average behind the last timestep of each.
 *
 * @param {Rows} rows
 * @param {RangeAnswer} answer
 * @returns {Rows}
 */
function smoothedRows(rows, { x_start, x_stop, smooth }) {
  if (!smooth) return rows;
  const column = rows.index.map((index, i) => {
    const span = rows.span[i] ?? 1;
    const timestep = index + span - 1;
    const bucket = lowerBound(x_stop, timestep + 1);
    const inside = span > 0 && (x_start[bucket] ?? Infinity) <= timestep;
    return inside ? (smooth[bucket] ?? null) : null;
  });
  return { ...rows, smooth: column };
}
