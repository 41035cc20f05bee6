/**
 * Batch losses: every batch of the newest timestep, or of the one chosen in the history.
 *
 * The state's current timestep or a fetched one enters. A bar per batch, or, for more than
 * fit, columns from the minimum to the maximum of neighbouring batches; outliers stand out
 * from the mean and its deviation. Sets the store's `chosen` back; fetches nothing.
 */

import { shortLabel } from "../chart/calendar.js";
import * as overlays from "../chart/overlays.js";
import { colour } from "../chart/palette.js";
import { linearRange, logRange, wholeTicks } from "../chart/ticks.js";
import { yTicksOf } from "../chart/time_ticks.js";
import { symlogRange, symlogThreshold } from "../chart/symlog.js";
import { element as make } from "../element.js";
import { formatCount, formatExact, formatNumber } from "../format.js";
import { behindDrawings } from "../frames.js";
import { barChart } from "./bar_chart.js";
import { OUTLIER_DEVIATIONS, readBatches } from "./batch_columns.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../chart.js").Pen} Pen */
/** @typedef {import("./batch_columns.js").Batches} Batches */

const KEYS = /** @type {import("../chart/frame.js").Key[]} */ ([
  { name: "mean", colour: "--text-2", shape: "dash" },
  { name: `>${OUTLIER_DEVIATIONS} σ`, colour: "--series-max", shape: "area" },
]);
/** Values this near to each other are flat as bars: dots on an axis that begins near them. */
const DOTS_SPREAD = 0.12;
/** Ticks of short numbers fit where one of a date does. */
const NUMBERS_PER_DATE = 1.8;

/**
 * @param {HTMLElement} element
 * @param {import("../store.js").Store} store
 * @param {() => void} retry Ask again for what was not answered.
 * @returns {Panel}
 */
export function mount(element, store, retry) {
  const panel = new BatchesPanel(element, store, retry);
  return { update: (state) => panel.update(state), destroy: () => panel.destroy() };
}

class BatchesPanel {
  /**
   * @param {HTMLElement} element
   * @param {import("../store.js").Store} store
   * @param {() => void} retry
   */
  constructor(element, store, retry) {
    /** @type {State | null} */
    this.state = null;
    /** @type {Batches | null} */
    this.batches = null;
    this.dots = false;
    this.scale = /** @type {import("../types.js").Scale} */ ("linear");
    this.threshold = 1;
    const { frame, chart } = barChart(element, store, {
      title: "Batch losses",
      keys: KEYS,
      table: () => this.table(),
      range: () => this.batches?.label ?? "",
      words: (bar) => this.words(bar),
      file: () => this.file(),
      paintBelow: (pen) => this.paintColumns(pen),
      paintAbove: (pen) => this.paintMean(pen),
      retry,
    });
    this.frame = frame;
    this.chart = chart;
    this.newest = make("button", { type: "button", class: "chart-follow", hidden: true }, "Newest");
    this.newest.addEventListener("click", () => {
      store.setView({ chosen: null });
      // The button goes; the focus must not.
      this.frame.plot.focus({ preventScroll: true });
    });
    this.frame.actions.prepend(this.newest);
  }

  /** @returns {string | null} Where the server has the timestep's batches. */
  file() {
    const { view, data } = this.state ?? {};
    const index = view?.chosen ?? data?.current?.index;
    if (index === undefined) return null;
    return `api/export?what=batches&format=csv&x=timestep&start=${index}&stop=${index + 1}`;
  }

  destroy() {
    this.chart.destroy();
    this.frame.destroy();
  }

