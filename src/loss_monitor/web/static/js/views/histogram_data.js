/**
 * The histograms of one tag as its panel shows them: columns of a heat map, quantile lines, the
 * histogram at the cursor, words.
 *
 * An answer and settings enter; places, shares, ranges, a table and sentences leave. Pure.
 */

import { formatCount, formatNumber, formatPercent } from "../format.js";
import { nearestIn, stretchesOf } from "./scalar_columns.js";
import { placed } from "./tag_axis.js";

/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("./tag_axis.js").TagAxis} TagAxis */

/**
 * @typedef {object} HistogramMap The answer of `api/tensorboard/histograms` with `bins`.
 * @property {string} tag
 * @property {string} tb_run
 * @property {number[]} steps
 * @property {Value[]} wall_times
 * @property {Value[]} min
 * @property {Value[]} max
 * @property {Value[]} num
 * @property {number[]} edges
 * @property {number[][]} counts
 * @property {number[]} below
 * @property {number[]} above
 * @property {number[]} quantile_shares
 * @property {Value[][]} quantiles
 * @property {boolean} thinned
 * @property {number} total
 * @property {number} dropped
 */

/** @typedef {"linear" | "log"} CountScale */

/** A logarithmic scale of counts shows so many decades below the fullest bin. */
const DECADES = 4;
/** What is there at all must be seen. */
const LEAST_SEEN = 0.08;
/** The eye takes half the light for more than half as much. */
const GAMMA = 0.6;
/** So many of the filled cells may be fuller than what is shown strongest. */
const STRONGEST_SHARE = 0.02;
const MEDIAN = 0.5;

export class HistogramData {
  /**
   * @param {HistogramMap} answer
   * @param {TagAxis} axis
   */
  constructor(answer, axis) {
    this.answer = answer;
    this.axis = axis;
    const stretch = stretchesOf([placed(axis, asBuckets(answer, axis))], axis.series).at(-1);
    /** Places of the steps, rising. */
    this.x = stretch?.x ?? [];
    /** Which histogram of the answer stands at each place. */
    this.rows = stretch?.buckets ?? [];
    const filled = answer.counts.map((counts) => counts.reduce((sum, one) => sum + one, 0));
    /** Share of a step's values in each bin. */
    this.shares = answer.counts.map((counts, i) => {
      const all = (filled[i] ?? 0) + (answer.below[i] ?? 0) + (answer.above[i] ?? 0);
      return counts.map((count) => (all > 0 ? count / all : 0));
    });
    this.strongest = strongestOf(this.shares);
  }

  /** A quantile line for each share, along the places. */
  get lines() {
    const { quantile_shares, quantiles } = this.answer;
    return quantile_shares.map((_, q) => this.rows.map((row) => quantiles[row]?.[q] ?? null));
  }

  /** @returns {[number, number]} Of the values. */
  get yRange() {
    const { edges } = this.answer;
    const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
    return high > low ? [low, high] : [low - 0.5, low + 0.5];
  }

  /** @returns {[number, number]} The whole x-axis: each step with its column. */
  get full() {
    const ends = this.columns;
    return [ends[0]?.[0] ?? 0, ends.at(-1)?.[1] ?? 1];
  }

  /**
   * From where to where the column of each place reaches: half way to its neighbours.
   *
   * @returns {[number, number][]}
   */
  get columns() {
    const { x } = this;
    return x.map((place, k) => {
      const before = x[k - 1];
      const after = x[k + 1];
      const left = place - (before ?? (after === undefined ? place - 1 : 2 * place - after));
      const right = (after ?? (before === undefined ? place + 1 : 2 * place - before)) - place;
      return [place - left / 2, place + right / 2];
    });
  }

  /**
   * How strongly a share is shown, from 0 to 1.
   *
   * @param {number} share
   * @param {CountScale} scale
   */
  strength(share, scale) {
    if (share <= 0) return 0;
    const part = Math.min(1, share / this.strongest);
    const strength = scale === "log" ? 1 + Math.log10(part) / DECADES : part ** GAMMA;
    return Math.max(LEAST_SEEN, strength);
  }

  /**
   * The place nearest to another one, or the newest.
   *
   * @param {number | null} at
   * @returns {number} -1 where there is none.
   */
  nearest(at) {
    if (this.x.length === 0) return -1;
    if (at === null) return this.x.length - 1;
    return nearestIn({ x: this.x }, at);
  }

