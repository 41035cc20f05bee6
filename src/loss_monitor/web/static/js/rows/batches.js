/**
 * Rows of batches: what a time chart draws where the x-axis counts batches and few enough are
 * shown to tell each from the others.
 *
 * Rows of timesteps and an answer of `api/loss/range` by batch enter; rows on the same axis
 * leave, of batches as far as the answer reaches, of timesteps beyond it. Pure.
 */

import { timestepAtX } from "../places.js";
import { emptyRows } from "./columns.js";

/** @typedef {import("../rows.js").Rows} Rows */
/** @typedef {import("../types.js").RangeAnswer} RangeAnswer */

/**
 * @param {Rows} rows Of timesteps, on the axis of batches.
 * @param {RangeAnswer} answer
 * @returns {Rows}
 */
export function batchRows(rows, answer) {
  const first = answer.x_start[0] ?? 0;
  const stop = answer.x_stop.at(-1) ?? first;
  /** @type {Rows} */
  const joined = {
    ...emptyRows(),
    ...{ axis: rows.axis, line: rows.line, anchors: rows.anchors },
    ...{ unit: "batch", total: rows.total, shown: rows.shown },
  };
  /** @type {import("../types.js").Value[]} */
  const smooth = [];
  if (answer.smooth) joined.smooth = smooth;
  let next = 0;
  for (; next < rows.x.length && (rows.right[next] ?? 0) <= first; next += 1) copy(rows, next);
  answer.x_start.forEach((start, i) => {
    const end = answer.x_stop[i] ?? start + 1;
    const index = Math.floor(timestepAtX(rows, start) + 0.5);
    const last = Math.floor(timestepAtX(rows, end - 1) + 0.5);
    while (next < rows.x.length && (rows.right[next] ?? 0) <= start) next += 1;
    const attempt = answer.attempt?.[i] ?? rows.attempt[next] ?? 0;
    if (i > 0 && attempt !== joined.attempt.at(-1)) pushBreak(start - 0.5, index, attempt);
    joined.left.push(start - 0.5);
    joined.right.push(end - 0.5);
    joined.x.push((start + end - 1) / 2);
    joined.index.push(index);
    joined.span.push(last - index + 1);
    joined.label.push(rows.index[next] === index ? (rows.label[next] ?? "") : "");
    joined.mean.push(answer.mean[i] ?? null);
    smooth.push(answer.smooth?.[i] ?? null);
    joined.std.push(answer.std?.[i] ?? null);
    joined.min.push(answer.min[i] ?? null);
    joined.max.push(answer.max[i] ?? null);
    joined.count.push(answer.count[i] ?? 0);
    joined.nonFinite.push(answer.non_finite[i] ?? 0);
    joined.infinite.push(null);
    joined.attempt.push(attempt);
  });
  while (next < rows.x.length && (rows.left[next] ?? 0) < stop - 0.5) next += 1;
  for (; next < rows.x.length; next += 1) copy(rows, next);
  return joined;

  /**
   * Put a row of nothing between two attempts.
   *
   * @param {number} x
   * @param {number} index Timestep that follows.
   * @param {number} attempt
   */
  function pushBreak(x, index, attempt) {
    for (const name of /** @type {const} */ (["x", "left", "right"])) joined[name].push(x);
    joined.index.push(index);
    joined.attempt.push(attempt);
    joined.label.push("");
    smooth.push(null);
    for (const name of VALUES) joined[name].push(null);
    for (const name of /** @type {const} */ (["span", "count", "nonFinite"])) joined[name].push(0);
  }

  /**
   * @param {Rows} from
   * @param {number} i
   */
  function copy(from, i) {
    smooth.push(from.smooth?.[i] ?? null);
    for (const name of COPIED) {
      /** @type {unknown[]} */ (joined[name]).push(from[name][i]);
    }
  }
}

const VALUES = /** @type {const} */ (["mean", "std", "min", "max", "infinite"]);
const COPIED = /** @type {const} */ ([
  "x", "left", "right", "index", "span", "label", "mean", "std", "min", "max", "count",
  "nonFinite", "infinite", "attempt",
]);
