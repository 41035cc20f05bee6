/**
 * Settings of the charts: window, scale, axis, reset of the zoom; what is watched and how fast.
 *
 * A row above the cards; on phones a sheet that a button of the header opens.
 */

import { element, icon, setText } from "./element.js";
import { formatCount, formatRate } from "./format.js";
import { radiogroup } from "./radiogroup.js";
import { mountSheet, settingsGroup as group } from "./settings_sheet.js";
import { decideScale } from "./shown.js";
import { unitWords } from "./units.js";
import { modelTimeKnown, shownAxis, WINDOWS } from "./view.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./store.js").Store} Store */

/**
 * Mount the settings.
 *
 * @param {HTMLElement} host
 * @param {Store} store
 * @returns {Panel}
 */
export function mountTools(host, store) {
  const size = radiogroup(
    "Window: newest timesteps shown",
    WINDOWS.map((value) => ({ value, text: value === "all" ? "All" : String(value) })),
    (window) => store.setView({ window, zoom: null }),
  );
  const scale = radiogroup(
    "Scale of the losses",
    [
      { value: /** @type {const} */ ("linear"), text: "Linear" },
      { value: /** @type {const} */ ("log"), text: "Log", name: "Logarithmic" },
    ],
    (chosen) => store.setView({ scale: chosen }),
  );
  const axis = radiogroup(
    "X-axis of the time charts",
    [
      { value: /** @type {const} */ ("timestep"), text: "Timestep" },
      { value: /** @type {const} */ ("model_time"), text: "Model time" },
    ],
    (chosen) => store.setView({ axis: chosen }),
  );
  const axisGroup = group("X-axis", axis.element);
  const reset = element(
    "button",
    { type: "button", class: "button tools-reset" },
    icon("reset"),
    "Reset zoom",
  );
  reset.addEventListener("click", () => {
    store.resetZoom();
    // The button goes; the focus must not.
    host.querySelector("button")?.focus({ preventScroll: true });
  });
  const directory = element("bdi");
  const directoryBox = element("span", { class: "tools-directory mono" }, directory);
  const batches = element("b");
  const unit = element("span");
  const rate = element("b");
  const rateBox = element("span", {}, rate, " ", unit, "/s");
  const batchesBox = element("span", { class: "tools-batches" }, batches, " ");
  const unitName = element("span");
  batchesBox.append(unitName);
  const close = element("button", { type: "button", class: "button tools-close" }, "Done");
  host.append(
    group("Window", size.element),
    group("Scale", scale.element),
    axisGroup,
    reset,
    element("div", { class: "tools-meta" }, directoryBox, batchesBox, rateBox),
    close,
  );
  const sheet = mountSheet(host, close);

  return {
    update(state) {
      const { data, view } = state;
      size.set(view.window);
      scale.set(decideScale(data, view.scale));
      axis.set(shownAxis(state));
      axisGroup.hidden = !modelTimeKnown(data);
      reset.hidden = view.zoom === null;
      const watched = data ? watchedPlace(data) : "";
      setText(directory, watched);
      directoryBox.title = data ? [data.about.directory, ...data.about.job_logs].join("\n") : "";
      batchesBox.hidden = !data;
      if (!data) return;
      setText(batches, formatCount(data.run.batches));
      setText(unitName, unitWords(data.run.unit));
      setText(unit, unitWords(data.run.unit));
      const rateKnown = data.source.batches_per_s;
      // The rate of a run that stands still is of the past.
      const moves = data.source.state === "running" || data.source.state === "waiting";
      rateBox.hidden = !moves || rateKnown === null || rateKnown === undefined;
      setText(rate, formatRate(rateKnown));
    },
    destroy: sheet.destroy,
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
