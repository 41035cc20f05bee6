/** Timestep statistics: the mean of each timestep within one standard deviation. */

import { formatExact, formatNumber } from "../format.js";
import { meanColumns, meanLines, meanShown } from "./mean_line.js";
import { mountTimeChart } from "./time_chart.js";

/** @typedef {import("./time_chart.js").TimeChart} TimeChart */
/** @typedef {import("../rows.js").Rows} Rows */
/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("../types.js").Panel} Panel */

/** Lower than this share of the mean the band may leave a logarithmic axis. */
const LOWER_SHARE_SEEN = 0.3;

/** @type {TimeChart} */
const BAND = {
  title: "Timestep statistics",
  lower: "statistics",
  asked: [],
  keys: [
    { name: "mean", colour: "--series-4", shape: "line" },
    { name: "± σ", colour: "--series-4", shape: "area" },
    { name: "smoothed", colour: "--series-4", shape: "line" },
  ],
  lines: [
    { colour: "--series-4", width: 0 },
    { colour: "--series-4", width: 0 },
    ...meanLines("--series-4"),
  ],
  fills: [{ upper: 0, lower: 1, colour: "--series-4", alpha: 0.26 }],
  columns: (rows) => [edge(rows, 1), edge(rows, -1), ...meanColumns(rows)],
  values: (rows, row) =>
    [rows.mean, rows.std, rows.smooth].map((column) => ({
      text: formatNumber(column?.[row]),
      exact: formatExact(column?.[row]),
    })),
  keysShown: (rows) => [meanShown(rows), true, rows.smooth !== null],
  spoken: (rows, row) =>
    `mean ${formatNumber(rows.mean[row])}, deviation ${formatNumber(rows.std[row])}`,
  extremes: (rows) => ({
    low: edge(rows, -1).map((value, i) => seen(value, rows.mean[i] ?? null)),
    high: edge(rows, 1),
  }),
  table: [
    ["mean", (rows) => rows.mean],
    ["deviation", (rows) => rows.std],
  ],
};

/**
 * The mean plus or minus one deviation.
 *
 * @param {Rows} rows
 * @param {1 | -1} side
 * @returns {Value[]}
 */
function edge({ mean, std }, side) {
  return mean.map((value, i) => (value === null ? null : value + side * (std[i] ?? 0)));
}

/**
 * What of the lower edge must be in sight: near zero it would take up many decades.
 *
 * @param {Value} lower
 * @param {Value} mean
 * @returns {Value}
 */
function seen(lower, mean) {
  if (lower === null || mean === null || mean <= 0) return lower;
  return lower > 0 ? Math.max(lower, mean * LOWER_SHARE_SEEN) : lower;
}

/**
 * @param {HTMLElement} element
 * @param {import("../store.js").Store} store
 * @param {() => void} retry
 * @returns {Panel}
 */
export function mount(element, store, retry) {
  return mountTimeChart(element, store, BAND, retry);
}
