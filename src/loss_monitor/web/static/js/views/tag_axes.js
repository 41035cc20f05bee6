/**
 * The x-axes of tags: steps, time since the first point, wall time.
 *
 * A place on an axis enters, words and ticks leave. Pure, but for the browser's time zone.
 */

import { wallTicks } from "../chart/clock.js";
import { linearTicks } from "../chart/ticks.js";
import { formatCount, formatDuration, formatMoment } from "../format.js";

/** @typedef {import("../chart/ticks.js").Ticks} Ticks */
/** @typedef {import("./scalar_columns.js").TagAxis} TagAxis */

/** @type {readonly {value: TagAxis, text: string}[]} */
export const TAG_AXES = Object.freeze([
  { value: "step", text: "Step" },
  { value: "relative", text: "Relative" },
  { value: "wall_time", text: "Wall time" },
]);

/** Ticks of short numbers fit where one of a date does. */
const NUMBERS_PER_DATE = 1.6;
const DURATION_STEPS_S = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * 86400),
];

/**
 * A place in words: `step 1,284`, `after 3 h 20 min`, `2026-07-03 14:32:08 GMT+2`.
 *
 * @param {TagAxis} axis
 * @param {number} x
 * @returns {string}
 */
export function placeWords(axis, x) {
  if (axis === "step") return `step ${formatCount(x)}`;
  return axis === "relative" ? `after ${formatDuration(x)}` : formatMoment(x);
}

/**
 * @param {TagAxis} axis
 * @returns {(min: number, max: number, most: number) => Ticks}
 */
export function tagTicks(axis) {
  if (axis === "step") return stepTicks;
  return axis === "relative" ? durationTicks : wallTicks;
}

/**
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
function stepTicks(min, max, most) {
  const at = linearTicks(min, max, most * NUMBERS_PER_DATE).at.filter(Number.isInteger);
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
