/**
 * A chart over the timesteps of a run: what the loss history and the statistics share.
 *
 * The page's state enters with each update; a drawing of its rows leaves, on the x-axis, zoom
 * and cursor that all time charts of the page have in common. Sets the store's `zoom` and
 * `chosen`; fetches nothing.
 */

import { Chart } from "../chart.js";
import { modelTimeTicks } from "../chart/calendar.js";
import { ChartFrame } from "../chart/frame.js";
import { groupOf } from "../chart/group.js";
import * as overlays from "../chart/overlays.js";
import { colour } from "../chart/palette.js";
import { linearRange, linearTicks, logRange, logTicks, timestepTicks } from "../chart/ticks.js";
import * as words from "../chart/words.js";
import { formatCount } from "../format.js";
import { addPanelTools } from "../panel_tools.js";
import { lowerBound, timestepAtX, xOfTimestep, xRange } from "../places.js";
import { buildRows, nearestRow, nonFiniteSpans, rowsWithin } from "../rows.js";
import { decideScale, keepZoom, ZOOM_TIMESTEPS_MIN } from "../shown.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../rows.js").Rows} Rows */
/** @typedef {import("../chart.js").Drawing} Drawing */
/** @typedef {import("../chart.js").Pen} Pen */
/** @typedef {import("../chart/frame.js").KeyValue} KeyValue */

/**
 * @typedef {object} TimeChart What makes one time chart differ from another.
 * @property {string} title
 * @property {import("../chart/frame.js").Key[]} keys
 * @property {import("../chart.js").Line[]} lines
 * @property {import("../chart.js").Fill[]} fills
 * @property {(rows: Rows) => Value[][]} columns One per line.
 * @property {(rows: Rows, row: number) => KeyValue[]} values One per key.
 * @property {(rows: Rows, row: number) => string} spoken The values in words.
 * @property {(rows: Rows) => {low: Value[], high: Value[]}} extremes What must be in sight.
 * @property {[string, (rows: Rows) => Value[]][]} table Heads and columns.
 */

/**
 * @param {HTMLElement} element
 * @param {Store} store
 * @param {TimeChart} kind
 * @returns {Panel}
 */
export function mountTimeChart(element, store, kind) {
  const panel = new TimeChartPanel(element, store, kind);
  return { update: (state) => panel.update(state), destroy: () => panel.destroy() };
}

class TimeChartPanel {
  /**
   * @param {HTMLElement} element
   * @param {Store} store
   * @param {TimeChart} kind
   */
  constructor(element, store, kind) {
    this.store = store;
    this.kind = kind;
    /** @type {State | null} */
    this.state = null;
    /** @type {Rows} */
    this.rows = buildRows(null, store.state.view);
    /** @type {import("../rows.js").NonFiniteSpan[]} */
    this.spans = [];
    /** @type {number[]} */
    this.nonPositive = [];
    this.extremes = { low: /** @type {Value[]} */ ([]), high: /** @type {Value[]} */ ([]) };
    this.scale = /** @type {"linear" | "log"} */ ("linear");
    /** @type {overlays.Band[]} */
    this.painted = [];
    this.frame = new ChartFrame(element, {
      title: kind.title,
      empty: "No losses yet",
      keys: kind.keys,
      table: () => this.table(),
    });
    addPanelTools(this.frame, {
      chart: () => this.chart,
      caption: () => ({
        run: store.state.data?.run.label ?? "",
        range: words.rangeWords(this.rows, rowsWithin(this.rows, this.rows.shown)),
      }),
    });
    this.group = groupOf(store);
    this.chart = new Chart(this.frame.plot, {
      lines: kind.lines,
      fills: kind.fills,
      group: this.group,
      paintBelow: (pen) => this.paintBelow(pen),
      paintAbove: (pen) => this.paintAbove(pen),
      onCursor: (row, left) => this.showCursor(row, left),
      onStep: (row) => this.frame.announce(this.spoken(row)),
      onRange: (range) => this.zoom(range),
      onReset: () => store.resetZoom(),
      onChoose: (x) => this.choose(x),
    });
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
    if (before !== null && sameDrawing(before, state)) return;
    const { data, view, fetched } = state;
    this.rows = buildRows(data, view, fetched.range);
    const empty = this.rows.x.length === 0;
    this.frame.setEmpty(empty);
    if (empty) return;
    const { statistics = null } = data ?? {};
    this.spans = nonFiniteSpans(this.rows, {
      nan: statistics?.nan_batches ?? 0,
      infinite: statistics?.inf_batches ?? 0,
    });
    this.scale = decideScale(data, view.scale);
    this.extremes = this.kind.extremes(this.rows);
    this.nonPositive = this.scale === "log" ? this.rowsNotPositive() : [];
    this.frame.setNote(this.note(view.scale));
    this.chart.draw(this.drawing());
    this.describe();
    this.frame.refreshTable();
  }

