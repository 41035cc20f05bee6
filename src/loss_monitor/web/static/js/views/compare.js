/**
 * The view Compare: the losses of several runs, or one tag of several trainings, on one axis
 * that begins where each begins, and a table of their figures.
 *
 * What the user set enters, as parameters of the address; requests, a chart and a table leave.
 */

import { dropdown } from "../dropdown.js";
import { element } from "../element.js";
import { radiogroup } from "../radiogroup.js";
import { mountSheet, settingsGroup } from "../settings_sheet.js";
import { addressOfRun, isKept, runTitle } from "../run_rows.js";
import { smoothingSlider } from "../tools/smoothing.js";
import { number, SMOOTHING_MAX } from "../view.js";
import { Answers } from "./answers.js";
import { comparableTags, comparedRuns, loneRunHint, titled } from "./compare_trainings.js";
import { figuresPanel } from "./figures_table.js";
import { keepParameters, names, numberWithin, oneOf, ranges, text } from "./parameters.js";
import { reachField } from "./reach_field.js";
import { runsChoice, styleRuns } from "./runs.js";
import { ScalarPanel } from "./scalar_panel.js";
import { SERIES_AXES } from "./series_axis.js";
import { pressedSettings, scaleChoice, viewSettings } from "./view_settings.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../views.js").Context} Context */
/** @typedef {import("../views.js").MountedView} MountedView */
/** @typedef {import("./series_axis.js").SeriesAxis} SeriesAxis */
/** @typedef {import("./scalar_columns.js").TagBuckets} TagBuckets */
/** @typedef {import("./compare_figures.js").ComparedRow} ComparedRow */
/** @typedef {"batch" | "step" | "timestep" | "model_time" | "wall_time"} RunAxis */
/** @typedef {TagBuckets & {run: string, tb_run: string | null, label: string,
 *   timestep?: number[]}} ComparedSeries */
/** @typedef {{series: ComparedSeries[], table: ComparedRow[]} &
 *   import("./compare_figures.js").At} CompareAnswer */

/**
 * @typedef {object} Chosen What the user set.
 * @property {string} tag Empty for the losses.
 * @property {RunAxis} axis
 * @property {import("./view_settings.js").ChosenScale} scale
 * @property {number} smoothing
 * @property {readonly string[]} hidden Labels.
 * @property {readonly string[]} kept Ids of kept runs that were added.
 * @property {string} reference Label; empty for the first.
 * @property {string} reach Mean loss to reach; empty for the one that all have reached.
 * @property {Readonly<Record<string, [number, number]>>} zoom Of what is compared.
 */

/** @type {{[K in keyof Chosen]: import("./parameters.js").Parameter<Chosen[K]>}} */
const PARAMETERS = {
  tag: text,
  axis: oneOf(["batch", "step", "timestep", "model_time", "wall_time"]),
  scale: oneOf(["auto", "linear", "log"]),
  smoothing: numberWithin(0, SMOOTHING_MAX),
  hidden: names,
  kept: names,
  reference: text,
  reach: text,
  zoom: ranges,
};
const LOSS = "Loss";
const POINTS = 1000;
/** Other sources change without a word in this page's stream. */
const LOOK_AGAIN_MS = 10_000;
const RUNS_PATH = "api/runs";

/**
 * @param {HTMLElement} host
 * @param {Context} context
 * @returns {MountedView}
 */
export function mount(host, context) {
  return new CompareView(host, context);
}

