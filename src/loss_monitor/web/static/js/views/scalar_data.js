/**
 * One tag of several runs as its panel shows it: places, extremes, readings, words.
 *
 * Answers and settings enter; columns to draw, ranges, readings at the cursor, a table and
 * sentences leave. Pure.
 */

import { linearRange, logRange } from "../chart/ticks.js";
import { formatCount, formatNumber } from "../format.js";
import { lowerBound } from "../places.js";
import {
  alignStretches, extentOf, nearestIn, spansDecades, stretchesOf, withFiner,
} from "./scalar_columns.js";

/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("./scalar_columns.js").TagBuckets} TagBuckets */
/** @typedef {import("./series_axis.js").SeriesAxis} SeriesAxis */
/** @typedef {import("./scalar_columns.js").Stretch} Stretch */
/** @typedef {import("./runs.js").RunStyle} RunStyle */

/**
 * @typedef {object} Asked
 * @property {readonly RunStyle[]} runs That have the tag and are shown.
 * @property {readonly (TagBuckets | null)[]} wholes All of each of them, in coarse buckets.
 * @property {readonly (TagBuckets | null)[]} parts The range zoomed to, in finer ones.
 * @property {SeriesAxis} axis
 * @property {string} [noun] What the buckets' steps count; `step` by default.
 * @property {string} [notFinite] What values that are not finite are; `NaN/∞` where unknown.
 * @property {"auto" | "linear" | "log"} scale
 * @property {boolean} smoothed
 * @property {[number, number] | null} zoom
 */

/**
 * @typedef {object} Reading What a run has at a place.
 * @property {RunStyle} run
 * @property {number} x Of the nearest bucket.
 * @property {Value} value Smoothed where that is shown.
 * @property {Value} mean Of the bucket; where its last point is asked for, that point.
 * @property {number} nonFinite
 */

/**
 * @typedef {object} Bucket
 * @property {Stretch} stretch
 * @property {number} k Position in the stretch.
 * @property {number} i Position in the answer.
 * @property {TagBuckets} answer
 */

export class ScalarData {
  /** @param {Asked} asked */
  constructor(asked) {
    this.asked = asked;
    /** @type {(TagBuckets | null)[]} */
    this.answers = asked.wholes.map((whole, run) => {
      const part = asked.parts[run] ?? null;
      return whole === null || part === null ? whole : withFiner(whole, part);
    });
    this.stretches = stretchesOf(this.answers, asked.axis);
    const { x, columns } = alignStretches(this.answers, this.stretches);
    this.x = x;
    this.columns = columns.flatMap(({ high, low, mean, smooth }) =>
      asked.smoothed ? [high, low, mean, smooth] : [high, low, mean]);
    /** @type {Bucket[]} */
    this.buckets = this.stretches.flatMap((stretch) => {
      const answer = this.answers[stretch.run] ?? null;
      return answer === null ? [] : stretch.buckets.map((i, k) => ({ stretch, k, i, answer }));
    });
    this.log = false;
    this.log = asked.scale === "log"
      ? this.extent(-Infinity, Infinity)[1] > 0
      : asked.scale === "auto" && spansDecades(asked.wholes);
    /** Places with a value that a logarithmic axis cannot hold. */
    this.notPositive = this.log
      ? this.buckets.filter(({ answer, i }) => (answer.min[i] ?? 1) <= 0).map(placeOf)
      : [];
  }

  /** @returns {[number, number]} All of the x-axis, with air at both ends. */
  get full() {
    const [first, last] = extentOf(this.asked.wholes, this.asked.axis) ?? [0, 1];
    const room = (last - first) * 0.01 || 0.5;
    return [first - room, last + room];
  }

  /**
   * @param {[number, number]} range
   * @returns {[number, number]}
   */
  yRange([from, to]) {
    const inside = this.extent(from, to);
    const [min, max] = inside[1] >= inside[0] ? inside : this.extent(-Infinity, Infinity);
    return this.log ? logRange(min, max) : linearRange(min, max);
  }

  /**
   * Extremes of all runs within a range of the x-axis.
   *
   * @param {number} from
   * @param {number} to
   * @returns {[number, number]} The first above the second where there is nothing.
   */
  extent(from, to) {
    let min = Infinity;
    let max = -Infinity;
    for (const { run, x, buckets } of this.stretches) {
      const answer = this.answers[run];
      for (let k = lowerBound(x, from); k < lowerBound(x, to); k += 1) {
        const i = buckets[k] ?? 0;
        for (const value of [answer?.min[i] ?? null, answer?.max[i] ?? null]) {
          if (value === null || (this.log && value <= 0)) continue;
          if (value < min) min = value;
          if (value > max) max = value;
        }
      }
    }
    return [min, max];
  }

  /** @returns {import("../chart/overlays.js").Band[]} Where values are not finite. */
  bands() {
    const bad = this.buckets.filter(({ answer, i }) => (answer.non_finite[i] ?? 0) > 0);
    const name = this.asked.notFinite ?? "NaN/\u221e";
    const bands = bad.map(({ stretch, k, i, answer }) => {
      const x = stretch.x[k] ?? 0;
      const before = stretch.x[k - 1] ?? x;
      const after = stretch.x[k + 1] ?? x;
      const values = answer.non_finite[i] ?? 0;
      return { from: (x + before) / 2, to: (x + after) / 2, values, name };
    });
    return bands.sort((a, b) => a.from - b.from);
  }

