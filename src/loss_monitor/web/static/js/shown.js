/**
 * What a view shows of a run: which timesteps, on which scale.
 *
 * The user's choices and the run's size and extremes enter, the choice in force leaves.
 */

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").View} View */

/** Two decades: from here on a linear axis hides the smaller values. */
const LOG_SCALE_RATIO = 100;
/** Up to this share of rows, values at or below zero are marked at the edge instead. */
const LOG_SCALE_NON_POSITIVE = 0.01;
/** Zooming in ends here: fewer points make no line. */
export const ZOOM_TIMESTEPS_MIN = 3;

/**
 * The timesteps a view shows, half open; a zoom that lies beyond the run shows all of it.
 *
 * @param {number} total Timesteps of the run.
 * @param {View} view
 * @returns {[number, number]}
 */
export function shownTimesteps(total, view) {
  if (view.zoom !== null && view.zoom[0] < total) return view.zoom;
  return [view.window === "all" ? 0 : Math.max(0, total - view.window), total];
}

/**
 * A zoom that keeps to the run: whole timesteps, not too few of them; null for all of it.
 *
 * @param {number} from
 * @param {number} to One after the last.
 * @param {number} total
 * @returns {[number, number] | null}
 */
export function keepZoom(from, to, total) {
  const width = Math.min(Math.max(Math.round(to - from), ZOOM_TIMESTEPS_MIN), total);
  const centre = (from + to) / 2;
  const start = Math.min(Math.max(Math.ceil(centre - width / 2 - 0.5), 0), total - width);
  return width >= total ? null : [start, start + width];
}

/**
 * Whether the values ask for a logarithmic axis, or the one the user chose.
 *
 * Decided over the whole run, not over what is shown: the axis must not change while zooming.
 *
 * @param {Data | null} data
 * @param {View["scale"]} scale
 * @returns {"linear" | "log"}
 */
export function decideScale(data, scale) {
  if (data === null) return scale === "log" ? "log" : "linear";
  if (scale === "linear") return "linear";
  let least = Infinity;
  let largest = 0;
  let seen = 0;
  let nonPositive = 0;
  for (const { min, max } of [data.buckets, data.timesteps]) {
    for (let i = 0; i < min.length; i += 1) {
      const low = min[i] ?? null;
      const high = max[i] ?? null;
      if (low === null || high === null) continue;
      seen += 1;
      if (low <= 0) nonPositive += 1;
      else least = Math.min(least, low);
      largest = Math.max(largest, high);
    }
  }
  if (largest <= 0) return "linear";
  if (scale === "log") return "log";
  if (nonPositive > seen * LOG_SCALE_NON_POSITIVE) return "linear";
  return largest / Math.min(least, largest) > LOG_SCALE_RATIO ? "log" : "linear";
}