class CompareView {
  /**
   * @param {HTMLElement} host
   * @param {Context} context
   */
  constructor(host, { store, url }) {
    this.state = store.state;
    this.shown = false;
    this.look = 0;
    /** The last that came, and of what it is. @type {{subject: string, answer: CompareAnswer}} */
    this.last = { subject: LOSS, answer: NOTHING };
    /** As they are drawn. @type {ComparedSeries[]} */
    this.series = [];
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.answers = new Answers(() => this.draw());
    /** @type {import("./parameters.js").Parameters<Chosen>} */
    this.set = keepParameters(url, "compare", PARAMETERS, () => this.draw());
    this.controls = makeControls(() => this.set.now, (part) => this.set.set(part));
    this.choice = runsChoice((hidden) => this.hideOrRemove(hidden));
    this.hint = loneRunHint();
    const chart = element("section", { class: "panel chart-panel tag-panel compare-chart" });
    const figures = element("section", { class: "panel figures-panel", hidden: true });
    const bar = element("div", { class: "view-bar" }, this.controls.element, this.choice.element);
    host.append(bar, this.hint.element, chart, figures);
    mountSheet(this.controls.element, this.controls.close);
    this.panel = new ScalarPanel(chart, LOSS, {
      zoom: (range) => this.set.set({ zoom: range === null ? {} : { [this.subject]: range } }),
      retry: () => this.answers.retry(),
    }, 2);
    this.figures = figuresPanel(figures, (reference) => this.set.set({ reference }));
  }

  /** What is compared, by name. */
  get subject() {
    return this.set.now.tag || LOSS;
  }

  show() {
    this.shown = true;
    this.timer = setInterval(() => {
      this.look += 1;
      this.tellVersion();
    }, LOOK_AGAIN_MS);
    this.draw();
  }

  hide() {
    this.shown = false;
    clearInterval(this.timer);
    this.answers.want(this, []);
  }

  /** @param {State} state */
  update(state) {
    this.state = state;
    this.answers.setPaused(state.connection.status === "reconnecting");
    this.tellVersion();
  }

  /** @param {string} key */
  press(key) {
    const pressed = pressedSettings(key, this.set.now);
    if (pressed === null) return null;
    this.set.set(pressed.part);
    return pressed.said;
  }

  /**
   * A current run is hidden and shown again; one that was added goes for good.
   *
   * @param {readonly string[]} hidden Labels.
   */
  hideOrRemove(hidden) {
    const { kept } = this.set.now;
    const gone = this.series.filter(
      ({ run, label }) => kept.includes(run) && hidden.includes(label),
    );
    this.set.set({
      hidden: hidden.filter((label) => !gone.some((one) => one.label === label)),
      kept: kept.filter((id) => !gone.some(({ run }) => run === id)),
    });
  }

  tellVersion() {
    // A page that is paused lets what is shown stand.
    const look = this.state.paused ? "" : this.look;
    this.answers.setVersion(`${this.state.data?.version ?? ""} ${look}`);
  }

  draw() {
    const { now } = this.set;
    /** @type {import("../run_rows.js").RunRow[]} */
    const every = this.answers.of(RUNS_PATH).answer?.runs ?? [];
    const runs = comparedRuns(every, now.kept);
    const tagPaths = runs.map(({ id }) => tagsPath(id));
    // Those of a kept run never change, and it may have to be read for them.
    const changing = tagPaths.filter((one, i) => {
      const row = runs[i];
      return !row || !isKept(row) || this.answers.of(one).answer === null;
    });
    const path = comparePath(now, runs, null);
    const zoom = now.zoom[this.subject] ?? null;
    const finer = zoom === null ? null : comparePath(now, runs, zoom);
    const wanted = [path, ...(finer ? [finer] : []), RUNS_PATH, ...changing];
    if (this.shown) this.answers.want(this, wanted);

    const tags = comparableTags(tagPaths.map((one) => this.answers.of(one).answer));
    /** @type {import("./answers.js").Kept & {answer: CompareAnswer | null}} */
    const kept = this.answers.of(path);
    const answer = this.answerOf(kept);
    this.controls.show(tags, every, answer.reach);
    const rows = titled(answer.table, every);
    const part = finer === null ? null : this.answers.of(finer).answer;
    this.series = titled(answer.series, every);
    this.drawChart(kept, this.series, part, zoom);
    this.drawTable(rows, answer);
    this.hint.show(every, now.tag === "" ? rows.length : null, tags);
  }

