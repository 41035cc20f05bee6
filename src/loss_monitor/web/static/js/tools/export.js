/**
 * The export: all values of the run, or of what is zoomed, as files of the server; and its
 * report.
 */

import { icon } from "../element.js";
import { formatCount } from "../format.js";
import { menuButton } from "../panel_tools/menu.js";
import { download } from "../panel_tools/save.js";
import { isZoomed, shownTimesteps } from "../shown.js";
import { timestepNumber } from "../timestep_number.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../store.js").Store} Store */

/** @typedef {"batches" | "timesteps" | "scalars"} What */

/** @type {readonly {what: What, format: "csv" | "json", text: string}[]} */
const FILES = [
  { what: "batches", format: "csv", text: "Batches (CSV)" },
  { what: "batches", format: "json", text: "Batches (JSON)" },
  { what: "timesteps", format: "csv", text: "Timesteps (CSV)" },
  { what: "timesteps", format: "json", text: "Timesteps (JSON)" },
  { what: "scalars", format: "csv", text: "Scalars of event files (CSV)" },
  { what: "scalars", format: "json", text: "Scalars of event files (JSON)" },
];

/**
 * @param {Store} store
 * @returns {HTMLElement}
 */
export function exportMenu(store) {
  const actions = FILES.map(({ what, format, text }) => ({
    text,
    act: () => download(exportPath(store.state, what, format)),
  }));
  actions.push({ text: "Report of the run (HTML)", act: () => download("api/report.html") });
  return menuButton("Export", icon("download"), actions, {
    className: "button",
    text: "Export",
    shortcut: "E",
    heading: () => exportWords(store.state),
  });
}

/**
 * All values of the run, or of what is zoomed.
 *
 * @param {State} state
 * @param {What} what
 * @param {"csv" | "json"} format
 * @returns {string} Relative to the page.
 */
export function exportPath(state, what, format) {
  const range = what === "scalars" || !isZoomed(state.view) ? null : shownRange(state);
  return path(what, format, range);
}

/**
 * What the time charts show, timestep by timestep or batch by batch.
 *
 * @param {State} state
 * @param {"batches" | "timesteps"} what
 * @returns {string} Relative to the page.
 */
export function shownPath(state, what) {
  return path(what, "csv", shownRange(state));
}

/**
 * @param {What} what
 * @param {"csv" | "json"} format
 * @param {ReturnType<typeof shownRange>} range
 */
function path(what, format, range) {
  const whole = `api/export?what=${what}&format=${format}`;
  return range ? `${whole}&x=${range.x}&start=${range.start}&stop=${range.stop}` : whole;
}

/**
 * What the files are of: `All 1,284 timesteps`, `Timesteps 201–400, as zoomed`.
 *
 * @param {State} state
 * @returns {string}
 */
export function exportWords(state) {
  const { data } = state;
  const range = isZoomed(state.view) ? shownRange(state) : null;
  if (range === null || data === null) return `All ${formatCount(data?.run.timesteps)} timesteps`;
  const byBatch = range.x === "batch";
  const ends = [range.start, range.stop - 1].map((index) =>
    byBatch ? formatCount(index) : timestepNumber(data, index));
  return `${byBatch ? "Batches" : "Timesteps"} ${ends.join("\u2013")}, as zoomed`;
}

/** @param {State} state */
function shownRange({ data, view }) {
  if (data === null) return null;
  if (view.batches !== null) {
    return { x: "batch", start: view.batches[0], stop: view.batches[1] };
  }
  const [from, to] = shownTimesteps(data.run.timesteps, view);
  return { x: "timestep", start: Math.floor(from), stop: Math.ceil(to) };
}
