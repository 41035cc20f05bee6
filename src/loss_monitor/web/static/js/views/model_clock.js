/**
 * From wall time to model time: when the model was where.
 *
 * The timesteps of the run, each with its model time and the time at which its losses were
 * written, enter; a clock leaves that tells the model time at which something else was written,
 * a point of an event file. Pure.
 */

import { alongLine } from "../places.js";

/** @typedef {import("../types.js").Data} Data */
/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("../places.js").Anchors} Anchors */
/** @typedef {import("./scalar_columns.js").TagBuckets} TagBuckets */

/**
 * @typedef {object} ModelClock
 * @property {Anchors} anchors Timesteps, for dates on the axis of model time.
 * @property {(wall_s: number) => number | null} modelAt Model seconds; `null` for a time at
 *   which the model did not run.
 * @property {(model_s: number) => number} wallAt
 */

const ANCHORS_MIN = 3;
/** Files of a run that was copied are all of one time, or in no order. */
const RISING_SHARE_MIN = 0.9;
/** So far beyond the first and last timestep the clock is still believed. */
const BEYOND_SHARE = 0.05;

/**
 * The clock of a run, or null where its files do not tell one.
 *
 * @param {Data | null} data
 * @returns {ModelClock | null}
 */
export function modelClock(data) {
  if (data === null) return null;
  const { buckets, timesteps } = data;
  const known = [
    // A bucket's wall time is that of its last timestep, its model time that of its first.
    ...buckets.label.map((label, i) => ({
      ...{ label, index: buckets.start[i] ?? 0, x: buckets.x[i] ?? null },
      model: buckets.size > 1 ? (buckets.x[i + 1] ?? timesteps.x[0] ?? null) : buckets.x[i],
      wall: buckets.wall_time[i] ?? null,
    })),
    ...timesteps.label.map((label, i) => ({
      ...{ label, index: timesteps.start + i, x: timesteps.x[i] ?? null },
      model: timesteps.x[i] ?? null,
      wall: timesteps.wall_time[i] ?? null,
    })),
  ];
  /** @type {number[]} */
  const walls = [];
  /** @type {number[]} */
  const models = [];
  for (const { model = null, wall } of known) {
    if (model === null || wall === null) continue;
    if (wall <= (walls.at(-1) ?? -Infinity) || model <= (models.at(-1) ?? -Infinity)) continue;
    walls.push(wall);
    models.push(model);
  }
  if (walls.length < Math.max(ANCHORS_MIN, RISING_SHARE_MIN * known.length)) return null;
  const [first = 0, last = 0] = [walls[0], walls.at(-1)];
  const beyond = (last - first) * BEYOND_SHARE;
  const dated = known.filter(({ x }) => x !== null);
  return {
    anchors: {
      index: dated.map(({ index }) => index),
      x: dated.map(({ x }) => x ?? NaN),
      label: dated.map(({ label }) => label),
    },
    modelAt: (wall_s) =>
      (wall_s < first - beyond || wall_s > last + beyond ? null : alongLine(walls, models, wall_s)),
    wallAt: (model_s) => alongLine(models, walls, model_s),
  };
}

/**
 * An answer on wall time, put on model time.
 *
 * @param {ModelClock} clock
 * @param {TagBuckets} answer
 * @returns {TagBuckets}
 */
export function onModelTime(clock, answer) {
  const place = (/** @type {Value} */ wall) => (wall === null ? null : clock.modelAt(wall));
  return { ...answer, x_start: answer.x_start.map(place), x_stop: answer.x_stop.map(place) };
}
