/**
 * One tag in a panel: its values in all runs shown, smoothed where that is wanted, over the
 * band from minimum to maximum.
 *
 * Answers and settings enter; pixels, words and the range that the user chose leave. Fetches
 * nothing: the view keeps the answers.
 */

import { Chart } from "../chart.js";
import { ChartFrame } from "../chart/frame.js";
import { ChartGroup } from "../chart/group.js";
import * as overlays from "../chart/overlays.js";
import { linearTicks, logTicks } from "../chart/ticks.js";
import { element, setText } from "../element.js";
import { formatCount, formatExact, formatNumber } from "../format.js";
import { behindDrawings } from "../frames.js";
import { addPanelTools } from "../panel_tools.js";
import { pinButton } from "./pins.js";
import { runName, runSwatch } from "./runs.js";
import { ScalarData } from "./scalar_data.js";

/** @typedef {import("./scalar_data.js").Asked} Asked */
/** @typedef {import("./scalar_data.js").Reading} Reading */
/** @typedef {import("./scalar_columns.js").Stretch} Stretch */
/** @typedef {import("../chart.js").Line} Line */
/** @typedef {import("../chart.js").Pen} Pen */

/**
 * @typedef {object} Around What is told beside the chart.
 * @property {boolean} pinned
 * @property {boolean} partial Whether files are still being read.
 * @property {string} error
 * @property {string} run Label of the training, for files.
 */

/**
 * @typedef {object} Actions
 * @property {(range: [number, number] | null) => void} zoom
 * @property {() => void} [pin] None where there are no other panels to be above of.
 * @property {() => void} retry
 * @property {() => string | null} [file] Where the server has all points that are shown.
 */

const BAND_ALPHA = 0.16;
/** What is drawn of the points where a smoothed line stands above them. */
const RAW_OPACITY = 0.4;
const EARLIER_OPACITY = 0.45;
/** Runs whose values fit into a panel while the cursor is in it. */
const READOUT_MAX = 10;
const ZOOM_SHARE_MIN = 1e-5;

export class ScalarPanel {
  /**
   * @param {HTMLElement} section
   * @param {string} tag
   * @param {Actions} actions
   * @param {2 | 3} [level] Of the heading.
   */
  constructor(section, tag, actions, level = 3) {
    this.section = section;
    this.tag = tag;
    this.actions = actions;
    /** @type {ScalarData | null} */
    this.data = null;
    this.run = "";
    /** @type {Chart | null} */
    this.chart = null;
    this.group = new ChartGroup();
    /** What was asked for last; what is drawn may be on another axis. @type {Asked | null} */
    this.asked = null;
    /** What the chart's lines were made for. */
    this.look = "";
    /** @type {overlays.Band[]} */
    this.painted = [];
    this.values = element("div", { class: "tag-values" });
    this.box = element("div", { class: "tag-readout", "aria-hidden": "true", hidden: true });
    this.pin = actions.pin ? pinButton(tag, actions.pin) : null;
    this.frame = this.makeFrame(level);
  }

  /** @param {2 | 3} level */
  makeFrame(level) {
    const frame = new ChartFrame(this.section, {
      ...{ title: this.tag, empty: "Loading …", keys: [], level, fits: true },
      table: () => this.data?.table() ?? { heads: [], rows: [] },
      retry: this.actions.retry,
    });
    frame.name.title = this.tag;
    frame.header.insertBefore(this.values, frame.actions);
    frame.plot.append(this.box);
    if (this.pin) frame.actions.prepend(this.pin.element);
    addPanelTools(frame, {
      chart: () => this.chart,
      caption: () => ({ run: this.run, range: this.data?.rangeWords() ?? "" }),
      file: this.actions.file,
    });
    return frame;
  }

  destroy() {
    this.chart?.destroy();
    this.frame.destroy();
  }

  /**
   * Show another tag from now on: nothing of the one before stays.
   *
   * @param {string} tag
   */
  setTag(tag) {
    if (tag === this.tag) return;
    this.tag = tag;
    this.data = null;
    this.frame.setTitle(tag);
  }

  /**
   * Draw what has arrived; what is drawn stays until as much of what is asked for instead is
   * there.
   *
   * @param {Asked} asked
   * @param {Around} around
   */
  update(asked, around) {
    const { frame } = this;
    this.asked = asked;
    this.run = around.run;
    this.pin?.set(around.pinned);
    frame.setPartial(around.partial);
    frame.setError(around.error);
    const waiting = asked.wholes.includes(null) && !around.error;
    this.section.setAttribute("aria-busy", String(waiting));
    if (waiting && arrived(asked) < arrived(this.data?.asked)) return;
    // A place on one axis is none on another.
    if (this.data?.asked.axis !== asked.axis) this.group.pinned = null;
    const data = new ScalarData(asked);
    this.data = data;
    const empty = data.x.length === 0;
    setText(frame.empty, emptyWords(asked, waiting, around.error));
    frame.setEmpty(empty);
    if (empty) return;
    const chart = this.chartFor(data);
    chart.draw({
      ...{ x: data.x, columns: data.columns, full: data.full, zoomed: asked.zoom !== null },
      range: asked.zoom ?? data.full,
      least: (data.full[1] - data.full[0]) * ZOOM_SHARE_MIN,
      scale: data.log ? "log" : "linear",
      yRange: (range) => data.yRange(range),
      xTicks: asked.axis.ticks,
      yTicks: data.log ? logTicks : linearTicks,
      row: (row) => (row >= 0 && row < data.x.length ? row : null),
    });
    behindDrawings(() => {
      frame.setNote(data.note());
      frame.setSummary(data.summary());
      if (chart.cursorRow === null) this.showValues(null);
      frame.refreshTable();
    });
  }

