/**
 * The x-axes of tags and of compared trainings: steps, batches, timesteps; time since the
 * first point, outside of the model or in it; wall time; the model's own dates.
 *
 * An axis turns places into words and ticks. Pure, but for the browser's time zone.
 */

import { dateAt, modelTimeTicks, shortLabel } from "../chart/calendar.js";
import { wallTicks } from "../chart/clock.js";
import { linearTicks } from "../chart/ticks.js";
import { formatCount, formatDuration, formatMoment } from "../format.js";

/** @typedef {import("../chart/ticks.js").Ticks} Ticks */
/** @typedef {import("./model_clock.js").ModelClock} ModelClock */

/**
 * @typedef {object} SeriesAxis
 * @property {string} name
 * @property {boolean} counts Its places are whole; a bucket ends before the next one begins.
 * @property {(x: number) => string} words `step 1,284`, `after 3 h 20 min`.
 * @property {(min: number, max: number, most: number) => Ticks} ticks
 */

/** Ticks of short numbers fit where one of a date does; more than so many are no help. */
const NUMBERS_PER_DATE = 1.6;
const NUMBERS_MOST = 10;
const DURATION_STEPS_S = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * 86400),
];

/** Axes that need nothing but their places. */
export const SERIES_AXES = Object.freeze({
  /** @type {SeriesAxis} */
  step: {
    ...{ name: "step", counts: true, ticks: stepTicks },
    words: (x) => `step ${formatCount(x)}`,
  },
  /** @type {SeriesAxis} */
  batch: { name: "batch", counts: true, ticks: fromOneTicks, words: (x) => fromOne("batch", x) },
  /** @type {SeriesAxis} */
  timestep: {
    ...{ name: "timestep", counts: true, ticks: fromOneTicks },
    words: (x) => fromOne("timestep", x),
  },
  /** @type {SeriesAxis} */
  relative: {
    ...{ name: "time since start", counts: false, ticks: durationTicks },
    words: (x) => `after ${formatDuration(x)}`,
  },
  /** @type {SeriesAxis} */
  elapsed_model_time: {
    ...{ name: "model time since start", counts: false, ticks: durationTicks },
    words: (x) => `after ${formatDuration(x)} of model time`,
  },
  /** @type {SeriesAxis} */
  wall_time: { name: "wall time", counts: false, ticks: wallTicks, words: formatMoment },
});

/**
 * The model's own dates.
 *
 * @param {ModelClock} clock
 * @returns {SeriesAxis}
 */
export function modelTimeAxis({ anchors }) {
  return {
    ...{ name: "model time", counts: false },
    words: (x) => shortLabel(dateAt(anchors, x)) || `after ${formatDuration(x)} of model time`,
    ticks: (min, max, most) =>
      modelTimeTicks(anchors, min, max, most) ?? durationTicks(min, max, most),
  };
}

/**
 * What has no number of its own is counted from 1.
 *
 * @param {string} noun
 * @param {number} x
 */
function fromOne(noun, x) {
  return `${noun} ${formatCount(Math.floor(x) + 1)}`;
}

/**
 * Numbers from 1 at places from 0.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
function fromOneTicks(min, max, most) {
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
