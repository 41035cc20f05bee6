/**
 * Figures of several trainings beside each other, with what differs from one of them.
 *
 * Rows of `api/compare` enter; columns, and cells with differences leave. Pure.
 */

import {
  formatCount, formatDuration, formatExact, formatNumber, formatPercent, formatRate, MISSING,
} from "../format.js";
import { paramNames } from "./compare_params.js";

/** @typedef {import("../types.js").Value} Value */

/**
 * @typedef {object} Reached Where the mean of a timestep was low enough for the first time.
 * @property {number} timesteps
 * @property {number} steps
 * @property {string} label
 * @property {number} mean
 * @property {Value} model_time_s
 * @property {Value} trained_s
 */

/**
 * @typedef {object} ComparedRow A row of the table of `api/compare`.
 * @property {string} run
 * @property {string | null} tb_run
 * @property {string} label
 * @property {Readonly<Record<string, string>>} [params] Of its run.
 * @property {string | null} unit
 * @property {string} state
 * @property {number | null} timesteps
 * @property {number} values
 * @property {number} finite
 * @property {number | null} inf
 * @property {Value} elapsed_s
 * @property {Value} trained_s
 * @property {Value} first
 * @property {Value} latest
 * @property {Value} best
 * @property {string | null} best_at
 * @property {Value} best_mean
 * @property {Value} at_equal_model_time
 * @property {Reached | null} reached
 * @property {Value} steps_per_s
 * @property {Value} model_rate
 * @property {Value} mean
 * @property {Value} std
 * @property {Value} percentile_25
 * @property {Value} percentile_50
 * @property {Value} percentile_75
 * @property {Value} percentile_90
 * @property {Value} percentile_95
 * @property {Value} percentile_99
 */

/** @typedef {"first" | "best" | "latest" | "best_mean" | "at_equal_model_time" | "reached" |
 *   "steps_per_s" | "model_rate" | "mean" | "std" | "percentile_25" | "percentile_50" |
 *   "percentile_75" | "percentile_90" | "percentile_95" | "percentile_99"} Figure */

/**
 * @typedef {object} At What the trainings are compared at.
 * @property {Value} equal_model_time_s The largest model time that all have reached.
 * @property {Value} reach Mean loss to reach.
 */

/**
 * @typedef {object} Column
 * @property {Figure} figure
 * @property {string} head
 * @property {string} [told] What it is, for those who want to know.
 */

const DAY_S = 86400;
/** @type {readonly Column[]} */
const ENDS = [
  { figure: "first", head: "First" },
  { figure: "best", head: "Best" },
  { figure: "latest", head: "Latest" },
];
/** @type {readonly Column[]} */
const SPREAD = [
  { figure: "mean", head: "Mean" },
  { figure: "std", head: "Std." },
  { figure: "percentile_25", head: "25 %" },
  { figure: "percentile_50", head: "Median" },
  { figure: "percentile_75", head: "75 %" },
  { figure: "percentile_90", head: "90 %" },
  { figure: "percentile_95", head: "95 %" },
  { figure: "percentile_99", head: "99 %" },
];
/** Figures of which none is better than another. */
const UNJUDGED = new Set(["first"]);
/** Figures of which more is better; of all others less is. */
const HIGHER_IS_BETTER = new Set(["steps_per_s", "model_rate"]);

/** From here on a difference is more than noise, for the eye. */
const MARKED_SHARE = 0.05;

/**
 * The columns that some rows need.
 *
 * @param {readonly ComparedRow[]} rows
 * @param {At} at
 * @returns {Column[]}
 */
export function columnsOf(rows, { equal_model_time_s: equal_s, reach }) {
  const has = (/** @type {Figure} */ figure) => rows.some((row) => row[figure] != null);
  const [time, loss] = [formatDuration(equal_s), formatNumber(reach)];
  /** @type {Column[]} */
  const course = [
    { figure: "best_mean", head: "Best mean", told: "the lowest mean of a timestep" },
    {
      ...{ figure: "at_equal_model_time", head: `At ${time}` },
      told: `the mean of the timestep after ${time} of model time, `
        + "the latest that all have reached",
    },
    {
      ...{ figure: "reached", head: `To ${loss}` },
      told: isTimed(rows)
        ? `wall time within attempts until the mean of a timestep was ${loss} or lower`
        : `the step at which the mean of a timestep was ${loss} or lower first`,
    },
    { figure: "steps_per_s", head: "Steps/s", told: "updates of the network a second" },
    { figure: "model_rate", head: "Model/day", told: "model time a day of wall time" },
  ];
  return [...ENDS, ...course.filter(({ figure }) => has(figure)), ...SPREAD];
}