  /**
   * The answer; while it has not come, the last one of the same subject: runs and figures are not
   * taken away because another smoothing is asked for.
   *
   * @param {import("./answers.js").Kept & {answer: CompareAnswer | null}} kept
   * @returns {CompareAnswer}
   */
  answerOf({ answer, error }) {
    const { subject, last } = this;
    if (answer !== null) this.last = { subject, answer };
    else if (error !== "" || last.subject !== subject) this.last = { subject, answer: NOTHING };
    return this.last.answer;
  }

  /**
   * @param {import("./answers.js").Kept & {answer: CompareAnswer | null}} kept
   * @param {ComparedSeries[]} series
   * @param {CompareAnswer | null} part
   * @param {[number, number] | null} zoom
   */
  drawChart(kept, series, part, zoom) {
    const { now } = this.set;
    const styles = stylesOf(series);
    this.choice.set(styles, now.hidden);
    const places = series.flatMap(({ label }, i) => (now.hidden.includes(label) ? [] : [i]));
    const waiting = kept.answer === null;
    const parts = part?.series ?? [];
    /** @type {ComparedRow[]} */
    const table = kept.answer?.table ?? [];
    const noInfinite = table.every(({ inf }) => inf === 0);
    this.panel.setTag(this.subject);
    this.panel.update(
      {
        runs: waiting ? [NONE] : places.map((i) => styles[i] ?? NONE),
        wholes: waiting ? [null] : places.map((i) => withSteps(series[i])),
        parts: waiting ? [] : places.map((i) => withSteps(parts[i])),
        axis: axisOf(now),
        noun: now.tag === "" ? "timestep" : "step",
        notFinite: noInfinite ? "NaN" : "NaN/\u221e",
        ...{ scale: now.scale, smoothed: now.smoothing > 0, zoom },
      },
      {
        ...{ pinned: false, partial: Boolean(this.state.data?.source.loading) },
        error: this.answers.paused ? "" : kept.error,
        run: series.map(({ label }) => label).join(", "),
      },
    );
  }

  /**
   * @param {ComparedRow[]} rows
   * @param {import("./compare_figures.js").At} at
   */
  drawTable(rows, at) {
    const { hidden, reference } = this.set.now;
    const styles = stylesOf(rows);
    const places = rows.flatMap(({ label }, i) => (hidden.includes(label) ? [] : [i]));
    const shown = places.flatMap((i) => rows[i] ?? []);
    const title = this.subject;
    this.figures.update(shown, places.map((i) => styles[i] ?? NONE), { reference, title, at });
  }
}

/** @type {CompareAnswer} */
const NOTHING = { series: [], table: [], equal_model_time_s: null, reach: null };
/** @type {import("./runs.js").RunStyle} */
const NONE = { name: "", short: "", colour: "--series-mean", dash: [] };

/** @param {readonly {label: string}[]} rows */
function stylesOf(rows) {
  return styleRuns(new Map(rows.map(({ label }) => [label, new Set([LOSS])])));
}

/**
 * A series of losses counts timesteps from 1, one of a tag has its own steps.
 *
 * @param {ComparedSeries | undefined} series
 * @returns {TagBuckets | null}
 */
function withSteps(series) {
  if (series === undefined) return null;
  const step = series.step ?? series.timestep?.map((index) => index + 1) ?? [];
  return { ...series, step, tb_run: series.tb_run ?? "", dropped: 0 };
}

/**
 * @param {Chosen} chosen
 * @returns {SeriesAxis}
 */
function axisOf({ tag, axis }) {
  if (axis === "wall_time") return SERIES_AXES.relative;
  if (tag !== "") return SERIES_AXES.step;
  return axis === "model_time" ? SERIES_AXES.elapsed_model_time : SERIES_AXES[axis];
}

/**
 * @param {Chosen} chosen
 * @param {readonly import("../run_rows.js").RunRow[]} runs That are compared.
 * @param {[number, number] | null} range
 * @returns {string}
 */
