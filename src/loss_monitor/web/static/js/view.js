/**
 * What the user set in the overview.
 *
 * Enters and leaves as parameters of the address (`url_state.js`), so that a reload, or a
 * colleague with the link, sees the same.
 */

import { AXES } from "./axes.js";
import { DEFAULT_VIEW } from "./store.js";

/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").WindowSize} WindowSize */

/** @type {readonly WindowSize[]} */
export const WINDOWS = Object.freeze([50, 100, 200, 500, "all"]);

const SCALES = /** @type {const} */ (["linear", "log", "symlog"]);
const Y_RANGES = /** @type {const} */ (["zero", "robust"]);
/** More smoothing would show nothing but the beginning of the run. */
export const SMOOTHING_MAX = 0.99;

/**
 * The view that an address asks for; what it does not know or what is wrong is left out.
 *
 * @param {{read: (name: string) => string | null}} url
 * @returns {Partial<View>}
 */
export function viewFromAddress(url) {
  const read = (/** @type {string} */ name) => url.read(name) ?? "";
  /** @type {Partial<View>} */
  const view = {};
  const size = WINDOWS.find((candidate) => String(candidate) === read("window"));
  if (size !== undefined) view.window = size;
  const scale = SCALES.find((candidate) => candidate === read("scale"));
  if (scale !== undefined) view.scale = scale;
  const axis = AXES.find((candidate) => candidate === read("axis"));
  if (axis !== undefined) view.axis = axis;
  const zoom = read("zoom").split(",").map(position);
  const [follow = null] = zoom;
  if (zoom.length === 1 && follow !== null && Number.isInteger(follow)) view.follow = follow;
  view.zoom = range(zoom) ?? undefined;
  if (view.axis === "batch" && view.zoom) {
    view.batches = range(read("batches").split(",").map(position)) ?? undefined;
  }
  const chosen = position(read("timestep"));
  if (chosen !== null && Number.isInteger(chosen)) view.chosen = chosen;
  const smoothing = position(read("smoothing"));
  if (smoothing !== null && smoothing <= SMOOTHING_MAX) view.smoothing = smoothing;
  view.yRange = Y_RANGES.find((candidate) => candidate === read("y"))
    ?? range(read("y").split(",").map(number)) ?? undefined;
  if (read("lower") === "online") view.lower = "online";
  if (read("dropped") === "true") view.dropped = true;
  for (const name of /** @type {const} */ (["zoom", "batches", "yRange"])) {
    if (view[name] === undefined) delete view[name];
  }
  return view;
}

/**
 * The parameters of the address that stand for a view; defaults are left out of it.
 *
 * @param {View} view
 * @returns {Record<string, string | null>}
 */
export function addressFromView(view) {
  const { zoom, follow, batches, chosen, yRange } = view;
  const changed = (/** @type {keyof View} */ name) =>
    view[name] === DEFAULT_VIEW[name] ? null : String(view[name]);
  const pair = (/** @type {[number, number]} */ ends) =>
    ends.map((end) => +end.toPrecision(12)).join(",");
  return {
    window: changed("window"),
    scale: changed("scale"),
    axis: changed("axis"),
    zoom: zoom ? pair(zoom) : follow === null ? null : String(follow),
    batches: batches && pair(batches),
    timestep: chosen === null ? null : String(chosen),
    smoothing: changed("smoothing"),
    y: Array.isArray(yRange) ? pair(yRange) : changed("yRange"),
    lower: changed("lower"),
    dropped: changed("dropped"),
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
 * @param {string} text
 * @returns {number | null} A finite number, else null.
 */
export function number(text) {
  const plain = text.trim().replace("\u2212", "-");
  const is = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?$/i.test(plain);
  return is && Number.isFinite(Number(plain)) ? Number(plain) : null;
}

/**
 * @param {(number | null)[]} ends
 * @returns {[number, number] | null} Two rising numbers, else null.
 */
function range([from = null, to = null, ...more]) {
  return from !== null && to !== null && more.length === 0 && from < to ? [from, to] : null;
}
