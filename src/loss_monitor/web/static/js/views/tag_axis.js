/**
 * The x-axis of the views of tags: what can be chosen, what is asked of the server for it, and
 * how an answer is placed on it.
 */

import { dropdown } from "../dropdown.js";
import { modelClock, onModelTime } from "./model_clock.js";
import { oneOf } from "./parameters.js";
import { modelTimeAxis, SERIES_AXES } from "./series_axis.js";

/** @typedef {import("../types.js").Data} Data */
/** @typedef {import("./model_clock.js").ModelClock} ModelClock */
/** @typedef {import("./scalar_columns.js").TagBuckets} TagBuckets */
/** @typedef {import("./series_axis.js").SeriesAxis} SeriesAxis */
/** @typedef {"step" | "relative" | "wall_time" | "model_time"} ChosenAxis */

/**
 * @typedef {object} TagAxis
 * @property {SeriesAxis} series
 * @property {"step" | "relative" | "wall_time"} asked Of the server.
 * @property {ModelClock | null} clock Turns the server's wall times into places; none: they are
 *   the places.
 */

/** @type {readonly {value: ChosenAxis, text: string}[]} */
const CHOICES = [
  { value: "step", text: "Step" },
  { value: "relative", text: "Relative" },
  { value: "wall_time", text: "Wall time" },
  { value: "model_time", text: "Model time" },
];

/** @type {import("./parameters.js").Parameter<ChosenAxis>} */
export const axisParameter = oneOf(["step", "relative", "wall_time", "model_time"]);

/** @type {Record<"step" | "relative" | "wall_time", TagAxis>} */
const PLAIN = {
  step: { series: SERIES_AXES.step, asked: "step", clock: null },
  relative: { series: SERIES_AXES.relative, asked: "relative", clock: null },
  wall_time: { series: SERIES_AXES.wall_time, asked: "wall_time", clock: null },
};

/** The axes of a run, made anew only where its timesteps changed. */
export class TagAxes {
  constructor() {
    /** @type {{buckets: Data["buckets"], timesteps: Data["timesteps"]} | null} */
    this.of = null;
    /** @type {TagAxis | null} */
    this.modelTime = null;
  }

  /** @param {Data | null} data */
  update(data) {
    if (data?.buckets === this.of?.buckets && data?.timesteps === this.of?.timesteps) return;
    this.of = data;
    const clock = modelClock(data);
    this.modelTime = clock && { series: modelTimeAxis(clock), asked: "wall_time", clock };
  }

  /**
   * The axis that is drawn: as chosen, else steps.
   *
   * @param {ChosenAxis} chosen
   * @returns {TagAxis}
   */
  axis(chosen) {
    if (chosen === "model_time") return this.modelTime ?? PLAIN.step;
    return PLAIN[chosen];
  }
}

/**
 * @param {(axis: ChosenAxis) => void} onChoose
 * @returns {{element: HTMLElement, set: (chosen: ChosenAxis, axes: TagAxes) => void}}
 */
export function tagAxisChoice(onChoose) {
  const list = dropdown("X-axis", onChoose);
  return {
    element: list.element,
    set(chosen, { modelTime }) {
      const known = CHOICES.filter(({ value }) => value !== "model_time" || modelTime !== null);
      list.set(known, known.some(({ value }) => value === chosen) ? chosen : "step");
    },
  };
}

/**
 * An answer on the axis.
 *
 * @param {TagAxis} axis
 * @param {TagBuckets} answer On what was asked for.
 * @returns {TagBuckets}
 */
export function placed({ clock }, answer) {
  return clock === null ? answer : onModelTime(clock, answer);
}

/**
 * A range of the axis, as the server is asked for it.
 *
 * @param {TagAxis} axis
 * @param {[number, number]} range
 * @returns {[number, number]}
 */
export function askedRange({ clock }, [from, to]) {
  return clock === null ? [from, to] : [clock.wallAt(from), clock.wallAt(to)];
}
