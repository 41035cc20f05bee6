/**
 * The view Scalars: a panel for each tag of the event files, job logs and summaries.
 *
 * What the user set enters, as parameters of the address; requests and panels leave.
 */

import { radiogroup } from "../radiogroup.js";
import { settingsGroup } from "../settings_sheet.js";
import { smoothingSlider } from "../tools/smoothing.js";
import { SMOOTHING_MAX } from "../view.js";
import { numberWithin, oneOf, ranges } from "./parameters.js";
import { ScalarPanel } from "./scalar_panel.js";
import { askedRange, axisParameter, placed, tagAxisChoice } from "./tag_axis.js";
import { TagView } from "./tag_view.js";
import { scaleChoice, viewSettings, withZoom } from "./view_settings.js";

/** @typedef {import("../views.js").Context} Context */
/** @typedef {import("../views.js").MountedView} MountedView */
/** @typedef {import("./tag_axis.js").ChosenAxis} ChosenAxis */
/** @typedef {import("./tag_axis.js").TagAxis} TagAxis */

/**
 * @typedef {object} Chosen What the user set.
 * @property {ChosenAxis} axis
 * @property {import("./view_settings.js").ChosenScale} scale
 * @property {number} smoothing
 * @property {"latest" | "all"} attempts
 * @property {Readonly<Record<string, [number, number]>>} zoom By tag, on the present axis.
 */

/** @type {{[K in keyof Chosen]: import("./parameters.js").Parameter<Chosen[K]>}} */
const PARAMETERS = {
  axis: axisParameter,
  scale: oneOf(["auto", "linear", "log"]),
  smoothing: numberWithin(0, SMOOTHING_MAX),
  attempts: oneOf(["latest", "all"]),
  zoom: ranges,
};

/** Buckets that are asked for, by the room there is for them in px. */
const POINTS = /** @type {const} */ ([[500, 400], [1000, 800], [Infinity, 1600]]);

/**
 * @param {HTMLElement} host
 * @param {Context} context
 * @returns {MountedView}
 */
export function mount(host, context) {
  /** @type {TagView<ScalarPanel>} */
  const view = new TagView(host, context, {
    name: "scalars",
    parameters: PARAMETERS,
    make: (section, tag) =>
      new ScalarPanel(section, tag, {
        zoom: (range) => view.set.set({ zoom: withZoom(now().zoom, tag, range) }),
        pin: () => view.pin(tag),
        retry: () => view.answers.retry(),
        file: () => exportPath(now(), view.axes.axis(now().axis), tag, view.runsWith(tag)),
      }),
    update,
    showSettings: () => controls.show(view.axes),
  });
  /** @returns {Chosen} */
  const now = () => view.set.now;
  const controls = makeControls(now, (part) => view.set.set(part));
  view.addControls(controls);
  return view;

  /**
   * @param {ScalarPanel} panel
   * @param {string} tag
   * @param {number} width_px
   */
  function update(panel, tag, width_px) {
    const { scale, smoothing, zoom } = now();
    const axis = view.axes.axis(now().axis);
    const runs = view.runsWith(tag);
    const range = zoom[tag] ?? null;
    const paths = runs.map(({ name }) => scalarsPath(now(), axis, tag, name, width_px));
    const finer = range === null ? [] : paths.map((path) => `${path}&${rangeQuery(axis, range)}`);
    const known = view.ask(panel, [...finer, ...paths]);
    const answers = known.answers.map((answer) => answer && placed(axis, answer));
    const [parts, wholes] = [answers.slice(0, finer.length), answers.slice(finer.length)];
    if (wholes.some((answer) => answer?.dropped > 0)) controls.offerAttempts();
    panel.update(
      {
        ...{ runs, wholes, parts, scale, zoom: range },
        ...{ axis: axis.series, smoothed: smoothing > 0 },
      },
      { ...view.around(tag), error: known.error },
    );
  }
}

/**
 * The request for a tag of a run.
 *
 * @param {Chosen} chosen
 * @param {TagAxis} axis
 * @param {string} tag
 * @param {string} tbRun
 * @param {number} width_px Of the panel.
 * @returns {string}
 */
function scalarsPath({ smoothing, attempts }, axis, tag, tbRun, width_px) {
  const points = POINTS.find(([room]) => width_px < room)?.[1] ?? POINTS[0][1];
  const asked = new URLSearchParams({ tag, tb_run: tbRun, points: String(points) });
  if (axis.asked !== "step") asked.set("x", axis.asked);
  if (smoothing > 0) asked.set("smoothing", String(smoothing));
  if (attempts !== "latest") asked.set("attempts", attempts);
  return `api/tensorboard/scalars?${asked}`;
}

/**
 * All points of a tag that a panel shows, as a file of the server: of one run, or of all that
 * have the tag.
 *
 * @param {Chosen} chosen
 * @param {TagAxis} axis
 * @param {string} tag
 * @param {readonly import("./runs.js").RunStyle[]} runs Shown.
 * @returns {string}
 */
function exportPath({ attempts, zoom }, axis, tag, runs) {
  const asked = new URLSearchParams({ what: "scalars", format: "csv", tag, attempts });
  const [only] = runs;
  if (only !== undefined && runs.length === 1) asked.set("tb_run", only.name);
  const range = zoom[tag];
  const zoomed = range ? `&x=${axis.asked}&${rangeQuery(axis, range)}` : "";
  return `api/export?${asked}${zoomed}`;
}

/**
 * @param {TagAxis} axis
 * @param {[number, number]} range Of the axis.
 */
function rangeQuery(axis, range) {
  const [start, stop] = askedRange(axis, range);
  return `start=${start}&stop=${stop}`;
}

/**
 * @param {() => Chosen} now
 * @param {(part: Partial<Chosen>) => void} set
 */
function makeControls(now, set) {
  const axis = tagAxisChoice((chosen) => set({ axis: chosen, zoom: {} }));
  const scale = scaleChoice((chosen) => set({ scale: chosen }));
  const attempts = radiogroup(
    "Points of a restarted training",
    [
      { value: /** @type {const} */ ("latest"), text: "Latest" },
      { value: /** @type {const} */ ("all"), text: "All" },
    ],
    (chosen) => set({ attempts: chosen }),
  );
  const smoothing = smoothingSlider((chosen) => set({ smoothing: chosen }));
  // Shown once a restarted training was met.
  const attemptsGroup = settingsGroup("Attempts", attempts.element);
  attemptsGroup.hidden = true;
  const settings = viewSettings(
    "scalars",
    [
      settingsGroup("X-axis", axis.element),
      settingsGroup("Scale", scale.element),
      settingsGroup("Smoothing", smoothing.element),
      attemptsGroup,
    ],
    () => set({ zoom: {} }),
  );
  return {
    ...settings,
    offerAttempts: () => void (attemptsGroup.hidden = false),
    /** @param {import("./tag_axis.js").TagAxes} axes */
    show(axes) {
      const chosen = now();
      axis.set(chosen.axis, axes);
      scale.set(chosen.scale);
      attempts.set(chosen.attempts);
      smoothing.set(chosen.smoothing);
      if (chosen.attempts === "all") attemptsGroup.hidden = false;
      settings.showZoomed(Object.keys(chosen.zoom).length > 0);
    },
  };
}
