/**
 * Ranges and ticks of axes.
 *
 * The extremes of what is drawn and the room on the screen enter; a range with air around the
 * data, and ticks with their texts, leave. Pure.
 */

import { formatCount, formatLinearTicks, formatLogTick } from "../format.js";

/** @typedef {{at: number[], text: string[]}} Ticks An empty text leaves a grid line only. */
/** @typedef {import("../places.js").Anchors} Anchors */

/** Below this the values of a linear axis are worth seeing from zero on. */
const FROM_ZERO_RATIO = 0.6;
/** Air above and below on a logarithmic axis, as a share of its decades. */
const LOG_ROOM = 0.05;
/** Less than this many decades, or one power of ten, is too little to be read by. */
const LOG_TICKS_DECADES_MIN = 1.3;
const LOG_LINEAR_DECADES_MAX = 0.5;
/** Between powers of ten, from many to none. */
const LOG_FACTORS = [[1, 1.5, 2, 3, 4, 5, 6, 8], [1, 2, 3, 5], [1, 2, 5], [1, 3], [1]];

/**
 * A linear range around the data; from zero where that does not flatten them.
 *
 * @param {number} min
 * @param {number} max
 * @returns {[number, number]}
 */
export function linearRange(min, max) {
  if (!(max >= min)) return [0, 1];
  if (min === max) {
    const room = Math.abs(min) * 0.1 || 1;
    return [min - room, max + room];
  }
  const room = (max - min) * 0.07;
  if (min >= 0 && min < max * FROM_ZERO_RATIO) return [0, max + room];
  if (max <= 0 && max > min * FROM_ZERO_RATIO) return [min - room, 0];
  return [min - room, max + room];
}

/**
 * A logarithmic range around positive data.
 *
 * @param {number} min
 * @param {number} max
 * @returns {[number, number]}
 */
export function logRange(min, max) {
  if (!(min > 0 && max >= min)) return [0.1, 1];
  const [low, high] = [Math.log10(min), Math.log10(max)];
  const room = (high - low) * LOG_ROOM || 0.05;
  return [10 ** (low - room), 10 ** (high + room)];
}

/**
 * Ticks of a linear axis.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} most How many there is room for.
 * @returns {Ticks}
 */
export function linearTicks(min, max, most) {
  const at = multiples(min, max, niceStep((max - min) / Math.max(1, most)));
  return { at, text: formatLinearTicks(at) };
}

/**
 * Ticks at whole numbers from zero on, for counts.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
export function wholeTicks(min, max, most) {
  const at = linearTicks(Math.max(0, min), max, most).at.filter(Number.isInteger);
  return { at, text: at.map(formatCount) };
}

/**
 * Ticks of a logarithmic axis: powers of ten, and numbers between them where there is room.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
export function logTicks(min, max, most) {
  const decades = Math.log10(max / min);
  if (decades < LOG_LINEAR_DECADES_MAX) return linearTicks(min, max, Math.min(most, 5));
  const powers = Math.floor(Math.log10(max) + 1e-9) - Math.ceil(Math.log10(min) - 1e-9) + 1;
  if (decades < LOG_TICKS_DECADES_MIN || powers < 2) {
    const sets = LOG_FACTORS.map((factors) => powersTimes(min, max, factors, 1));
    const at = sets.find((found) => found.length <= most) ?? sets.at(-1) ?? [];
    return { at, text: at.map(formatLogTick) };
  }
  const every = Math.max(1, Math.ceil(decades / Math.max(1, most)));
  const at = powersTimes(min, max, every > 1 || decades > most ? [1] : [1, 2, 5], every);
  return { at, text: at.map((value) => (isPowerOfTen(value) ? formatLogTick(value) : "")) };
}

/**
 * @param {number} min
 * @param {number} max
 * @param {number[]} factors
 * @param {number} every Only each so many-th power of ten.
 * @returns {number[]}
 */
function powersTimes(min, max, factors, every) {
  const values = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power += 1) {
    if (power % every !== 0) continue;
    const found = factors.map((factor) => Number(`${factor}e${power}`));
    values.push(...found.filter((value) => value >= min && value <= max));
  }
  return values;
}

/** @param {number} value */
function isPowerOfTen(value) {
  return /^1e/.test(value.toExponential());
}

/**
 * Ticks of whole numbers: counts from 1, or the numbers of the labels where these are steps.
 *
 * @param {{anchors: Anchors}} rows
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
export function timestepTicks(rows, min, max, most) {
  const offset = stepOffset(rows);
  const step = Math.max(1, niceStep((max - min) / Math.max(1, most)));
  const numbers = multiples(Math.max(min, 0) + offset, max + offset, step);
  return { at: numbers.map((number) => number - offset), text: numbers.map(formatCount) };
}

/**
 * What to add to a timestep's index to get the number people know it by.
 *
 * @param {{anchors: Anchors}} rows
 * @returns {number}
 */
export function stepOffset(rows) {
  const { index, label } = rows.anchors;
  const first = stepNumber(label[0]);
  const last = stepNumber(label.at(-1));
  if (first === null || last === null) return 1;
  const offset = first - (index[0] ?? 0);
  return last - (index.at(-1) ?? 0) === offset ? offset : 1;
}

/** @param {string | undefined} label */
function stepNumber(label) {
  const found = /^step (\d+)$/.exec(label ?? "");
  return found === null ? null : Number(found[1]);
}

/**
 * The least of 1, 2, 5, 10, 20, ... that is not below a number.
 *
 * @param {number} least
 * @returns {number}
 */
export function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/**
 * Multiples of a step from `min` to `max`, each the nearest double to its decimal text.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} step
 * @returns {number[]}
 */
function multiples(min, max, step) {
  const values = [];
  for (let k = Math.ceil(min / step - 1e-9); k * step <= max + step * 1e-9; k += 1) {
    values.push(k === 0 ? 0 : Number((k * step).toPrecision(12)));
  }
  return values;
}