/**
 * @typedef {object} FigureCell
 * @property {string} text
 * @property {string} exact
 * @property {string} difference From the reference, signed; empty for the reference itself.
 * @property {"" | "lower" | "higher"} marked A difference worth a look.
 * @property {"" | "lowest" | "highest"} best Of all trainings, where these differ.
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
  const timed = isTimed(rows);
  const value = valueOf(row, figure, timed);
  const share = row === reference ? null : shareOf(value, valueOf(reference, figure, timed));
  const known = rows.map((one) => valueOf(one, figure, timed)).filter((one) => one !== null);
  const [least, largest] = [Math.min(...known), Math.max(...known)];
  const marked = share === null || Math.abs(share) < MARKED_SHARE
    ? ""
    : share < 0 ? "lower" : "higher";
  const [wanted, word] = HIGHER_IS_BETTER.has(figure)
    ? [largest, /** @type {const} */ ("highest")]
    : [least, /** @type {const} */ ("lowest")];
  const differs = value !== null && least < largest && !UNJUDGED.has(figure);
  return {
    ...textsOf(row, figure, value),
    difference: share === null ? "" : formatPercent(share, { signed: true, decimals: 1 }),
    marked,
    best: differs && value === wanted ? word : "",
  };
}

/**
 * Whether it is known of some training when it reached the loss: a job log that was there
 * before the monitor tells no times.
 *
 * @param {readonly ComparedRow[]} rows
 */
function isTimed(rows) {
  return rows.some(({ reached }) => reached != null && reached.trained_s !== null);
}

/**
 * What is compared of a figure.
 *
 * @param {ComparedRow} row
 * @param {Figure} figure
 * @param {boolean} timed Whether a loss is reached in time, not in steps.
 * @returns {Value}
 */
function valueOf(row, figure, timed) {
  if (figure === "reached") return (timed ? row.reached?.trained_s : row.reached?.steps) ?? null;
  return row[figure] ?? null;
}

/**
 * @param {ComparedRow} row
 * @param {Figure} figure
 * @param {Value} value
 * @returns {{text: string, exact: string}}
 */
function textsOf({ reached }, figure, value) {
  if (figure === "steps_per_s") return { text: formatRate(value), exact: formatExact(value) };
  if (figure === "model_rate") {
    return { text: value === null ? MISSING : formatDuration(value * DAY_S), exact: "" };
  }
  if (figure !== "reached") return { text: formatNumber(value), exact: formatExact(value) };
  if (reached === null || reached === undefined) return { text: "not reached", exact: "" };
  const step = `step ${formatCount(reached.steps)}`;
  const model = reached.model_time_s === null
    ? []
    : [`after ${formatDuration(reached.model_time_s)} of model time`];
  const exact = [step, `timestep ${formatCount(reached.timesteps)}`, reached.label, ...model];
  const text = reached.trained_s === null ? step : formatDuration(reached.trained_s);
  return { text, exact: exact.join(", ") };
}

/**
 * The table as numbers, to be saved.
 *
 * @param {readonly ComparedRow[]} rows
 * @param {At} at
 * @returns {import("../chart/frame.js").Table}
 */
export function figuresTable(rows, at) {
  const columns = columnsOf(rows, at).filter(({ figure }) => figure !== "reached");
  const params = paramNames(rows);
  const reached = /** @type {const} */ (["steps", "timesteps", "model_time_s", "trained_s"]);
  return {
    heads: [
      ...["training", "state", ...params, "timesteps", "values", "finite", "best at"],
      ...columns.map(({ figure }) => figure),
      ...["equal model time s", "loss to reach", ...reached.map((name) => `reached ${name}`)],
    ],
    rows: rows.map((row) => [
      ...[row.label, row.state, ...params.map((name) => row.params?.[name] ?? "")],
      ...[row.timesteps, row.values, row.finite, row.best_at ?? ""],
      ...columns.map(({ figure }) => valueOf(row, figure, true)),
      ...[at.equal_model_time_s, at.reach],
      ...reached.map((name) => row.reached?.[name] ?? null),
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
