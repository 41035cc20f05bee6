/**
 * Rows of the signals of online training, on the axis of the time charts.
 *
 * The state with an answer of `api/loss/online` enters; rows leave that every time chart can
 * draw, with the answer's own columns beside them. Pure.
 */

import { xOfTimestep } from "../places.js";
import { emptyRows } from "../rows/columns.js";
import { timeRows } from "./time_rows.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").OnlineAnswer} OnlineAnswer */
/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("../rows.js").Rows} Rows */

/**
 * From the largest to the least, as the strip shows them.
 *
 * @type {readonly {name: string, of: (answer: OnlineAnswer) => Value[]}[]}
 */
export const QUANTILES = [
  { name: "max", of: (answer) => answer.max },
  { name: "90 %", of: (answer) => answer.percentile_90 },
  { name: "75 %", of: (answer) => answer.percentile_75 },
  { name: "median", of: (answer) => answer.percentile_50 },
  { name: "25 %", of: (answer) => answer.percentile_25 },
  { name: "10 %", of: (answer) => answer.percentile_10 },
  { name: "min", of: (answer) => answer.min },
];

/**
 * @param {State} state
 * @returns {Rows} With `online`, where the answer is there.
 */
export function onlineRows(state) {
  const places = timeRows(state);
  const answer = state.fetched.online;
  const { axis, line, anchors, total, shown } = places;
  const rows = { ...emptyRows(), axis, line, anchors, total, shown };
  if (answer === null) return rows;
  const at = (/** @type {(start: number, size: number) => number} */ position) =>
    answer.start.map((start, i) => xOfTimestep(rows, position(start, answer.timesteps[i] ?? 1)));
  const none = answer.start.map(() => null);
  return {
    ...rows,
    x: at((start, size) => start + (size - 1) / 2),
    left: at((start) => start - 0.5),
    right: at((start, size) => start + size - 0.5),
    ...{ index: answer.start, span: answer.timesteps, label: answer.labels },
    ...{ mean: answer.percentile_50, std: none, min: answer.min, max: answer.max },
    ...{ count: answer.batches, nonFinite: answer.non_finite, infinite: none },
    attempt: answer.start.map(() => 0),
    online: answer,
  };
}