  /**
   * A quantile at a place.
   *
   * @param {number} k
   * @param {number} share
   * @returns {Value}
   */
  quantile(k, share) {
    const { quantile_shares, quantiles } = this.answer;
    return quantiles[this.rows[k] ?? -1]?.[quantile_shares.indexOf(share)] ?? null;
  }

  /** What has to be said beside the chart; empty for nothing. */
  note() {
    const { answer } = this;
    const shown = answer.steps.length;
    const beyond = [...answer.below, ...answer.above].reduce((sum, count) => sum + count, 0);
    const all = answer.num.reduce((/** @type {number} */ sum, num) => sum + (num ?? 0), 0);
    const told = [
      shown < answer.total
        ? `${formatCount(shown)} of ${formatCount(answer.total)} steps, evenly apart`
        : answer.thinned ? "Older steps are thinned" : "",
      beyond > 0 && all > 0 ? `${formatPercent(beyond / all)} of the values lie beyond` : "",
    ];
    return told.filter(Boolean).join(" · ");
  }

  /**
   * A place in words, with what its histogram holds.
   *
   * @param {number} k
   */
  spoken(k) {
    const row = this.rows[k];
    if (row === undefined) return "";
    const low = formatNumber(this.quantile(k, 0.05));
    const high = formatNumber(this.quantile(k, 0.95));
    return `${this.axis.series.words(this.x[k] ?? 0)}: ${this.valuesAt(k)}, median `
      + `${formatNumber(this.quantile(k, MEDIAN))}, 90 % between ${low} and ${high}`;
  }

  /**
   * How many values there are at a place.
   *
   * @param {number} k
   */
  valuesAt(k) {
    const num = this.answer.num[this.rows[k] ?? -1] ?? null;
    return `${formatCount(num)} ${num === 1 ? "value" : "values"}`;
  }

  /** The x-axis shown, for a caption. */
  rangeWords() {
    if (this.x.length === 0) return "";
    return [this.x[0] ?? 0, this.x.at(-1) ?? 0].map(this.axis.series.words).join(" to ");
  }

  summary() {
    const steps = formatCount(this.x.length);
    return `Histograms of ${steps} steps, ${this.rangeWords()}. Newest, `
      + `${this.spoken(this.x.length - 1)}. Arrow keys move the cursor, with Shift by ten.`;
  }

  /** @returns {import("../chart/frame.js").Table} Newest first. */
  table() {
    const { answer, axis } = this;
    const timed = axis.series.name !== "step";
    const rows = this.rows.map((row, k) => [
      answer.steps[row] ?? null,
      ...(timed ? [axis.series.words(this.x[k] ?? 0)] : []),
      answer.num[row] ?? null,
      answer.min[row] ?? null,
      ...(answer.quantiles[row] ?? []),
      answer.max[row] ?? null,
    ]);
    const shares = answer.quantile_shares.map((share) =>
      share === MEDIAN ? "median" : `${Math.round(share * 100)} %`);
    const time = timed ? [axis.series.name] : [];
    return {
      heads: ["step", ...time, "values", "minimum", ...shares, "maximum"],
      rows: rows.reverse(),
    };
  }
}

/**
 * The share that is shown strongest: few cells that hold nearly all values must not leave the
 * others in the dark.
 *
 * @param {number[][]} shares
 * @returns {number} Above 0.
 */
function strongestOf(shares) {
  const filled = shares.flat().filter((share) => share > 0).sort((a, b) => b - a);
  return filled[Math.floor(filled.length * STRONGEST_SHARE)] ?? 1;
}

/**
 * The steps in the shape of a scalar's buckets, so that places are made in one way.
 *
 * @param {HistogramMap} answer
 * @param {TagAxis} axis
 * @returns {import("./scalar_columns.js").TagBuckets}
 */
function asBuckets({ steps, wall_times: walls, tag, tb_run, dropped }, { asked }) {
  const first = walls.find((wall) => wall !== null) ?? null;
  const places = asked === "step"
    ? steps
    : walls.map((wall) =>
      wall === null || first === null ? null : asked === "relative" ? wall - first : wall);
  const ends = asked === "step" ? steps.map((step) => step + 1) : places;
  const nothing = /** @type {never[]} */ ([]);
  return {
    ...{ tag, tb_run, dropped, step: steps, x_start: places, x_stop: ends },
    ...{ count: nothing, non_finite: nothing, min: nothing, max: nothing, mean: nothing },
    ...{ first: nothing, last: nothing },
  };
}
