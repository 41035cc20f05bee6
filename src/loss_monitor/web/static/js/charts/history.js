/** Loss history: mean, minimum and maximum of each timestep. */

import { formatExact, formatNumber } from "../format.js";
import { meanColumns, meanLines, meanShown } from "./mean_line.js";
import { mountTimeChart } from "./time_chart.js";

/** @typedef {import("./time_chart.js").TimeChart} TimeChart */
/** @typedef {import("../types.js").Panel} Panel */

/** @type {TimeChart} */
const HISTORY = {
  title: "Loss history",
  batches: true,
  earlier: true,
  asked: ["range", "batches", "smooth", "dropped"],
  keys: [
    { name: "mean", colour: "--series-mean", shape: "line" },
    { name: "max", colour: "--series-max", shape: "line" },
    { name: "min", colour: "--series-min", shape: "line" },
    { name: "smoothed", colour: "--series-mean", shape: "line" },
  ],
  lines: [
    { colour: "--series-max", width: 1, alpha: 0.85 },
    { colour: "--series-min", width: 1, alpha: 0.9 },
    ...meanLines("--series-mean"),
  ],
  fills: [{ upper: 0, lower: 1, colour: "--band" }],
  columns: (rows) => [rows.max, rows.min, ...meanColumns(rows)],
  values: (rows, row) =>
    [rows.mean, rows.max, rows.min, rows.smooth].map((column) => ({
      text: formatNumber(column?.[row]),
      exact: formatExact(column?.[row]),
    })),
  keysShown: (rows) => [meanShown(rows), true, true, rows.smooth !== null],
  spoken: (rows, row) =>
    `mean ${formatNumber(rows.mean[row])}, maximum ${formatNumber(rows.max[row])}, `
    + `minimum ${formatNumber(rows.min[row])}`,
  extremes: (rows) => ({ low: rows.min, high: rows.max }),
  table: [
    ["mean", (rows) => rows.mean],
    ["minimum", (rows) => rows.min],
    ["maximum", (rows) => rows.max],
  ],
};

/**
 * @param {HTMLElement} element
 * @param {import("../store.js").Store} store
 * @param {() => void} retry
 * @returns {Panel}
 */
export function mount(element, store, retry) {
  return mountTimeChart(element, store, HISTORY, retry);
}