  /** @returns {Drawing} */
  drawing() {
    const { rows, scale } = this;
    const full = xRange(rows, [0, rows.total]);
    const log = scale === "log";
    return {
      x: rows.x,
      columns: this.kind.columns(rows),
      range: xRange(rows, rows.shown),
      full,
      least: ((full[1] - full[0]) / Math.max(1, rows.total)) * ZOOM_TIMESTEPS_MIN,
      zoomed: this.state?.view.zoom !== null,
      scale,
      yRange: (range) => this.yRange(range),
      xTicks: (min, max, most) =>
        (rows.axis === "model_time" ? modelTimeTicks(rows.anchors, min, max, most) : null)
          ?? timestepTicks(rows, min, max, most),
      yTicks: log ? logTicks : linearTicks,
      row: (row) => nearestRow(rows, row),
    };
  }

  /**
   * The y-range of what a range of the x-axis holds, or of the whole run where that is nothing.
   *
   * @param {[number, number]} range
   * @returns {[number, number]}
   */
  yRange([from, to]) {
    const { x } = this.rows;
    const inside = this.extent(lowerBound(x, from), lowerBound(x, to));
    const [min, max] = inside[1] >= inside[0] ? inside : this.extent(0, x.length);
    return this.scale === "log" ? logRange(min, max) : linearRange(min, max);
  }

  /**
   * @param {number} from
   * @param {number} to
   * @returns {[number, number]} The first above the second where there is nothing.
   */
  extent(from, to) {
    const log = this.scale === "log";
    const { low, high } = this.extremes;
    let min = Infinity;
    let max = -Infinity;
    for (let i = from; i < to; i += 1) {
      for (const value of [low[i] ?? null, high[i] ?? null]) {
        if (value === null || (log && value <= 0)) continue;
        if (value < min) min = value;
        if (value > max) max = value;
      }
    }
    return [min, max];
  }

  /** Places of rows with a value that a logarithmic axis cannot hold. */
  rowsNotPositive() {
    const { rows } = this;
    const { min } = rows;
    return rows.x.filter((_, i) => min[i] !== null && (min[i] ?? 1) <= 0);
  }

  /** @param {import("../types.js").View["scale"]} asked */
  note(asked) {
    if (asked === "log" && this.scale === "linear") return "No positive values: linear scale";
    const count = this.nonPositive.length;
    if (count === 0) return "";
    const places = `${formatCount(count)} ${count === 1 ? "point" : "points"}`;
    return `\u25be ${places} at zero or below, which this scale cannot show`;
  }

  /** @param {Pen} pen */
  paintBelow(pen) {
    const bands = this.spans.filter(({ kind }) => kind !== "infinite");
    this.painted = overlays.paintBands(pen, bands.map((span) => this.band(span)));
  }

  /** @param {Pen} pen */
  paintAbove(pen) {
    const { rows, state } = this;
    const begun = rows.x.flatMap((_, row) => (rows.span[row] === 0 ? [row] : []));
    for (const row of begun) {
      overlays.paintUpright(pen, rows.x[row] ?? 0, colour("--text-3", 0.7), [1, 3]);
    }
    const labels = new overlays.LabelRow(pen);
    const infinite = this.spans.filter(({ kind }) => kind === "infinite" || kind === "both");
    const triangles = overlays.paintInfinities(labels, infinite.map((span) => this.band(span)));
    overlays.labelBands(labels, [...this.painted, ...triangles]);
    overlays.paintBottomMarks(pen, this.nonPositive);
    for (const row of begun) this.nameAttempt(pen, labels, row);
    const chosen = state?.view.chosen ?? null;
    if (chosen === null) return;
    overlays.paintUpright(pen, xOfTimestep(rows, chosen), colour("--accent"), [], 1.5);
  }

  /**
   * @param {Pen} pen
   * @param {overlays.LabelRow} labels
   * @param {number} row
   */
  nameAttempt(pen, labels, row) {
    const x = this.rows.x[row] ?? 0;
    const attempt = this.rows.attempt[row] ?? 0;
    const told = this.state?.data?.run.attempts[attempt]?.label;
    const name = told || `attempt ${formatCount(attempt + 1)}`;
    labels.write(name, pen.x(x), pen.x(x), colour("--text-3"));
  }