  /** @param {State} state */
  update(state) {
    const before = this.state;
    this.state = state;
    const chosen = state.view.chosen;
    this.newest.hidden = chosen === null;
    this.frame.setError(state.fetched.errors.timestep ?? "");
    if (before !== null && sameBatches(before, state)) return;
    const batches = readBatches(state);
    // What was chosen is on its way: the last batches stay until it is here.
    if (batches === null && chosen !== null && this.batches !== null) return;
    this.batches = batches;
    this.frame.setEmpty(batches === null);
    if (batches === null) return;
    this.choosePicture(batches, state.view.scale);
    this.chart.draw({
      x: batches.columns.map(({ x }) => x),
      columns: [batches.columns.map(({ high }) => high)],
      ...this.xRange(batches),
      ...{ least: 0, zoomed: false, scale: this.scale, threshold: this.threshold },
      yRange: () => this.yRange(batches),
      xTicks: (min, max, most) => wholeTicks(min, max, most * NUMBERS_PER_DATE),
      yTicks: yTicksOf(this),
      row: (row) => row,
    });
    behindDrawings(() => {
      this.describe(batches);
      this.frame.refreshTable();
    });
  }

  /**
   * @param {Batches} batches
   * @param {import("../types.js").View["scale"]} asked
   */
  choosePicture({ columns, least, largest, size }, asked) {
    this.scale = asked === "symlog" || (asked === "log" && least > 0) ? asked : "linear";
    const ends = [columns.map(({ low }) => low), columns.map(({ high }) => high)];
    this.threshold = asked === "symlog" ? symlogThreshold(ends) : 1;
    const near = largest - least <= DOTS_SPREAD * Math.max(Math.abs(least), Math.abs(largest));
    this.dots = size === 1 && (this.scale !== "linear" || near);
  }

  /**
   * @param {Batches} batches
   * @returns {{range: [number, number], full: [number, number]}}
   */
  xRange({ count, size }) {
    const room = Math.max(0.6, size / 2);
    return { range: [-room, count - 1 + room], full: [-room, count - 1 + room] };
  }

  /**
   * @param {Batches} batches
   * @returns {[number, number]}
   */
  yRange({ least, largest, mean, std, size }) {
    const low = Math.min(least, (mean ?? least) - (std ?? 0));
    const high = Math.max(largest, (mean ?? largest) + (std ?? 0));
    if (this.scale === "log") return logRange(least, high);
    if (this.scale === "symlog") return symlogRange(low, high, this.threshold);
    if (!(high >= low)) return [0, 1];
    if (this.dots || size > 1) return linearRange(low, high);
    const room = (Math.max(high, 0) - Math.min(least, 0)) * 0.1 || 1;
    return [least < 0 ? least - room : 0, Math.max(high, 0) + (high > 0 ? room : 0)];
  }

  /** @param {Batches} batches */
  describe(batches) {
    const { unit, label, count, complete, mean, std, outliers, nonFinite, size } = batches;
    const name = { batch: "Batch losses", epoch: "Epoch losses", rank: "Rank losses" }[unit];
    this.frame.setTitle(name ?? "Losses");
    const growing = complete ? "" : ", growing";
    this.frame.setSubtitle(`${shortLabel(label)}${growing}`, label);
    this.frame.setValues([
      { text: formatNumber(mean), exact: formatExact(mean) },
      { text: formatCount(outliers) },
    ]);
    const notes = [
      size > 1 ? `${formatCount(count)} values, ${formatCount(size)} a column` : "",
      nonFinite > 0 ? `${formatCount(nonFinite)} not finite` : "",
    ];
    this.frame.setNote(notes.filter(Boolean).join(" · "));
    this.frame.fit();
    this.frame.setSummary(
      `${formatCount(count)} values of ${label}${growing}. Mean ${formatNumber(mean)}, deviation `
        + `${formatNumber(std)}, range ${formatNumber(batches.least)} to `
        + `${formatNumber(batches.largest)}, last ${formatNumber(batches.last)}. `
        + `${formatCount(outliers)} more than ${OUTLIER_DEVIATIONS} deviations from the mean, `
        + `${formatCount(nonFinite)} not finite. Arrow keys move the cursor.`,
    );
  }

