/**
 * What a view shows of a run: which timesteps, on which scale.
 *
 * The user's choices and the run's size and extremes enter, the choice in force leaves.
 */

import { timestepAtX } from "./places.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").Scale} Scale */
/** @typedef {import("./rows.js").Rows} Rows */

/** Two decades: from here on a linear axis hides the smaller values. */
const LOG_SCALE_RATIO = 100;
/** Up to this share of rows, values at or below zero are marked at the edge instead. */
const LOG_SCALE_NON_POSITIVE = 0.01;
/** Zooming in ends here: fewer points make no line. */
export const ZOOM_TIMESTEPS_MIN = 3;
export const ZOOM_BATCHES_MIN = 8;

/**
 * The timesteps a view shows, half open; a zoom that lies beyond the run shows all of it.
 *
 * @param {number} total Timesteps of the run.
 * @param {View} view
 * @returns {[number, number]}
 */
export function shownTimesteps(total, view) {
  if (view.zoom !== null && view.zoom[0] < total) return view.zoom;
  const newest = view.follow ?? view.window;
  return [newest === "all" ? 0 : Math.max(0, total - newest), total];
}

/**
 * Whether a view shows less than its window, or something else.
 *
 * @param {View} view
 */
export function isZoomed({ zoom, follow }) {
  return zoom !== null || follow !== null;
}

/** What of a view takes a zoom away. */
export const NO_ZOOM = Object.freeze({ zoom: null, batches: null, follow: null });

/**
 * The zoom to timesteps `from` up to `to`: whole ones, not too few. It follows the newest where
 * it reaches them, and is none where it would be everything.
 *
 * @param {number} from
 * @param {number} to One after the last.
 * @param {number} total
 * @returns {Pick<View, "zoom" | "batches" | "follow">}
 */
export function zoomTo(from, to, total) {
  const width = Math.min(Math.max(Math.round(to - from), ZOOM_TIMESTEPS_MIN), total);
  const centre = (from + to) / 2;
  const start = Math.min(Math.max(Math.ceil(centre - width / 2 - 0.5), 0), total - width);
  if (width >= total) return NO_ZOOM;
  if (start + width >= total) return { ...NO_ZOOM, follow: width };
  return { ...NO_ZOOM, zoom: [start, start + width] };
}

/**
 * The zoom to a range of the x-axis; to batches where the axis counts them.
 *
 * @param {Rows} rows
 * @param {[number, number]} range
 * @returns {Pick<View, "zoom" | "batches" | "follow">}
 */
export function zoomToRange(rows, range) {
  const [from, to] = range.map((x) => timestepAtX(rows, x) + 0.5);
  const timesteps = zoomTo(from ?? 0, to ?? rows.total, rows.total);
  const end = Math.round((rows.line?.x.at(-1) ?? 0) + 0.5);
  const [first, stop] = range.map((x) => Math.round(x + 0.5));
  if (rows.axis !== "batch" || first === undefined || stop === undefined) return timesteps;
  // At the end of the run the zoom follows by whole timesteps, unless it is finer than these.
  if (stop >= end && (to ?? 0) - (from ?? 0) >= ZOOM_TIMESTEPS_MIN) return timesteps;
  const begin = Math.min(Math.max(first, 0), Math.max(0, end - ZOOM_BATCHES_MIN));
  const finish = Math.min(Math.max(stop, begin + ZOOM_BATCHES_MIN), end);
  if (begin === 0 && finish >= end) return NO_ZOOM;
  const zoom = /** @type {[number, number]} */ ([
    Math.max(0, Math.floor(timestepAtX(rows, begin) + 0.5)),
    Math.min(rows.total, Math.floor(timestepAtX(rows, finish - 1) + 0.5) + 1),
  ]);
  return { follow: null, zoom, batches: [begin, finish] };
}

/**
 * A view that keeps to the newest again, as wide as it is zoomed now.
 *
 * @param {View} view
 * @param {number} total
 * @returns {Pick<View, "zoom" | "batches" | "follow">}
 */
export function followNewest(view, total) {
  if (view.zoom === null) return { ...NO_ZOOM, follow: view.follow };
  const [from, to] = view.zoom;
  const width = Math.max(ZOOM_TIMESTEPS_MIN, to - from);
  return width >= total ? NO_ZOOM : { ...NO_ZOOM, follow: width };
}

/**
 * Whether the values ask for a logarithmic axis, or the one the user chose.
 *
 * Decided over the whole run, not over what is shown: the axis must not change while zooming.
 *
 * @param {Data | null} data
 * @param {View["scale"]} scale
 * @returns {Scale}
 */
export function decideScale(data, scale) {
  if (scale === "linear" || scale === "symlog") return scale;
  if (data === null) return scale === "log" ? "log" : "linear";
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