  /**
   * The chart, with the lines that are wanted.
   *
   * @param {ScalarData} data
   * @returns {Chart}
   */
  chartFor(data) {
    const { runs, smoothed } = data.asked;
    const lines = data.stretches.map((stretch) => {
      const { colour = "", dash = [] } = runs[stretch.run] ?? {};
      return linesOf(colour, dash, stretch.latest, smoothed);
    });
    const look = JSON.stringify(lines);
    if (this.chart !== null && look === this.look) return this.chart;
    this.look = look;
    const each = smoothed ? 4 : 3;
    const shape = {
      lines: lines.flat(),
      fills: lines.map(([edge], i) => ({
        ...{ upper: i * each, lower: i * each + 1, colour: edge?.colour ?? "" },
        alpha: BAND_ALPHA,
      })),
    };
    this.chart ??= this.makeChart();
    this.chart.reshape(shape);
    return this.chart;
  }

  makeChart() {
    return new Chart(this.frame.plot, {
      lines: [],
      group: this.group,
      paintBelow: (pen) => this.paintBelow(pen),
      paintAbove: (pen) => this.paintAbove(pen),
      onCursor: (row, left) => this.showCursor(row, left),
      onStep: (row) => this.frame.announce(this.data?.spoken(row) ?? ""),
      onRange: (range) => this.zoom(range),
      onReset: () => this.actions.zoom(null),
    });
  }

  /** @param {[number, number]} range */
  zoom(range) {
    // Nobody means steps by hours, or the other way round.
    if (this.asked?.axis === this.data?.asked.axis) this.actions.zoom(range);
    else this.group.settle();
  }

  /** @param {Pen} pen */
  paintBelow(pen) {
    this.painted = overlays.paintBands(pen, this.data?.bands() ?? []);
  }

  /** @param {Pen} pen */
  paintAbove(pen) {
    const labels = new overlays.LabelRow(pen);
    overlays.labelBands(labels, this.painted);
    labels.paint();
    overlays.paintBottomMarks(pen, this.data?.notPositive ?? []);
  }

  /**
   * @param {number | null} row
   * @param {number} left
   */
  showCursor(row, left) {
    const { data } = this;
    if (data === null) return;
    const x = row === null ? null : (data.x[row] ?? null);
    this.showValues(x);
    this.frame.setTag(x === null ? null : data.asked.axis.words(x), left);
    this.showReadout(x === null ? [] : data.readings(x), left);
  }

  /** @param {number | null} x */
  showValues(x) {
    const { data } = this;
    if (data === null) return;
    const readings = data.readings(x);
    const parts = readings.map(({ run, value }) => {
      const title = `${run.name}: ${formatExact(value)}`;
      const figure = element("b", { title }, formatNumber(value));
      // The name shows where there is room for it.
      const name = readings.length > 1 ? runName(run) : null;
      return element("span", { class: "chart-key" }, runSwatch(run), name, figure);
    });
    const place = x ?? Math.max(...readings.map((reading) => reading.x));
    const words = data.asked.axis.words(place);
    const title = data.droppedWords() || undefined;
    this.values.replaceChildren(
      element("span", { class: "tag-figures" }, ...parts),
      element("span", { class: "tag-moment", title }, words),
    );
  }

  /**
   * Names and values of several runs beside the cursor.
   *
   * @param {Reading[]} readings
   * @param {number} left
   */
  showReadout(readings, left) {
    const { box } = this;
    box.hidden = readings.length < 2;
    if (box.hidden) return;
    const rows = readings.slice(0, READOUT_MAX).map(({ run, value }) =>
      element(
        "div",
        {},
        ...[runSwatch(run), runName(run), element("b", {}, formatNumber(value))],
      ));
    const more = readings.length - rows.length;
    if (more > 0) rows.push(element("div", {}, `and ${formatCount(more)} more`));
    box.replaceChildren(...rows);
    box.classList.toggle("is-left", left > this.frame.plot.clientWidth / 2);
  }
}

/**
 * The edges of the band, the mean, and the smoothed mean.
 *
 * @param {string} colour
 * @param {number[]} dash
 * @param {boolean} latest
 * @param {boolean} smoothed
 * @returns {Line[]}
 */
function linesOf(colour, dash, latest, smoothed) {
  const edge = { colour, width: 0 };
  const opacity = latest ? 1 : EARLIER_OPACITY;
  const mean = smoothed
    ? [{ colour, width: 1, opacity: RAW_OPACITY * opacity }, { colour, width: 2, opacity, dash }]
    : [{ colour, width: 1.5, opacity, dash }];
  return [edge, edge, ...mean];
}

/**
 * Of how many runs all of a tag is there.
 *
 * @param {Asked} [asked]
 */
function arrived(asked) {
  return asked?.wholes.filter((whole) => whole !== null).length ?? 0;
}

/**
 * @param {Asked} asked
 * @param {boolean} waiting
 * @param {string} error
 */
function emptyWords({ runs, axis }, waiting, error) {
  if (runs.length === 0) return "All runs with this tag are hidden";
  if (error) return "No data";
  if (waiting) return "Loading …";
  return axis.counts ? "No points yet" : "No times are known of these points";
}
