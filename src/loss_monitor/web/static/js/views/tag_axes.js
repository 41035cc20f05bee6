/**
 * The x-axes of tags and of compared trainings: steps, batches, timesteps; time since the
 * first point, in the model or outside of it; wall time.
 *
 * A place on an axis enters, words and ticks leave. Pure, but for the browser's time zone.
 */

import { wallTicks } from "../chart/clock.js";
import { linearTicks } from "../chart/ticks.js";
import { formatCount, formatDuration, formatMoment } from "../format.js";

/** @typedef {import("../chart/ticks.js").Ticks} Ticks */
/** @typedef {import("./scalar_columns.js").TagAxis} TagAxis */
/** @typedef {import("./scalar_columns.js").SeriesAxis} SeriesAxis */

/** @type {readonly {value: TagAxis, text: string}[]} */
export const TAG_AXES = Object.freeze([
  { value: "step", text: "Step" },
  { value: "relative", text: "Relative" },
  { value: "wall_time", text: "Wall time" },
]);

/** Ticks of short numbers fit where one of a date does; more than so many are no help. */
const NUMBERS_PER_DATE = 1.6;
const NUMBERS_MOST = 10;
const DURATION_STEPS_S = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * 86400),
];

/**
 * A place in words: `step 1,284`, `after 3 h 20 min`, `2026-07-03 14:32:08 GMT+2`.
 *
 * @param {SeriesAxis} axis
 * @param {number} x
 * @returns {string}
 */
export function placeWords(axis, x) {
  switch (axis) {
    case "step":
      return `step ${formatCount(x)}`;
    case "batch":
    case "timestep":
      // People count from 1 what has no number of its own.
      return `${axis} ${formatCount(Math.floor(x) + 1)}`;
    case "relative":
      return `after ${formatDuration(x)}`;
    case "model_time":
      return `after ${formatDuration(x)} of model time`;
    case "wall_time":
      return formatMoment(x);
  }
}

/**
 * @param {SeriesAxis} axis
 * @returns {(min: number, max: number, most: number) => Ticks}
 */
export function tagTicks(axis) {
  if (axis === "wall_time") return wallTicks;
  if (axis === "relative" || axis === "model_time") return durationTicks;
  return axis === "step" ? stepTicks : countTicks;
}

/**
 * Numbers from 1 at places from 0.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
function countTicks(min, max, most) {
  const { at, text } = stepTicks(Math.max(min, 0) + 1, max + 1, most);
  return { at: at.map((number) => number - 1), text };
}

/**
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
function stepTicks(min, max, most) {
  const room = Math.max(most, Math.min(most * NUMBERS_PER_DATE, NUMBERS_MOST));
  const at = linearTicks(min, max, room).at.filter(Number.isInteger);
  return { at, text: at.map(formatCount) };
}

/**
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
function durationTicks(min, max, most) {
  const step = DURATION_STEPS_S.find((candidate) => (max - min) / candidate <= most);
  if (step === undefined || max - min < 2) {
    const ticks = linearTicks(min, max, most);
    return { at: ticks.at, text: ticks.text.map((text) => `${text}\u202fs`) };
  }
  const at = [];
  for (let k = Math.ceil(min / step); k * step <= max; k += 1) at.push(k * step);
  return { at, text: at.map((seconds) => durationTick(seconds, step)) };
}

/**
 * @param {number} seconds A multiple of the step.
 * @param {number} step
 */
function durationTick(seconds, step) {
  if (seconds === 0) return "0";
  const rest = seconds % 60;
  if (step >= 60 || rest === 0 || seconds < 60) return formatDuration(seconds);
  return `${formatDuration(seconds - rest)} ${rest}\u202fs`;
}
