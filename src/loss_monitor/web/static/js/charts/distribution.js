/**
 * Loss distribution: a histogram of all finite losses, with median and 95th percentile.
 *
 * The state's bins enter, on a linear or a logarithmic axis as the scale asks; the server
 * counted them over all values. Sets nothing, fetches nothing.
 */

import { paintBars, paintUpright } from "../chart/overlays.js";
import { colour } from "../chart/palette.js";
import { linearTicks, logTicks } from "../chart/ticks.js";
import * as format from "../format.js";
import { behindDrawings } from "../frames.js";
import { barChart } from "./bar_chart.js";
import { readHistogram } from "./histogram.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../chart.js").Pen} Pen */
/** @typedef {import("../chart/ticks.js").Ticks} Ticks */
/** @typedef {import("./histogram.js").Histogram} Histogram */

const KEYS = /** @type {import("../chart/frame.js").Key[]} */ ([
  { name: "median", colour: "--series-max", shape: "dash" },
  { name: "p95", colour: "--series-5", shape: "dash" },
]);

const BAR_MOST_PX = 80;

/**
 * @param {HTMLElement} element
 * @param {import("../store.js").Store} store
 * @returns {Panel}
 */
export function mount(element, store) {
  const panel = new DistributionPanel(element, store);
  return { update: (state) => panel.update(state), destroy: () => panel.destroy() };
}

class DistributionPanel {
  /**
   * @param {HTMLElement} element
   * @param {import("../store.js").Store} store
   */
  constructor(element, store) {
    /** @type {State | null} */
    this.state = null;
    /** @type {Histogram | null} */
    this.histogram = null;
    const { frame, chart } = barChart(element, store, {
      title: "Loss distribution",
      keys: KEYS,
      table: () => this.table(),
      range: () => this.frame.rest.textContent ?? "",
      words: (bin) => this.words(bin),
      paintBelow: (pen) => this.paintBins(pen),
      paintAbove: (pen) => this.paintGuides(pen),
    });
    this.frame = frame;
    this.chart = chart;
  }

  destroy() {
    this.chart.destroy();
    this.frame.destroy();
  }

  /** @param {State} state */
  update(state) {
    const before = this.state;
    this.state = state;
    this.frame.setPartial(Boolean(state.data?.source.loading));
    if (
      before !== null
      && before.data?.distribution === state.data?.distribution
      && before.data?.statistics === state.data?.statistics
      && before.view.scale === state.view.scale
    ) return;
    const histogram = readHistogram(state);
    this.histogram = histogram;
    const empty = histogram === null || histogram.total === 0;
    this.frame.setEmpty(empty);
    if (empty) return;
    const { low, width, counts } = histogram;
    const range = /** @type {[number, number]} */ ([low, low + width * counts.length]);
    const most = Math.max(...counts);
    this.chart.draw({
      x: counts.map((_, i) => low + (i + 0.5) * width),
      columns: [counts],
      ...{ range, full: range, least: 0, zoomed: false, scale: "linear" },
      yRange: () => [0, most * 1.08],
      xTicks: (min, max, room) => valueTicks(histogram, min, max, room),
      yTicks: countTicks,
      row: (row) => row,
    });
    behindDrawings(() => {
      this.describe(histogram);
      this.frame.refreshTable();
    });
  }

  /** @param {Histogram} histogram */
  describe(histogram) {
    const { percentile_50: median = null, percentile_95: high = null } = this.statistics();
    this.frame.setValues([median, high].map((value) => ({
      text: format.formatNumber(value),
      exact: format.formatExact(value),
    })));
    const { total, leftOut, counts } = histogram;
    const values = format.formatCount(total + leftOut);
    this.frame.setSubtitle(`${values} values`);
    const without = format.formatCount(leftOut);
    this.frame.setNote(leftOut === 0 ? "" : `Without ${without} at zero or below`);
    const fullest = counts.indexOf(Math.max(...counts));
    const text = `${values} values in ${counts.length} ${histogram.log ? "logarithmic " : ""}bins. `
      + `Most in ${this.words(fullest)}. Median ${format.formatNumber(median)}, 95th percentile `
      + `${format.formatNumber(high)}. Arrow keys move the cursor from bin to bin.`;
    this.frame.setSummary(text);
    this.frame.fit();
  }

  /** @returns {Partial<import("../types.js").Statistics>} */
  statistics() {
    return this.state?.data?.statistics ?? {};
  }

  /** @param {Pen} pen */
  paintBins(pen) {
    const { histogram } = this;
    if (histogram === null) return;
    const { low, width, counts } = histogram;
    const bars = counts.map((count, i) => ({
      ...{ x: low + (i + 0.5) * width, low: 0, high: count, colour: "--bar" },
    }));
    paintBars(pen, bars.filter(({ high }) => high > 0), { width, share: 0.88, most: BAR_MOST_PX });
  }

  /** @param {Pen} pen */
  paintGuides(pen) {
    const { percentile_50: median = null, percentile_95: high = null } = this.statistics();
    [median, high].forEach((value, i) => {
      if (value === null || (this.histogram?.log === true && value <= 0)) return;
      const place = this.histogram?.log === true ? Math.log10(value) : value;
      paintUpright(pen, place, colour(KEYS[i]?.colour ?? ""), [4, 3], 1.5);
    });
  }

  /** @param {number} bin */
  words(bin) {
    const [from, to] = this.edges(bin).map((value) => format.formatNumber(value, 3));
    const count = this.histogram?.counts[bin] ?? 0;
    const share = count / Math.max(1, this.histogram?.total ?? 1);
    const percent = format.formatPercent(share, { decimals: 1 });
    return `${from} \u2013 ${to} · ${format.formatCount(count)} (${percent})`;
  }

  /**
   * @param {number} bin
   * @returns {[number, number]} In values.
   */
  edges(bin) {
    if (this.histogram === null) return [NaN, NaN];
    const { low, width, log } = this.histogram;
    const [from, to] = [low + bin * width, low + (bin + 1) * width];
    return log ? [10 ** from, 10 ** to] : [from, to];
  }

  /** @returns {import("../chart/frame.js").Table} */
  table() {
    const counts = this.histogram?.counts ?? [];
    return {
      heads: ["from", "to", "values"],
      rows: counts.map((count, bin) => [
        ...this.edges(bin),
        count,
      ]),
    };
  }
}

/**
 * @param {Histogram} histogram
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
function valueTicks({ log }, min, max, most) {
  if (!log) return linearTicks(min, max, most);
  const ticks = logTicks(10 ** min, 10 ** max, most);
  return { at: ticks.at.map(Math.log10), text: ticks.text };
}

/**
 * @param {number} min
 * @param {number} max
 * @param {number} most
 * @returns {Ticks}
 */
function countTicks(min, max, most) {
  const at = linearTicks(min, max, most).at.filter(Number.isInteger);
  return { at, text: at.map(format.formatShortCount) };
}
