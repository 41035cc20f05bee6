/**
 * Ticks of a model-time axis.
 *
 * Timesteps with their labels and model seconds enter, ticks with dates leave. Models have
 * calendars of 360 and 365 days too, so that no date is computed here: each is read from the
 * label of a timestep of that day, and only the time of day is counted on. Pure.
 */

import { lowerBound } from "../places.js";

/** @typedef {import("../places.js").Anchors} Anchors */
/** @typedef {import("./ticks.js").Ticks} Ticks */
/** @typedef {{year: string, month: string, day: string, seconds: number}} Moment */

const DAY_S = 86400;
const STEPS_S = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 3, 5, 10].map((days) => days * DAY_S),
];
const MONTHS = [1, 3, 6];
const YEARS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/**
 * The ticks made last: charts above each other ask for the same.
 *
 * @type {WeakMap<Anchors, {asked: string, ticks: Ticks | null}>}
 */
const made = new WeakMap();

/** Labels that were read: with each update most are the same. @type {Map<string, Moment | null>} */
const moments = new Map();
const MOMENTS_MAX = 5000;

/**
 * Ticks at round model times, or null where the labels are no dates.
 *
 * @param {Anchors} anchors
 * @param {number} min Model seconds.
 * @param {number} max
 * @param {number} most How many there is room for.
 * @returns {Ticks | null}
 */
export function modelTimeTicks(anchors, min, max, most) {
  const asked = [min, max, most].join();
  let last = made.get(anchors);
  if (last?.asked !== asked) {
    last = { asked, ticks: makeTicks(anchors, min, max, most) };
    made.set(anchors, last);
  }
  return last.ticks;
}

/**
 * @param {Anchors} anchors
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks | null}
 */
function makeTicks(anchors, min, max, most) {
  if (anchors.parts === undefined) return ticksOfPart(anchors, min, max, most);
  /** @type {Ticks} */
  const ticks = { at: [], text: [] };
  for (const [begin, part] of partsOf(anchors)) {
    const end = part.x.at(-1) ?? begin;
    const [from, to] = [Math.max(min, begin), Math.min(max, end)];
    if (to <= from) continue;
    const room = Math.max(1, Math.floor((most * (to - from)) / (max - min)));
    const found = ticksOfPart(part, from, to, room);
    if (found === null) return null;
    ticks.at.push(...found.at);
    ticks.text.push(...found.text);
  }
  return ticks;
}

/**
 * The parts of a run whose model time goes back, each with where it begins.
 *
 * @param {Anchors} anchors
 * @returns {[number, Anchors][]}
 */
function partsOf({ parts = [0], index, x, label }) {
  return parts.map((from, i) => {
    const rows = /** @type {const} */ ([from, parts[i + 1]]);
    return [x[from] ?? 0, {
      index: index.slice(...rows), x: x.slice(...rows), label: label.slice(...rows),
    }];
  });
}

/**
 * @param {Anchors} anchors
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks | null}
 */
function ticksOfPart(anchors, min, max, most) {
  const first = readLabel(anchors.label[0]);
  if (first === null) return null;
  const step = STEPS_S.find((candidate) => (max - min) / candidate <= most);
  if (step === undefined) return monthTicks(anchors, min, max, most);
  const midnight = (anchors.x[0] ?? 0) - first.seconds;
  return step < DAY_S
    ? clockTicks(anchors, midnight, step, min, max)
    : dayTicks(anchors, midnight, step, min, max);
}

/**
 * A label as short as it says the same: without seconds that are zero.
 *
 * @param {string} label
 * @returns {string}
 */
export function shortLabel(label) {
  return label.replace(/^(-?\d{4,}-\d\d-\d\d[ T]\d\d:\d\d):00$/, "$1");
}

/**
 * The date and time of a place between known timesteps, or an empty text.
 *
 * @param {Anchors} whole
 * @param {number} x Model seconds.
 * @returns {string} As `2020-01-03 22:20:00`.
 */
export function dateAt(whole, x) {
  const [, anchors] = partsOf(whole).findLast(([begin]) => begin <= x) ?? [0, whole];
  const first = readLabel(anchors.label[0]);
  if (first === null || !Number.isFinite(x)) return "";
  const midnight = (anchors.x[0] ?? NaN) - first.seconds;
  const day = midnight + Math.floor((x - midnight) / DAY_S + 1e-9) * DAY_S;
  const date = dayOf(anchors, day);
  if (date === null) return "";
  return `${date.year}-${date.month}-${date.day} ${clock(Math.round(x - day), 1)}`;
}

/**
 * @param {Anchors} anchors
 * @param {number} midnight Model seconds of a midnight.
 * @param {number} step
 * @param {number} min
 * @param {number} max
 * @returns {Ticks}
 */
