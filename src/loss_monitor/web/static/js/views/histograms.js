/**
 * The view Histograms: a panel for each tag that has histograms in a run.
 *
 * What the user set enters, as parameters of the address; requests and panels leave.
 */

import { dropdown } from "../dropdown.js";
import { radiogroup } from "../radiogroup.js";
import { settingsGroup } from "../settings_sheet.js";
import { HistogramPanel } from "./histogram_panel.js";
import { oneOf, ranges, text } from "./parameters.js";
import { axisParameter, tagAxisChoice } from "./tag_axis.js";
import { TagView } from "./tag_view.js";
import { viewSettings, withZoom } from "./view_settings.js";

/** @typedef {import("../views.js").Context} Context */
/** @typedef {import("../views.js").MountedView} MountedView */
/** @typedef {import("./tag_axis.js").ChosenAxis} ChosenAxis */

/**
 * @typedef {object} Chosen What the user set.
 * @property {string} run Empty for the first.
 * @property {ChosenAxis} axis
 * @property {"linear" | "log"} counts
 * @property {"central" | "all"} span
 * @property {Readonly<Record<string, [number, number]>>} zoom By tag, on the present axis.
 */

/** @type {{[K in keyof Chosen]: import("./parameters.js").Parameter<Chosen[K]>}} */
const PARAMETERS = {
  run: text,
  axis: axisParameter,
  counts: oneOf(["linear", "log"]),
  span: oneOf(["central", "all"]),
  zoom: ranges,
};

const BINS = 60;
/** Steps that are asked for, by the room there is for them in px. */
const STEPS = /** @type {const} */ ([[500, 240], [1000, 480], [Infinity, 1000]]);
/** Histograms are written rarely, and cost more than scalars. */
const AGAIN_MIN_MS = 5_000;

/**
 * @param {HTMLElement} host
 * @param {Context} context
 * @returns {MountedView}
 */
export function mount(host, context) {
  /** The first run once all were read: one that appears later may stand before it. */
  let first = "";
  /** @type {TagView<HistogramPanel>} */
  const view = new TagView(host, context, {
    name: "histograms",
    parameters: PARAMETERS,
    again_min_ms: AGAIN_MIN_MS,
    tagsShown: () => view.tagsOf.get(run()) ?? new Set(),
    make: (section, tag) =>
      new HistogramPanel(section, tag, {
        zoom: (range) => view.set.set({ zoom: withZoom(now().zoom, tag, range) }),
        pin: () => view.pin(tag),
        retry: () => view.answers.retry(),
      }),
    update,
    showSettings: () => controls.show(view.runs.map(({ name }) => name), run(), view.axes),
  });
  /** @returns {Chosen} */
  const now = () => view.set.now;
  const controls = makeControls(now, (part) => view.set.set(part));
  view.addControls(controls);
  return view;

  /** The run shown: as chosen, else the first. */
  function run() {
    const { run: chosen } = now();
    if (view.tagsOf.has(chosen)) return chosen;
    const loading = view.state.data?.source.loading;
    if (loading || !view.tagsOf.has(first)) first = view.runs[0]?.name ?? "";
    return first;
  }

  /**
   * @param {HistogramPanel} panel
   * @param {string} tag
   * @param {number} width_px
   */
  function update(panel, tag, width_px) {
    const { counts, span, zoom } = now();
    const axis = view.axes.axis(now().axis);
    const path = histogramsPath(tag, run(), span, width_px);
    const { answers, error } = view.ask(panel, [path]);
    panel.update(
      { answer: answers[0], tbRun: run(), axis, counts, zoom: zoom[tag] ?? null },
      { ...view.around(tag), error },
    );
  }
}

/**
 * @param {string} tag
 * @param {string} tbRun
 * @param {string} span
 * @param {number} width_px Of the panel.
 * @returns {string}
 */
function histogramsPath(tag, tbRun, span, width_px) {
  const points = STEPS.find(([room]) => width_px < room)?.[1] ?? STEPS[0][1];
  const asked = new URLSearchParams({
    ...{ tag, tb_run: tbRun, bins: String(BINS), points: String(points), span },
  });
  return `api/tensorboard/histograms?${asked}`;
}

/**
 * @param {() => Chosen} now
 * @param {(part: Partial<Chosen>) => void} set
 */
function makeControls(now, set) {
  const run = dropdown("Run", (/** @type {string} */ chosen) => set({ run: chosen, zoom: {} }));
  const axis = tagAxisChoice((chosen) => set({ axis: chosen, zoom: {} }));
  const counts = radiogroup(
    "Scale of the counts",
    [
      { value: /** @type {const} */ ("linear"), text: "Linear" },
      { value: /** @type {const} */ ("log"), text: "Log", name: "Logarithmic" },
    ],
    (chosen) => set({ counts: chosen }),
  );
  const span = radiogroup(
    "Range of the values",
    [
      { value: /** @type {const} */ ("central"), text: "Central", name: "Without the far tails" },
      { value: /** @type {const} */ ("all"), text: "All" },
    ],
    (chosen) => set({ span: chosen }),
  );
  const runGroup = settingsGroup("Run", run.element);
  const settings = viewSettings(
    "histograms",
    [
      runGroup,
      settingsGroup("X-axis", axis.element),
      settingsGroup("Counts", counts.element),
      settingsGroup("Range", span.element),
    ],
    () => set({ zoom: {} }),
  );
  return {
    ...settings,
    /**
     * @param {string[]} runs
     * @param {string} shown
     * @param {import("./tag_axis.js").TagAxes} axes
     */
    show(runs, shown, axes) {
      const chosen = now();
      runGroup.hidden = runs.length < 2;
      run.set(runs.map((name) => ({ value: name, text: name })), shown);
      axis.set(chosen.axis, axes);
      counts.set(chosen.counts);
      span.set(chosen.span);
      settings.showZoomed(Object.keys(chosen.zoom).length > 0);
    },
  };
}
