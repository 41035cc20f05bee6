/**
 * The histograms of one tag in a panel: a heat map over the steps with quantile lines, and
 * beside it, on the same axis of values, the histogram at the cursor.
 *
 * Answers and settings enter; pixels, words and the range that the user chose leave. Fetches
 * nothing: the view keeps the answers.
 */

import { Chart } from "../chart.js";
import { ChartFrame } from "../chart/frame.js";
import { ChartGroup } from "../chart/group.js";
import { colour } from "../chart/palette.js";
import { linearTicks } from "../chart/ticks.js";
import { element, setText } from "../element.js";
import { formatNumber, formatShortCount } from "../format.js";
import { behindDrawings } from "../frames.js";
import { addPanelTools } from "../panel_tools.js";
import { Heat } from "./heat.js";
import { HistogramData } from "./histogram_data.js";
import { pinButton } from "./pins.js";

/** @typedef {import("./histogram_data.js").HistogramMap} HistogramMap */
/** @typedef {import("./histogram_data.js").CountScale} CountScale */
/** @typedef {import("./tag_axis.js").TagAxis} TagAxis */
/** @typedef {import("./scalar_panel.js").Around} Around */
/** @typedef {import("./scalar_panel.js").Actions & {pin: () => void}} Actions */
/** @typedef {import("../chart.js").Pen} Pen */

/**
 * @typedef {object} Asked
 * @property {HistogramMap | null} answer
 * @property {string} tbRun Whose histograms these are.
 * @property {TagAxis} axis
 * @property {CountScale} counts
 * @property {[number, number] | null} zoom
 */

const KEYS = /** @type {import("../chart/frame.js").Key[]} */ ([
  { name: "median", colour: "--text", shape: "line" },
  { name: "25–75 %", colour: "--text-2", shape: "line" },
  { name: "5–95 %", colour: "--text-2", shape: "dash" },
]);
const LINES = [
  { colour: "--text-2", width: 1, dash: [4, 3] },
  { colour: "--text-2", width: 1 },
  { colour: "--text", width: 1.75 },
  { colour: "--text-2", width: 1 },
  { colour: "--text-2", width: 1, dash: [4, 3] },
];

export class HistogramPanel {
  /**
   * @param {HTMLElement} section
   * @param {string} tag
   * @param {Actions} actions
   */
  constructor(section, tag, actions) {
    this.section = section;
    this.run = "";
    this.tbRun = "";
    /** @type {HistogramData | null} */
    this.data = null;
    /** @type {CountScale} */
    this.counts = "linear";
    /** Place of the histogram beside the heat map. */
    this.at = -1;
    this.heat = new Heat();
    section.classList.add("histogram-panel");
    this.frame = new ChartFrame(section, {
      ...{ title: tag, empty: "Loading …", keys: KEYS, level: 3, fits: true },
      retry: actions.retry,
      table: () => this.data?.table() ?? { heads: [], rows: [] },
    });
    this.frame.name.title = tag;
    this.values = element("div", { class: "tag-values" });
    this.frame.header.insertBefore(this.values, this.frame.actions);
    this.pin = pinButton(tag, actions.pin);
    this.frame.actions.prepend(this.pin.element);
    addPanelTools(this.frame, {
      chart: () => this.chart,
      caption: () => ({ run: this.run, range: this.data?.rangeWords() ?? "" }),
    });
    this.chart = new Chart(this.frame.plot, {
      lines: LINES,
      group: new ChartGroup(),
      paintBelow: (pen) => this.data && this.heat.paint(pen, this.data, this.counts),
      onCursor: (row, left) => this.showCursor(row, left),
      onStep: (row) => this.frame.announce(this.data?.spoken(row) ?? ""),
      onRange: (range) => actions.zoom(range),
      onReset: () => actions.zoom(null),
    });
    const beside = element("div", { class: "profile", "aria-hidden": "true" });
    this.frame.plot.after(beside);
    this.profile = new Chart(beside, {
      lines: [{ colour: "--bar", width: 0 }],
      paintBelow: (pen) => this.paintProfile(pen),
      yTexts: false,
    });
  }

  destroy() {
    this.chart.destroy();
    this.profile.destroy();
    this.frame.destroy();
  }

