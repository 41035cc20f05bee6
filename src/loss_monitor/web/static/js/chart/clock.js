/**
 * Ticks of a wall-time axis: round local times and dates of this browser.
 *
 * Seconds since 1970 enter, ticks with their texts leave. Pure, but for the browser's zone.
 */

/** @typedef {import("./ticks.js").Ticks} Ticks */

const DAY_S = 86400;
const CLOCK_STEPS_S = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
];
const DAY_STEPS = [1, 2, 5, 10];
const MONTH_STEPS = [1, 3, 6, 12, 24, 60];

/**
 * @param {number} min Seconds since 1970-01-01 UTC.
 * @param {number} max
 * @param {number} most How many there is room for.
 * @returns {Ticks}
 */
export function wallTicks(min, max, most) {
  const step = CLOCK_STEPS_S.find((candidate) => (max - min) / candidate <= most);
  if (step !== undefined) return clockTicks(min, max, step);
  const first = new Date(min * 1000);
  const [year, month, day] = [first.getFullYear(), first.getMonth(), first.getDate()];
  const days = DAY_STEPS.find((candidate) => (max - min) / (candidate * DAY_S) <= most);
  if (days !== undefined) return dated(min, max, (k) => new Date(year, month, day + k * days));
  const months = MONTH_STEPS.find((one) => (max - min) / (one * 30.4 * DAY_S) <= most) ?? 120;
  const begin = month - (month % Math.min(months, 12));
  return dated(min, max, (k) => new Date(year, begin + k * months, 1));
}

/**
 * A moment as an axis says it: `07-03 14:32:08`.
 *
 * @param {number} seconds
 * @returns {string}
 */
export function wallMoment(seconds) {
  const date = new Date(seconds * 1000);
  return `${monthDay(date)} ${clock(date, true)}`;
}

/**
 * @param {number} min
 * @param {number} max
 * @param {number} step
 * @returns {Ticks}
 */
function clockTicks(min, max, step) {
  const first = new Date(min * 1000);
  const midnight = new Date(first.getFullYear(), first.getMonth(), first.getDate());
  const begin = midnight.getTime() / 1000;
  /** @type {Ticks} */
  const ticks = { at: [], text: [] };
  let day = -1;
  for (let at = begin + Math.ceil((min - begin) / step) * step; at <= max; at += step) {
    const date = new Date(at * 1000);
    const text = clock(date, step < 60);
    const isNew = date.getDate() !== day;
    const newDay = isNew && date.getHours() + date.getMinutes() + date.getSeconds() === 0;
    ticks.at.push(at);
    ticks.text.push(newDay ? monthDay(date) : isNew ? `${monthDay(date)} ${text}` : text);
    day = date.getDate();
  }
  return ticks;
}

/**
 * @param {number} min
 * @param {number} max
 * @param {(k: number) => Date} dateOf
 * @returns {Ticks}
 */
function dated(min, max, dateOf) {
  /** @type {Ticks} */
  const ticks = { at: [], text: [] };
  let year = 0;
  for (let k = 0; ; k += 1) {
    const date = dateOf(k);
    const at = date.getTime() / 1000;
    if (at > max) return ticks;
    if (at < min) continue;
    const isNew = date.getFullYear() !== year;
    year = date.getFullYear();
    ticks.at.push(at);
    ticks.text.push(isNew ? `${year}-${monthDay(date)}` : monthDay(date));
  }
}

/** @param {Date} date */
function monthDay(date) {
  return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * @param {Date} date
 * @param {boolean} withSeconds
 */
function clock(date, withSeconds) {
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return withSeconds ? `${minutes}:${two(date.getSeconds())}` : minutes;
}

/** @param {number} value */
function two(value) {
  return String(value).padStart(2, "0");
}