  /**
   * What each run has at a place, by its latest attempt.
   *
   * @param {number | null} x `null` for its last point.
   * @returns {Reading[]}
   */
  readings(x) {
    return this.stretches.filter(({ latest }) => latest).flatMap((stretch) => {
      const { runs, smoothed, axis } = this.asked;
      const [run, answer] = [runs[stretch.run], this.answers[stretch.run]];
      if (!run || !answer) return [];
      const k = x === null ? stretch.x.length - 1 : nearestIn(stretch, x);
      const i = stretch.buckets[k] ?? 0;
      const mean = (x === null ? answer.last[i] : answer.mean[i]) ?? null;
      const value = smoothed ? (answer.smooth?.[i] ?? null) : mean;
      const nonFinite = answer.non_finite[i] ?? 0;
      const place = x === null ? endOf(answer, i, axis) : null;
      return [{ run, x: place ?? stretch.x[k] ?? 0, value, mean, nonFinite }];
    });
  }

  /** What has to be said beside the chart; empty for nothing. */
  note() {
    const { scale } = this.asked;
    const hidden = this.notPositive.length;
    const told = [
      scale === "log" && !this.log ? "No positive values: linear scale" : "",
      hidden > 0 ? `\u25be ${formatCount(hidden)} at zero or below` : "",
    ];
    return told.filter(Boolean).join(" · ");
  }

  /** Points of earlier attempts that are not among those shown. */
  get dropped() {
    return this.asked.wholes.reduce((sum, answer) => sum + (answer?.dropped ?? 0), 0);
  }

  /** The same in words; empty where there are none. */
  droppedWords() {
    const { dropped } = this;
    return dropped === 0 ? "" : `Without ${formatCount(dropped)} points of earlier attempts.`;
  }

  /** The x-axis shown, for a caption: `step 1 to step 388`. */
  rangeWords() {
    if (this.x.length === 0) return "";
    const { axis, zoom } = this.asked;
    const [from, to] = zoom ?? [this.x[0] ?? 0, this.x.at(-1) ?? 0];
    return `${axis.words(from)} to ${axis.words(to)}`;
  }

  /** The chart in a few sentences, for those who do not see it. */
  summary() {
    const { runs, wholes } = this.asked;
    const said = this.readings(null).map(({ run, mean }) => {
      const answer = wholes[runs.indexOf(run)];
      const total = (answer?.count ?? []).reduce((sum, count) => sum + count, 0);
      const first = answer?.mean.find((value) => value !== null) ?? null;
      const name = runs.length > 1 ? `${run.short}: ` : "";
      const ends = `from ${formatNumber(first)} to ${formatNumber(mean)}`;
      return `${name}${formatCount(total)} points, ${ends}.`;
    });
    const [least, largest] = this.extent(-Infinity, Infinity).map((value) => formatNumber(value));
    const rest = [this.droppedWords(), "Arrow keys move the cursor, with Shift by ten."];
    return [...said, `From ${this.rangeWords()}. Range ${least} to ${largest}.`, ...rest]
      .filter(Boolean)
      .join(" ");
  }

  /**
   * The readings at a row, to be read out.
   *
   * @param {number} row
   */
  spoken(row) {
    const x = this.x[row];
    if (x === undefined) return "";
    const { axis, runs, smoothed } = this.asked;
    const said = this.readings(x).map(({ run, mean, value, nonFinite }) => {
      const name = runs.length > 1 ? `${run.short} ` : "";
      const smooth = smoothed ? `, smoothed ${formatNumber(value)}` : "";
      const bad = nonFinite > 0 ? `, ${formatCount(nonFinite)} not finite` : "";
      return `${name}${formatNumber(mean)}${smooth}${bad}`;
    });
    return `${axis.words(x)}: ${said.join("; ")}`;
  }

  /** @returns {import("../chart/frame.js").Table} Newest first. */
  table() {
    const { axis, runs, smoothed, noun = "step" } = this.asked;
    const timed = axis.name !== noun;
    const several = runs.length > 1;
    const rows = this.buckets.map((bucket) => {
      const { answer, i, stretch } = bucket;
      return [
        answer.step[i] ?? null,
        ...(timed ? [axis.words(placeOf(bucket))] : []),
        ...(several ? [runs[stretch.run]?.name ?? ""] : []),
        answer.mean[i] ?? null,
        ...(smoothed ? [answer.smooth?.[i] ?? null] : []),
        ...[answer.min[i] ?? null, answer.max[i] ?? null],
        ...[answer.count[i] ?? 0, answer.non_finite[i] ?? 0],
      ];
    });
    const heads = [
      noun,
      ...(timed ? [axis.name] : []),
      ...(several ? ["run"] : []),
      "value",
      ...(smoothed ? ["smoothed"] : []),
      ...["minimum", "maximum", "points", "not finite"],
    ];
    return { heads, rows: rows.reverse() };
  }
}

/**
 * The place of a bucket's last point.
 *
 * @param {TagBuckets} answer
 * @param {number} i
 * @param {SeriesAxis} axis
 * @returns {number | null}
 */
function endOf(answer, i, axis) {
  const end = answer.x_stop[i] ?? null;
  return end !== null && axis.counts ? end - 1 : end;
}

/** @param {Bucket} bucket */
function placeOf({ stretch, k }) {
  return stretch.x[k] ?? 0;
}
