/**
 * The number people know a timestep by: counted from 1, or the step of a job log.
 */

import { stepOffset } from "./chart/ticks.js";
import { formatCount } from "./format.js";

/** @typedef {import("./types.js").Data} Data */

/**
 * @param {Data} data
 * @param {number} index Position in the run, from 0.
 * @returns {string}
 */
export function timestepNumber(data, index) {
  const { buckets, timesteps } = data;
  const newest = timesteps.label.map((_, row) => timesteps.start + row);
  const anchors = {
    index: [...buckets.start, ...newest],
    label: [...buckets.label, ...timesteps.label],
    x: [],
  };
  return formatCount(index + stepOffset({ anchors }));
}
