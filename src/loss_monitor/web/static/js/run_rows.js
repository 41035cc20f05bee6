/**
 * The runs of the server: the current one of each source, and those that were kept.
 *
 * Rows of `api/runs` enter, words and addresses leave. Pure.
 */

import { formatDay } from "./format.js";

/**
 * @typedef {object} RunRow
 * @property {string} id
 * @property {string} source Name of its source; `kept` for a run of which only its figures are.
 * @property {string} label
 * @property {Record<string, string>} [params] By name, as their user gave them.
 * @property {string} directory
 * @property {string[]} job_logs
 * @property {string | null} ended
 * @property {string} state_text
 */

/** @param {RunRow} row */
export function isKept({ source }) {
  return source === "kept";
}

/**
 * What stands for a run in the address: its source, which goes on with its next run, or the run
 * itself where it is over.
 *
 * @param {RunRow} row
 */
export function addressOfRun(row) {
  return isKept(row) ? row.id : row.source || row.id;
}

/**
 * What a run is called where others stand beside it: a kept one is often of the same place.
 *
 * @param {RunRow} row
 */
export function runTitle(row) {
  return isKept(row) ? `${row.label}, ended ${formatDay(row.ended)}` : row.label;
}
