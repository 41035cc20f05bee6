/**
 * What the user set in the overview, and what is shown for it.
 *
 * Enters and leaves as parameters of the address (`url_state.js`), so that a reload, or a
 * colleague with the link, sees the same.
 */

import { DEFAULT_VIEW } from "./store.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").WindowSize} WindowSize */

/** @type {readonly WindowSize[]} */
export const WINDOWS = Object.freeze([50, 100, 200, 500, "all"]);

/**
 * The view that an address asks for; what it does not know or what is wrong is left out.
 *
 * @param {{read: (name: string) => string | null}} url
 * @returns {Partial<View>}
 */
export function viewFromAddress(url) {
  /** @type {Partial<View>} */
  const view = {};
  const size = WINDOWS.find((candidate) => String(candidate) === url.read("window"));
  if (size !== undefined) view.window = size;
  const scale = url.read("scale");
  if (scale === "linear" || scale === "log") view.scale = scale;
  const axis = url.read("axis");
  if (axis === "timestep" || axis === "model_time") view.axis = axis;
  const zoom = (url.read("zoom") ?? "").split(",").map(position);
  if (zoom.length === 2 && zoom[0] !== null && zoom[1] !== null && zoom[0] < zoom[1]) {
    view.zoom = [zoom[0], zoom[1]];
  }
  const chosen = position(url.read("timestep") ?? "");
  if (chosen !== null && Number.isInteger(chosen)) view.chosen = chosen;
  return view;
}

/**
 * The parameters of the address that stand for a view; defaults are left out of it.
 *
 * @param {View} view
 * @returns {Record<string, string | null>}
 */
export function addressFromView(view) {
  const { window, scale, axis, zoom, chosen } = view;
  return {
    window: window === DEFAULT_VIEW.window ? null : String(window),
    scale: scale === DEFAULT_VIEW.scale ? null : scale,
    axis: axis === DEFAULT_VIEW.axis ? null : axis,
    zoom: zoom && zoom.map((end) => +end.toFixed(3)).join(","),
    timestep: chosen === null ? null : String(chosen),
  };
}

/**
 * @param {string} text
 * @returns {number | null} A number of zero or more, else null.
 */
function position(text) {
  return /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : null;
}

/**
 * Whether the timesteps' model times are known and rise, so that an axis can show them.
 *
 * @param {Data | null} data
 */
export function modelTimeKnown(data) {
  if (!data) return false;
  const xs = [...data.buckets.x, ...data.timesteps.x];
  if (xs.length < 2) return false;
  let before = -Infinity;
  for (const x of xs) {
    if (x === null || x <= before) return false;
    before = x;
  }
  return true;
}

/**
 * The axis that is drawn: as chosen, else model time where it is known.
 *
 * @param {State} state
 * @returns {"timestep" | "model_time"}
 */
export function shownAxis(state) {
  if (!modelTimeKnown(state.data)) return "timestep";
  return state.view.axis === "auto" ? "model_time" : state.view.axis;
}