function clockTicks(anchors, midnight, step, min, max) {
  /** @type {Ticks} */
  const ticks = { at: [], text: [] };
  let dated = false;
  for (let k = Math.ceil((min - midnight) / step); midnight + k * step <= max; k += 1) {
    const seconds = (((k * step) % DAY_S) + DAY_S) % DAY_S;
    const at = midnight + k * step;
    const day = seconds === 0 ? dayOf(anchors, at) : null;
    dated ||= day !== null;
    ticks.at.push(at);
    ticks.text.push(day === null ? clock(seconds, step) : `${day.month}-${day.day}`);
  }
  const [at, text] = [ticks.at[0], ticks.text[0]];
  if (dated || at === undefined || text === undefined) return ticks;
  const day = dayOf(anchors, midnight + Math.floor((at - midnight) / DAY_S) * DAY_S);
  if (day !== null) ticks.text[0] = `${day.month}-${day.day} ${text}`;
  return ticks;
}

/**
 * @param {Anchors} anchors
 * @param {number} midnight
 * @param {number} step
 * @param {number} min
 * @param {number} max
 * @returns {Ticks}
 */
function dayTicks(anchors, midnight, step, min, max) {
  /** @type {Ticks} */
  const ticks = { at: [], text: [] };
  let year = "";
  let unknown = 0;
  for (let k = Math.ceil((min - midnight) / step); midnight + k * step <= max; k += 1) {
    const at = midnight + k * step;
    const day = dayOf(anchors, at);
    if (day === null) {
      unknown += 1;
      continue;
    }
    ticks.at.push(at);
    ticks.text.push(`${day.year === year ? "" : `${day.year}-`}${day.month}-${day.day}`);
    year = day.year;
  }
  return ticks.at.length >= unknown ? ticks : timestepDates(anchors, min, max, step);
}

/**
 * The dates of timesteps themselves, where these are more than days apart.
 *
 * @param {Anchors} anchors
 * @param {number} min
 * @param {number} max
 * @param {number} step
 * @returns {Ticks}
 */
function timestepDates(anchors, min, max, step) {
  /** @type {Ticks} */
  const ticks = { at: [], text: [] };
  for (let i = lowerBound(anchors.x, min); (anchors.x[i] ?? Infinity) <= max; i += 1) {
    const at = anchors.x[i] ?? 0;
    const day = readLabel(anchors.label[i]);
    if (day === null || at - (ticks.at.at(-1) ?? -Infinity) < step) continue;
    ticks.at.push(at);
    ticks.text.push(`${day.year}-${day.month}-${day.day}`);
  }
  return ticks;
}

/**
 * Ticks at the first timestep of months or years.
 *
 * @param {Anchors} anchors
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
function monthTicks(anchors, min, max, most) {
  /** @type {(Moment & {at: number, newYear: boolean})[]} */
  const starts = [];
  const begin = lowerBound(anchors.x, min);
  let before = readLabel(anchors.label[begin - 1]);
  for (let i = begin; (anchors.x[i] ?? Infinity) <= max; i += 1) {
    const moment = readLabel(anchors.label[i]);
    if (moment === null) continue;
    // The run's first timestep begins a month only on its first day.
    const { year, month, day } = moment;
    const newYear = before === null ? month + day === "0101" : year !== before.year;
    const newMonth = before === null ? day === "01" : month !== before.month;
    if (newYear || newMonth) starts.push({ ...moment, at: anchors.x[i] ?? 0, newYear });
    before = moment;
  }
  for (const months of MONTHS) {
    const found = starts.filter(({ month }) => (Number(month) - 1) % months === 0);
    if (found.length > most) continue;
    return { at: found.map(({ at }) => at), text: found.map((m) => `${m.year}-${m.month}`) };
  }
  for (const years of YEARS) {
    const found = starts.filter(({ newYear, year }) => newYear && Number(year) % years === 0);
    if (found.length > most) continue;
    return { at: found.map(({ at }) => at), text: found.map(({ year }) => year) };
  }
  return { at: [], text: [] };
}

/**
 * The date of the day that begins at a midnight, from the label of any timestep of it.
 *
 * @param {Anchors} anchors
 * @param {number} midnight
 * @returns {Moment | null}
 */
function dayOf(anchors, midnight) {
  const i = lowerBound(anchors.x, midnight - 1e-6);
  const inside = (anchors.x[i] ?? Infinity) < midnight + DAY_S;
  return inside ? readLabel(anchors.label[i]) : null;
}

/**
 * @param {string | undefined} label
 * @returns {Moment | null}
 */
function readLabel(label = "") {
  let moment = moments.get(label);
  if (moment === undefined) {
    if (moments.size >= MOMENTS_MAX) moments.clear();
    moment = parseLabel(label);
    moments.set(label, moment);
  }
  return moment;
}

/**
 * @param {string} label
 * @returns {Moment | null}
 */
function parseLabel(label) {
  const pattern = /^(-?\d{4,})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d(?:\.\d+)?)$/;
  const found = pattern.exec(label);
  if (found === null) return null;
  const [, year = "", month = "", day = "", hour, minute, second] = found;
  return { year, month, day, seconds: Number(hour) * 3600 + Number(minute) * 60 + Number(second) };
}

/**
 * @param {number} seconds Since midnight.
 * @param {number} step
 */
function clock(seconds, step) {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].slice(0, step < 60 ? 3 : 2);
  return parts.map((part) => String(Math.floor(part + 1e-9)).padStart(2, "0")).join(":");
}