  /** @param {Pen} pen */
  paintColumns(pen) {
    const { batches } = this;
    if (batches === null) return;
    const { columns, size, mean, std } = batches;
    if (mean !== null && std !== null && std > 0) {
      overlays.paintStretch(pen, mean - std, mean + std, colour("--text", 0.09));
    }
    const bad = columns.filter(({ nonFinite }) => nonFinite > 0);
    overlays.paintBands(pen, bad.map(({ x, nonFinite }) => ({
      ...{ from: x - size / 2, to: x + size / 2, values: nonFinite, name: "NaN/∞" },
    })));
    const bars = columns.flatMap(({ x, low, high, outlier }) =>
      low === null || high === null
        ? []
        : [{ x, low, high, colour: outlier ? "--series-max" : "--bar" }],
    );
    if (this.dots) overlays.paintDots(pen, bars.map((bar) => ({ ...bar, y: bar.high })));
    else if (size > 1) this.paintStretches(pen, bars, size);
    else overlays.paintBars(pen, bars.map(fromZero), { width: 1, share: 0.64 });
  }

  /**
   * Columns from minimum to maximum; what lies far from the mean stands out.
   *
   * @param {Pen} pen
   * @param {overlays.Bar[]} bars
   * @param {number} size
   */
  paintStretches(pen, bars, size) {
    const { mean = null, std = null } = this.batches ?? {};
    const shape = { width: size, share: 0.8, floating: true };
    overlays.paintBars(pen, bars.map((bar) => ({ ...bar, colour: "--bar" })), shape);
    if (mean === null || std === null) return;
    const [lower, upper] = [mean - OUTLIER_DEVIATIONS * std, mean + OUTLIER_DEVIATIONS * std];
    const above = bars.filter(({ high }) => high > upper);
    const below = bars.filter(({ low }) => low < lower);
    const far = [
      ...above.map((bar) => ({ ...bar, low: Math.max(bar.low, upper) })),
      ...below.map((bar) => ({ ...bar, high: Math.min(bar.high, lower) })),
    ];
    overlays.paintBars(pen, far, shape);
  }

  /** @param {Pen} pen */
  paintMean(pen) {
    const mean = this.batches?.mean ?? null;
    if (mean === null || (this.scale === "log" && mean <= 0)) return;
    overlays.paintLevel(pen, mean, colour("--text-2"), [4, 3]);
  }

  /** @param {number} row */
  words(row) {
    const { batches } = this;
    const column = batches?.columns[row];
    if (batches === null || column === undefined) return "";
    const { low, high, nonFinite, first, last } = column;
    const bad = nonFinite > 0 ? ` · ${formatCount(nonFinite)} not finite` : "";
    const value = high === null ? "not finite" : formatNumber(high);
    if (first === last) return `${batches.unit} ${formatCount(first)} · ${value}`;
    const place = `${formatCount(first)}\u2013${formatCount(last)}`;
    return `${place} · ${formatNumber(low)} to ${formatNumber(high)}${bad}`;
  }

  /** @returns {import("../chart/frame.js").Table} */
  table() {
    const { batches } = this;
    if (batches === null) return { heads: [], rows: [] };
    const { columns, size, unit } = batches;
    if (size === 1) {
      const rows = columns.map(({ first, high }) => [
        ...[first, high ?? "not finite"],
      ]);
      return { heads: [unit, "loss"], rows };
    }
    return {
      heads: ["from", "to", "minimum", "mean", "maximum", "not finite"],
      rows: columns.map(({ first, last, low, mean, high, nonFinite }) => [
        ...[first, last, low, mean, high, nonFinite],
      ]),
    };
  }
}

/**
 * A bar from zero, up or down.
 *
 * @param {overlays.Bar} bar
 * @returns {overlays.Bar}
 */
function fromZero(bar) {
  return { ...bar, low: Math.min(0, bar.low), high: Math.max(0, bar.high) };
}

/**
 * Whether two states show the same batches in the same way.
 *
 * @param {State} a
 * @param {State} b
 */
function sameBatches(a, b) {
  return (
    a.data?.current === b.data?.current
    && a.data?.timesteps === b.data?.timesteps
    && a.fetched.timestep === b.fetched.timestep
    && a.view.chosen === b.view.chosen
    && a.view.scale === b.view.scale
  );
}