  /**
   * @param {Asked} asked
   * @param {Around} around
   */
  update({ answer, tbRun, axis, counts, zoom }, around) {
    const { frame } = this;
    this.run = around.run;
    this.pin.set(around.pinned);
    frame.setPartial(around.partial);
    frame.setError(around.error);
    const waiting = answer === null && !around.error;
    this.section.setAttribute("aria-busy", String(waiting));
    // What is drawn of a run stays until what is asked for instead is there.
    if (waiting && this.data !== null && tbRun === this.tbRun) return;
    this.tbRun = tbRun;
    const same = answer !== null && this.data?.answer === answer && this.data.axis === axis;
    if (!same) this.data = answer === null ? null : new HistogramData(answer, axis);
    this.counts = counts;
    const { data } = this;
    const empty = data === null || data.x.length === 0;
    setText(frame.empty, emptyWords(answer, axis, around.error));
    frame.setEmpty(empty);
    if (empty) return;
    this.chart.draw({
      ...{ x: data.x, columns: data.lines, full: data.full, zoomed: zoom !== null },
      ...{ range: zoom ?? data.full, least: (data.full[1] - data.full[0]) / data.x.length },
      scale: "linear",
      yRange: () => data.yRange,
      xTicks: axis.series.ticks,
      yTicks: linearTicks,
      row: (row) => (row >= 0 && row < data.x.length ? row : null),
    });
    behindDrawings(() => {
      frame.setNote(data.note());
      frame.setSummary(data.summary());
      if (this.chart.cursorRow === null) this.showAt(data.nearest(null));
      frame.refreshTable();
    });
  }

  /**
   * @param {number | null} row
   * @param {number} left
   */
  showCursor(row, left) {
    const { data } = this;
    if (data === null) return;
    const place = row === null ? null : data.axis.series.words(data.x[row] ?? 0);
    this.frame.setTag(place, left);
    this.showAt(row ?? data.nearest(null));
  }

  /** @param {number} k */
  showAt(k) {
    const { data } = this;
    if (data === null || k < 0) return;
    this.at = k;
    const row = data.rows[k] ?? 0;
    const median = element("b", {}, formatNumber(data.quantile(k, 0.5)));
    const place = data.axis.series.words(data.x[k] ?? 0);
    const figures = [element("span", {}, "median ", median), data.valuesAt(k)];
    this.values.replaceChildren(
      element("span", { class: "tag-figures" }, ...figures),
      element("span", { class: "tag-moment" }, place),
    );
    this.drawProfile(data, row);
  }

  /**
   * @param {HistogramData} data
   * @param {number} row
   */
  drawProfile(data, row) {
    const counts = data.answer.counts[row] ?? [];
    const most = this.place(Math.max(1, ...counts)) * 1.06;
    this.profile.draw({
      ...{ x: [0, most], columns: [[null, null]], range: [0, most], full: [0, most] },
      ...{ least: 0, zoomed: false, scale: "linear" },
      yRange: () => data.yRange,
      xTicks: (_min, max, room) => this.countTicks(max, room),
      yTicks: linearTicks,
      row: () => null,
    });
  }

  /**
   * Where a count stands on its axis.
   *
   * @param {number} count
   */
  place(count) {
    return this.counts === "log" ? Math.log10(1 + count) : count;
  }

  /**
   * @param {number} max
   * @param {number} room
   * @returns {import("../chart/ticks.js").Ticks}
   */
  countTicks(max, room) {
    if (this.counts === "linear") {
      const at = linearTicks(0, max, Math.max(2, room)).at.filter((count) => count > 0);
      return { at, text: at.map(formatShortCount) };
    }
    const powers = Array.from({ length: Math.ceil(max) }, (_, power) => power).slice(1);
    const every = Math.max(1, Math.ceil(powers.length / Math.max(1, room)));
    const shown = powers.filter((power) => power % every === 0);
    return {
      at: shown.map((power) => this.place(10 ** power)),
      text: shown.map((power) => formatShortCount(10 ** power)),
    };
  }

  /** @param {Pen} pen */
  paintProfile(pen) {
    const { data } = this;
    if (data === null) return;
    const { edges, counts } = data.answer;
    pen.context.fillStyle = colour("--bar");
    (counts[data.rows[this.at] ?? -1] ?? []).forEach((count, bin) => {
      if (count <= 0) return;
      const [bottom, top] = [pen.y(edges[bin] ?? 0), pen.y(edges[bin + 1] ?? 0)];
      const gap = bottom - top > 4 * pen.ratio ? pen.ratio : 0;
      const width = Math.max(pen.ratio, pen.x(this.place(count)) - pen.left);
      pen.context.fillRect(pen.left, top + gap / 2, width, Math.max(1, bottom - top - gap));
    });
  }
}

/**
 * @param {HistogramMap | null} answer
 * @param {TagAxis} axis
 * @param {string} error
 */
function emptyWords(answer, axis, error) {
  if (error) return "No data";
  if (answer === null) return "Loading …";
  return axis.series.counts ? "No histograms yet" : "No times are known of these histograms";
}