function comparePath({ tag, axis, smoothing, kept, reach }, runs, range) {
  const asked = new URLSearchParams({ points: String(POINTS) });
  if (kept.length > 0 && runs.length > 0) asked.set("runs", runs.map(addressOfRun).join(","));
  if (tag !== "") asked.set("tag", tag);
  asked.set("x", tag !== "" && axis !== "wall_time" ? "step" : axis);
  if (smoothing > 0) asked.set("smoothing", String(smoothing));
  const target = number(reach);
  if (target !== null && tag === "") asked.set("reach", String(target));
  if (range !== null) {
    asked.set("start", String(range[0]));
    asked.set("stop", String(range[1]));
  }
  return `api/compare?${asked}`;
}

/** @param {string} run */
function tagsPath(run) {
  return `api/tensorboard/tags?run=${encodeURIComponent(run)}`;
}

/**
 * @param {() => Chosen} now
 * @param {(part: Partial<Chosen>) => void} set
 */
function makeControls(now, set) {
  const subject = dropdown("What is compared", (/** @type {string} */ chosen) =>
    set({ tag: chosen, zoom: {} }));
  const axis = radiogroup(
    "X-axis",
    [
      { value: /** @type {RunAxis} */ ("batch"), text: "Batch" },
      { value: /** @type {RunAxis} */ ("step"), text: "Step" },
      { value: /** @type {RunAxis} */ ("timestep"), text: "Timestep" },
      { value: /** @type {RunAxis} */ ("model_time"), text: "Model time" },
      { value: /** @type {RunAxis} */ ("wall_time"), text: "Since start" },
    ],
    (chosen) => set({ axis: chosen, zoom: {} }),
  );
  const tagAxis = radiogroup(
    "X-axis of the tag",
    [
      { value: /** @type {RunAxis} */ ("batch"), text: "Step" },
      { value: /** @type {RunAxis} */ ("wall_time"), text: "Since start" },
    ],
    (chosen) => set({ axis: chosen, zoom: {} }),
  );
  const scale = scaleChoice((chosen) => set({ scale: chosen }));
  const smoothing = smoothingSlider((chosen) => set({ smoothing: chosen }));
  const keptRun = dropdown("Add a kept run", (/** @type {string} */ chosen) =>
    set({ kept: [...now().kept, chosen], zoom: {} }));
  const keptGroup = settingsGroup("Kept runs", keptRun.element);
  const reach = reachField((chosen) => set({ reach: chosen }));
  const reachGroup = settingsGroup("Loss to reach", reach.element);
  const subjectGroup = settingsGroup("Compare", subject.element);
  const settings = viewSettings(
    "compare",
    [
      subjectGroup,
      keptGroup,
      settingsGroup("X-axis", axis.element, tagAxis.element),
      settingsGroup("Scale", scale.element),
      settingsGroup("Smoothing", smoothing.element),
      reachGroup,
    ],
    () => set({ zoom: {} }),
  );
  return {
    ...settings,
    /**
     * @param {readonly string[]} tags That can be compared.
     * @param {readonly import("../run_rows.js").RunRow[]} runs
     * @param {import("../types.js").Value} reachable The loss to reach, as the server has it.
     */
    show(tags, runs, reachable) {
      const chosen = now();
      reachGroup.hidden = chosen.tag !== "";
      reach.set(chosen.reach, reachable);
      const others = runs.filter((row) => isKept(row) && !chosen.kept.includes(row.id));
      keptGroup.hidden = others.length === 0;
      keptRun.set(
        [{ value: "", text: "Add …" }, ...others.map((row) => ({
          ...{ value: row.id, text: runTitle(row) },
        }))],
        "",
      );
      const known = chosen.tag === "" || tags.includes(chosen.tag) ? tags : [chosen.tag, ...tags];
      subjectGroup.hidden = known.length === 0;
      subject.set(
        [{ value: "", text: LOSS }, ...known.map((tag) => ({ value: tag, text: tag }))],
        chosen.tag,
      );
      axis.element.hidden = chosen.tag !== "";
      tagAxis.element.hidden = chosen.tag === "";
      axis.set(chosen.axis);
      tagAxis.set(chosen.axis === "wall_time" ? "wall_time" : "batch");
      scale.set(chosen.scale);
      smoothing.set(chosen.smoothing);
      settings.showZoomed(Object.keys(chosen.zoom).length > 0);
    },
  };
}
