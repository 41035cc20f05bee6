/**
 * The x-axes of the time charts: which a run can have, which is shown, and its places.
 *
 * Model time is an axis where every timestep has one and it rises within each attempt; wall time
 * where every one has one and time passed; batches and timesteps always are. Pure.
 */

import { batchLine, wallLine } from "./places.js";

/** @typedef {import("./places.js").Axis} Axis */
/** @typedef {import("./places.js").Line} Line */
/** @typedef {import("./types.js").Data} Data */

/** @type {readonly Axis[]} */
export const AXES = Object.freeze(["batch", "timestep", "model_time", "wall_time"]);

/** @typedef {{data: Data, lines: Map<Axis, Line | null>}} Found */

/** By the timesteps they were found for: many ask for the same. @type {WeakMap<object, Found>} */
const remembered = new WeakMap();

/**
 * The axes that a run can be drawn on.
 *
 * @param {Data | null} data
 * @returns {Axis[]}
 */
export function knownAxes(data) {
  if (data === null) return ["timestep"];
  return AXES.filter((axis) => axis === "timestep" || lineOf(data, axis) !== null);
}

/**
 * The axis that is drawn: as chosen, else model time where it is known.
 *
 * @param {Data | null} data
 * @param {Axis | "auto"} chosen
 * @returns {Axis}
 */
export function shownAxis(data, chosen) {
  const wanted = chosen === "auto" ? "model_time" : chosen;
  return knownAxes(data).includes(wanted) ? wanted : "timestep";
}

/**
 * The places of a run's timesteps on an axis.
 *
 * @param {Data} data
 * @param {Axis} axis
 * @returns {Line | null} Null for timesteps, which are their own places, and where there is no
 *   such axis.
 */
export function lineOf(data, axis) {
  if (axis === "timestep") return null;
  let found = remembered.get(data.timesteps);
  const known = found?.data;
  if (known?.buckets !== data.buckets || known.run.timesteps !== data.run.timesteps) {
    found = { data, lines: new Map() };
    remembered.set(data.timesteps, found);
  }
  let line = found?.lines.get(axis);
  if (line === undefined) {
    line = findLine(data, axis);
    found?.lines.set(axis, line);
  }
  return line;
}

/**
 * @param {Data} data
 * @param {Exclude<Axis, "timestep">} axis
 * @returns {Line | null}
 */
function findLine({ buckets, timesteps, run }, axis) {
  const newest = timesteps.label.map((_, row) => timesteps.start + row);
  const index = [...buckets.start, ...newest];
  if (index.length === 0) return null;
  if (axis === "batch") {
    const total = Math.max(run.timesteps, timesteps.start + newest.length);
    return batchLine(index, [...buckets.count, ...timesteps.count], total);
  }
  if (axis === "model_time") return modelLine({ buckets, timesteps });
  // A bucket's wall time is that of its last timestep.
  const lasts = buckets.start.map((start, row) => start + (buckets.timesteps[row] ?? 1) - 1);
  return wallLine([...lasts, ...newest], [...buckets.wall_time, ...timesteps.wall_time]);
}

/**
 * The places of timesteps in model time. An attempt that goes back stands behind the one before,
 * not over it: attempts are never interleaved.
 *
 * @param {Pick<Data, "buckets" | "timesteps">} data
 * @returns {Line | null} Null where a model time is not known, or falls within an attempt.
 */
function modelLine({ buckets, timesteps }) {
  const index = [...buckets.start, ...timesteps.label.map((_, row) => timesteps.start + row)];
  const seconds = [...buckets.x, ...timesteps.x];
  const attempt = [...buckets.attempt, ...timesteps.attempt];
  if (seconds.length < 2) return null;
  /** @type {number[]} */
  const x = [];
  const parts = [0];
  let shift = 0;
  let step = 1;
  for (const [row, second] of seconds.entries()) {
    if (second === null) return null;
    const before = x.at(-1) ?? -Infinity;
    if (second + shift <= before) {
      if (attempt[row] === attempt[row - 1]) return null;
      shift = before + step - second;
      parts.push(row);
    } else if (row > 0) step = second + shift - before;
    x.push(second + shift);
  }
  return parts.length > 1 ? { index, x, parts } : { index, x };
}
