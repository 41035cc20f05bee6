/** Loss history: mean, minimum and maximum of each timestep. */

import { formatExact, formatNumber } from "../format.js";
import { mountTimeChart } from "./time_chart.js";

/** @typedef {import("./time_chart.js").TimeChart} TimeChart */
/** @typedef {import("../types.js").Panel} Panel */

/** @type {TimeChart} */
const HISTORY = {
  title: "Loss history",
  keys: [
    { name: "mean", colour: "--series-mean", shape: "line" },
    { name: "max", colour: "--series-max", shape: "line" },
    { name: "min", colour: "--series-min", shape: "line" },
  ],
  lines: [
    { colour: "--series-max", width: 1, alpha: 0.85 },
    { colour: "--series-min", width: 1, alpha: 0.9 },
    { colour: "--series-mean", width: 2 },
  ],
  fills: [{ upper: 0, lower: 1, colour: "--band" }],
  columns: (rows) => [rows.max, rows.min, rows.mean],
  values: (rows, row) =>
    [rows.mean, rows.max, rows.min].map((column) => ({
      text: formatNumber(column[row]),
      exact: formatExact(column[row]),
    })),
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
 * @returns {Panel}
 */
export function mount(element, store) {
  return mountTimeChart(element, store, HISTORY);
}
