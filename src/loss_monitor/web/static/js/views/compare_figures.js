/**
 * Figures of several trainings beside each other, with what differs from one of them.
 *
 * Rows of `api/compare` enter; cells with differences leave. Pure.
 */

import { formatExact, formatNumber, formatPercent } from "../format.js";

/** @typedef {import("../types.js").Value} Value */

/**
 * @typedef {object} ComparedRow A row of the table of `api/compare`.
 * @property {string} run
 * @property {string | null} tb_run
 * @property {string} label
 * @property {string | null} unit
 * @property {string} state
 * @property {number | null} timesteps
 * @property {number} values
 * @property {number} finite
 * @property {Value} elapsed_s
 * @property {Value} first
 * @property {Value} latest
 * @property {Value} best
 * @property {string | null} best_at
 * @property {Value} mean
 * @property {Value} std
 * @property {Value} percentile_25
 * @property {Value} percentile_50
 * @property {Value} percentile_75
 * @property {Value} percentile_90
 * @property {Value} percentile_95
 * @property {Value} percentile_99
 */

/** @typedef {"first" | "best" | "latest" | "mean" | "std" | "percentile_25" | "percentile_50" |
 *   "percentile_75" | "percentile_90" | "percentile_95" | "percentile_99"} Figure */

/** @type {readonly {figure: Figure, head: string}[]} */
export const FIGURES = Object.freeze([
  { figure: "first", head: "First" },
  { figure: "best", head: "Best" },
  { figure: "latest", head: "Latest" },
  { figure: "mean", head: "Mean" },
  { figure: "std", head: "Std." },
  { figure: "percentile_25", head: "25 %" },
  { figure: "percentile_50", head: "Median" },
  { figure: "percentile_75", head: "75 %" },
  { figure: "percentile_90", head: "90 %" },
  { figure: "percentile_95", head: "95 %" },
  { figure: "percentile_99", head: "99 %" },
]);

/** From here on a difference is more than noise, for the eye. */
const MARKED_SHARE = 0.05;

/**
 * @typedef {object} FigureCell
 * @property {string} text
 * @property {string} exact
 * @property {string} difference From the reference, signed; empty for the reference itself.
 * @property {"" | "lower" | "higher"} marked A difference worth a look.
 * @property {boolean} lowest Of all trainings, where these differ.
 */

/**
 * The cell of a figure.
 *
 * @param {readonly ComparedRow[]} rows
 * @param {ComparedRow} row
 * @param {ComparedRow} reference
 * @param {Figure} figure
 * @returns {FigureCell}
 */
export function figureCell(rows, row, reference, figure) {
  const value = row[figure];
  const share = row === reference ? null : shareOf(value, reference[figure]);
  const known = rows.map((one) => one[figure]).filter((one) => one !== null);
  const [least, largest] = [Math.min(...known), Math.max(...known)];
  const marked = share === null || Math.abs(share) < MARKED_SHARE
    ? ""
    : share < 0 ? "lower" : "higher";
  return {
    text: formatNumber(value),
    exact: formatExact(value),
    difference: share === null ? "" : formatPercent(share, { signed: true, decimals: 1 }),
    marked,
    lowest: value !== null && value === least && least < largest,
  };
}

/**
 * The table as numbers, to be saved.
 *
 * @param {readonly ComparedRow[]} rows
 * @returns {import("../chart/frame.js").Table}
 */
export function figuresTable(rows) {
  return {
    heads: [
      ...["training", "state", "timesteps", "values", "finite", "best at"],
      ...FIGURES.map(({ figure }) => figure),
    ],
    rows: rows.map((row) => [
      ...[row.label, row.state, row.timesteps, row.values, row.finite, row.best_at ?? ""],
      ...FIGURES.map(({ figure }) => row[figure]),
    ]),
  };
}

/**
 * Rows whose labels tell them apart: equal ones get the run's id.
 *
 * @template {{run: string, tb_run: string | null, label: string}} T
 * @param {readonly T[]} rows
 * @returns {T[]}
 */
export function toldApart(rows) {
  return rows.map((row) => {
    const equal = rows.filter(({ label }) => label === row.label);
    return equal.length < 2 ? row : { ...row, label: `${row.label} (${row.run})` };
  });
}

/**
 * @param {Value} value
 * @param {Value} from
 * @returns {number | null}
 */
function shareOf(value, from) {
  if (value === null || from === null || from === 0) return null;
  return (value - from) / Math.abs(from);
}
