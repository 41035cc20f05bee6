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
  const { axis, line, anchors, total, shown } = places;
  const rows = { ...emptyRows(), axis, line, anchors, total, shown };
  if (state.fetched.online === null) return rows;
  const answer = broken(state.fetched.online);
  // A break between two attempts has no width, and no timestep.
  const at = (/** @type {(start: number, size: number) => number} */ position) =>
    answer.start.map((start, i) => {
      const size = answer.timesteps[i] ?? 1;
      return xOfTimestep(rows, size === 0 ? start - 0.5 : position(start, size));
    });
  const none = answer.start.map(() => null);
  return {
    ...rows,
    x: at((start, size) => start + (size - 1) / 2),
    left: at((start) => start - 0.5),
    right: at((start, size) => start + size - 0.5),
    ...{ index: answer.start, span: answer.timesteps, label: answer.labels },
    ...{ mean: answer.percentile_50, std: none, min: answer.min, max: answer.max },
    ...{ count: answer.batches, nonFinite: answer.non_finite, infinite: none },
    attempt: answer.attempt,
    online: answer,
  };
}

/**
 * An answer with a column of nothing between two attempts, so that no line joins them.
 *
 * @param {OnlineAnswer} answer
 * @returns {OnlineAnswer}
 */
function broken(answer) {
  const { attempt, start } = answer;
  const begins = start.flatMap((_, i) => (i > 0 && attempt[i] !== attempt[i - 1] ? [i] : []));
  if (begins.length === 0) return answer;
  /** @type {Record<string, unknown>} */
  const made = { ...answer };
  for (const [name, column] of Object.entries(answer)) {
    if (!Array.isArray(column)) continue;
    /** @type {unknown[]} */
    const copy = [...column];
    for (const i of begins.toReversed()) copy.splice(i, 0, NOTHING[name]?.(answer, i) ?? null);
    made[name] = copy;
  }
  return /** @type {OnlineAnswer} */ (made);
}

/** What such a column holds where it holds something. */
const NOTHING = /** @type {Record<string, (answer: OnlineAnswer, i: number) => unknown>} */ ({
  labels: () => "",
  start: ({ start }, i) => start[i],
  attempt: ({ attempt }, i) => attempt[i],
  timesteps: () => 0,
  batches: () => 0,
  non_finite: () => 0,
});