  /**
   * @param {import("../rows.js").NonFiniteSpan} span
   * @returns {overlays.Band}
   */
  band({ from, to, values, kind }) {
    const name = { nan: "NaN", infinite: "∞", both: "NaN, ∞", unknown: "NaN/∞" }[kind];
    const place = (/** @type {number} */ index) => xOfTimestep(this.rows, index - 0.5);
    return { from: place(from), to: place(to), values, name };
  }

  /**
   * @param {number | null} row
   * @param {number} left
   */
  showCursor(row, left) {
    this.showValues(row);
    this.frame.setTag(row === null ? null : words.rowPlace(this.rows, row).short, left);
  }

  /**
   * The values at a row, or the last ones in sight.
   *
   * @param {number | null} at
   */
  showValues(at) {
    const { rows, frame } = this;
    const row = at ?? nearestRow(rows, rowsWithin(rows, rows.shown)[1] - 1);
    if (row === null || rows.x[row] === undefined) return;
    const { other, short } = words.rowPlace(rows, row);
    frame.setSubtitle(at === null || other === "" ? words.rowNumber(rows, row) || short : other);
    frame.setValues(this.kind.values(rows, row));
  }

  describe() {
    const { rows, frame } = this;
    const { low, high } = this.extremes;
    const column = { name: "The mean", values: rows.mean, low, high };
    const loading = this.state?.data?.source.loading ? " Files are still being read." : "";
    frame.setSummary(words.describeRows(rows, column, rowsWithin(rows, rows.shown)) + loading);
    if (this.chart.cursorRow === null) this.showValues(null);
    frame.fit();
  }

  /** @param {number} row */
  spoken(row) {
    const { rows, kind } = this;
    const bad = words.rowNonFinite(rows, row);
    const values = rows.mean[row] === null ? "" : kind.spoken(rows, row);
    return `${words.rowPlace(rows, row).whole}: ${[values, bad].filter(Boolean).join("; ")}`;
  }

  /** @param {[number, number]} range */
  zoom(range) {
    const { rows, store } = this;
    const [from, to] = range.map((x) => timestepAtX(rows, x) + 0.5);
    const zoom = keepZoom(from ?? 0, to ?? rows.total, rows.total);
    const before = store.state.view;
    if (zoom === null) store.setView({ zoom: null, window: "all" });
    else store.setView({ zoom });
    // A range that rounds to the one before changes nothing: back to it.
    if (store.state.view === before) this.group.settle();
  }

  /** @param {number} x */
  choose(x) {
    const { rows, store } = this;
    const row = this.chart.cursorRow ?? 0;
    // What the cursor says is chosen; within a row of many timesteps the one pointed at.
    const first = rows.index[row] ?? 0;
    const last = first + Math.max(1, rows.span[row] ?? 1) - 1;
    const at = Math.round(timestepAtX(rows, x));
    const [low, high] = this.chart.cursorRow === null ? [0, rows.total - 1] : [first, last];
    const chosen = Math.min(Math.max(at, low), high);
    store.setView({ chosen: store.state.view.chosen === chosen ? null : chosen });
  }

  /** @returns {import("../chart/frame.js").Table} */
  table() {
    const { rows } = this;
    const [from, to] = rowsWithin(rows, rows.shown);
    const columns = this.kind.table.map(([, column]) => column(rows));
    const lines = [];
    for (let i = to - 1; i >= from; i -= 1) {
      if (rows.span[i] === 0) continue;
      lines.push([
        ...[words.rowCount(rows, i), words.rowDate(rows, i)],
        ...columns.map((column) => column[i] ?? null),
        ...[rows.count[i] ?? 0, rows.nonFinite[i] ?? 0],
      ]);
    }
    const heads = this.kind.table.map(([head]) => head);
    return { heads: ["timestep", "model time", ...heads, "values", "not finite"], rows: lines };
  }
}

/**
 * Whether two states give the same drawing.
 *
 * @param {State} a
 * @param {State} b
 */
function sameDrawing(a, b) {
  return (
    a.view === b.view
    && a.fetched.range === b.fetched.range
    && a.data?.timesteps === b.data?.timesteps
    && a.data?.buckets === b.data?.buckets
    && a.data?.run.timesteps === b.data?.run.timesteps
    && a.data?.statistics === b.data?.statistics
  );
}
