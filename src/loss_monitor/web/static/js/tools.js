/**
 * Settings of the charts: window, scale, axes, smoothing, zoom; what is watched and how fast.
 *
 * A row above the cards; on phones a sheet that a button of the header opens.
 */

import { knownAxes, shownAxis } from "./axes.js";
import { dropdown } from "./dropdown.js";
import { element, icon, setText } from "./element.js";
import { formatCount, formatRate } from "./format.js";
import { radiogroup } from "./radiogroup.js";
import { mountSheet, settingsGroup as group } from "./settings_sheet.js";
import { decideScale, NO_ZOOM } from "./shown.js";
import { exportMenu } from "./tools/export.js";
import { smoothingSlider } from "./tools/smoothing.js";
import { yRangeControl } from "./tools/y_range.js";
import { zoomButtons } from "./tools/zoom.js";
import { unitWords } from "./units.js";
import { WINDOWS } from "./view.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Scale} Scale */
/** @typedef {import("./places.js").Axis} Axis */
/** @typedef {import("./store.js").Store} Store */

/** @type {readonly {value: Scale, text: string, name?: string}[]} */
const SCALES = [
  { value: "linear", text: "Linear" },
  { value: "log", text: "Log", name: "Logarithmic" },
  { value: "symlog", text: "Symlog", name: "Symmetric logarithmic" },
];
/** @type {Record<Axis, string>} */
const AXIS_NAMES = {
  batch: "Batch",
  timestep: "Timestep",
  model_time: "Model time",
  wall_time: "Wall time",
};

/**
 * Mount the settings.
 *
 * @param {HTMLElement} host
 * @param {HTMLElement} zoomBar Where a phone has the buttons of the zoom.
 * @param {Store} store
 * @returns {Panel}
 */
export function mountTools(host, zoomBar, store) {
  const size = radiogroup(
    "Window: newest timesteps shown",
    WINDOWS.map((value) => ({ value, text: value === "all" ? "All" : String(value) })),
    (window) => store.setView({ window, ...NO_ZOOM }),
  );
  const scale = radiogroup("Scale of the losses", SCALES, (chosen) =>
    store.setView({ scale: chosen }));
  const axis = dropdown("X-axis of the time charts", (/** @type {Axis} */ chosen) =>
    store.setView({ axis: chosen, batches: null }));
  const yRange = yRangeControl((chosen) => store.setView({ yRange: chosen }));
  const smoothing = smoothingSlider((chosen) => store.setView({ smoothing: chosen }));
  const zooms = [zoomButtons(store), zoomButtons(store)];
  zoomBar.replaceChildren(...zooms.slice(1).map((zoom) => zoom.element));
  const meta = metaLine();
  const help = element(
    "button",
    { type: "button", class: "button tools-help", "data-opens": "help" },
    icon("help"),
    "Help",
  );
  const close = element("button", { type: "button", class: "button tools-close" }, "Done");
  host.append(
    group("Window", size.element),
    group("Scale", scale.element),
    element(
      "div",
      { class: "tools-pair" },
      group("X-axis", axis.element),
      group("Y-range", yRange.element),
    ),
    group("Smoothing", smoothing.element),
    ...zooms.slice(0, 1).map((zoom) => zoom.element),
    meta.element,
    element("div", { class: "tools-end" }, exportMenu(store), help, close),
  );
  const sheet = mountSheet(host, close);

  return {
    update(state) {
      const { data, view } = state;
      size.set(view.follow === null ? view.window : null);
      scale.set(decideScale(data, view.scale));
      const axes = knownAxes(data).map((value) => ({ value, text: AXIS_NAMES[value] }));
      axis.set(axes, shownAxis(data, view.axis));
      yRange.set(view.yRange);
      smoothing.set(view.smoothing);
      for (const zoom of zooms) zoom.update(state);
      meta.update(state);
    },
    destroy: sheet.destroy,
  };
}

/** What is watched, and how fast it grows. */
function metaLine() {
  const directory = element("bdi");
  const directoryBox = element("span", { class: "tools-directory mono" }, directory);
  const batches = element("b");
  const unitName = element("span");
  const batchesBox = element("span", { class: "tools-batches" }, batches, " ", unitName);
  const unit = element("span");
  const rate = element("b");
  const rateBox = element("span", {}, rate, " ", unit, "/s");
  return {
    element: element("div", { class: "tools-meta" }, directoryBox, batchesBox, rateBox),
    /** @param {State} state */
    update({ data }) {
      setText(directory, data ? watchedPlace(data) : "");
      directoryBox.title = data ? [data.about.directory, ...data.about.job_logs].join("\n") : "";
      batchesBox.hidden = !data;
      if (!data) return;
      setText(batches, formatCount(data.run.batches));
      setText(unitName, unitWords(data.run.unit, data.run.batches));
      setText(unit, unitWords(data.run.unit));
      const rateKnown = data.source.batches_per_s;
      // The rate of a run that stands still is of the past.
      const moves = data.source.state === "running" || data.source.state === "waiting";
      rateBox.hidden = !moves || rateKnown === null || rateKnown === undefined;
      setText(rate, formatRate(rateKnown));
    },
  };
}

/**
 * The directory, or the job logs, that are watched.
 *
 * @param {Data} data
 */
export function watchedPlace(data) {
  const { directory, job_logs } = data.about;
  return directory || job_logs.join(", ");
}
