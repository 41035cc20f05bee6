/**
 * A chart over the timesteps of a run: what the loss history and the statistics share.
 *
 * The page's state enters with each update; a drawing of its rows leaves, on the x-axis, zoom
 * and cursor that all time charts of the page have in common. Sets the store's zoom and
 * `chosen`; fetches nothing.
 */

import { Chart } from "../chart.js";
import { ChartFrame } from "../chart/frame.js";
import { groupOf } from "../chart/group.js";
import { pixelRatio } from "../chart/plot.js";
import { symlogThreshold } from "../chart/symlog.js";
import { xTicksOf, yTicksOf } from "../chart/time_ticks.js";
import * as words from "../chart/words.js";
import { rowsBeyond, yRange } from "../chart/y_range.js";
import { formatCount } from "../format.js";
import { behindDrawings } from "../frames.js";
import { logPlaceOf, showLogLines } from "../marks_later.js";
import { addPanelTools } from "../panel_tools.js";
import { timestepAtX, xRange } from "../places.js";
import { buildRows, nearestRow, rowsInRange } from "../rows.js";
import {
  decideScale, isZoomed, ZOOM_BATCHES_MIN, ZOOM_TIMESTEPS_MIN, zoomToRange,
} from "../shown.js";
import { droppedSwitch } from "./dropped_switch.js";
import { lowerSwitch } from "./lower_switch.js";
import { TimeMarks } from "./time_marks.js";
import { shownPath } from "../tools/export.js";
import { shownRange, timeRows } from "./time_rows.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../types.js").Value} Value */
/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../rows.js").Rows} Rows */
/** @typedef {import("../chart.js").Drawing} Drawing */
/** @typedef {import("../chart/frame.js").KeyValue} KeyValue */
/** @typedef {import("../chart/y_range.js").YAxis} YAxis */
/** @typedef {import("../chart/time_ticks.js").TicksOf} TicksOf */
/** @typedef {import("../chart.js").Pen} Pen */

/**
 * @typedef {object} TimeChart What makes one time chart differ from another.
 * @property {string} title
 * @property {string} [empty] While there is nothing to draw.
 * @property {import("../types.js").View["lower"]} [lower] Shown only while the view asks for it.
 * @property {boolean} [earlier] Whether what earlier attempts left behind can be drawn, too.
 * @property {import("../types.js").Asked[]} asked Requests whose failure is told in it.
 * @property {(state: State) => Rows} [rows] Of timesteps, or batches, by default.
 * @property {boolean} [batches] Whether it can show batches one by one.
 * @property {import("../chart/frame.js").Key[]} keys
 * @property {import("../chart.js").Line[]} lines
 * @property {import("../chart.js").Fill[]} fills
 * @property {(rows: Rows) => Value[][]} columns One per line.
 * @property {(rows: Rows, row: number) => KeyValue[]} values One per key.
 * @property {(rows: Rows) => (boolean | "faint")[]} keysShown Which keys have something to tell.
 * @property {(rows: Rows) => {name: string, values: Value[]}} [described] The column that the
 *   summary is of; the mean by default.
 * @property {(rows: Rows, row: number) => string} spoken The values in words.
 * @property {(rows: Rows) => {low: Value[], high: Value[]}} extremes What must be in sight.
 * @property {[string, (rows: Rows) => Value[]][]} table Heads and columns.
 * @property {Below} [below]
 */

/**
 * @typedef {object} Below What takes a part of the plotting area from below.
 * @property {(range: [number, number], axis: YAxis) => [number, number]} range
 * @property {(axis: YAxis, ticks: TicksOf) => TicksOf} ticks
 * @property {(pen: Pen, rows: Rows, sight: [number, number], axis: YAxis) => void} paint
 */

/**
 * @param {HTMLElement} element
 * @param {Store} store
 * @param {TimeChart} kind
 * @param {() => void} retry Ask again for what was not answered.
 * @returns {Panel}
 */
export function mountTimeChart(element, store, kind, retry) {
  const panel = new TimeChartPanel(element, store, kind, retry);
  return { update: (state) => panel.update(state), destroy: () => panel.destroy() };
}

class TimeChartPanel {
  /**
   * @param {HTMLElement} element
   * @param {Store} store
   * @param {TimeChart} kind
   * @param {() => void} retry
   */
  constructor(element, store, kind, retry) {
    this.store = store;
    this.kind = kind;
    /** @type {State | null} */
    this.state = null;
    /** @type {Rows} */
    this.rows = buildRows(null, store.state.view);
    this.extremes = { low: /** @type {Value[]} */ ([]), high: /** @type {Value[]} */ ([]) };
    /** @type {YAxis} */
    this.axis = { scale: "linear", threshold: 1, chosen: "auto" };
    /** The row that the keys led to and that was said, while the cursor stands there. */
    this.said = /** @type {number | null} */ (null);
    this.marks = new TimeMarks(() => this.showMarks(), kind.rows === undefined);
    /** Where a pointer was pressed last, in px of the window. @type {PointerEvent | null} */
    this.pressed = null;
    this.frame = new ChartFrame(element, {
      title: kind.title,
      empty: kind.empty ?? "No losses yet",
      keys: kind.keys,
      table: () => this.table(),
      retry,
    });
    addPanelTools(this.frame, {
      chart: () => this.chart,
      caption: () => ({
        run: store.state.data?.run.label ?? "",
        range: words.rangeWords(this.rows, this.inSight()),
      }),
      file: () => shownPath(store.state, this.rows.unit === "batch" ? "batches" : "timesteps"),
    });
    this.frame.plot.addEventListener("pointerdown", (event) => (this.pressed = event), true);
    this.frame.plot.addEventListener("keydown", () => (this.pressed = null), true);
    this.earlier = kind.earlier ? droppedSwitch(store) : null;
    if (this.earlier) this.frame.actions.prepend(this.earlier.element);
    if (kind.lower) this.frame.actions.prepend(lowerSwitch(store, kind.lower));
    this.group = groupOf(store);
    this.chart = new Chart(this.frame.plot, {
      lines: kind.lines,
      fills: kind.fills,
      group: this.group,
      paintBelow: (pen) => this.marks.paintBelow(pen),
      paintAbove: (pen) => this.paintAbove(pen),
      onCursor: (row, left) => this.showCursor(row, left),
      onStep: (row) => this.say(row),
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
    const { data, view, fetched } = state;
    const { kind } = this;
    this.frame.panel.hidden = kind.lower !== undefined && kind.lower !== view.lower;
    if (this.frame.panel.hidden) return;
    this.state = state;
    this.earlier?.update(state);
    this.frame.setPartial(Boolean(data?.source.loading));
    const failed = new Set(kind.asked.map((asked) => fetched.errors[asked] ?? ""));
    this.frame.setError([...failed].join(" ").trim());
    if (before !== null && sameDrawing(before, state)) return;
    const { axis } = this.rows;
    this.rows = kind.rows?.(state) ?? timeRows(state, kind);
    // A place on one axis is none on another.
    if (this.rows.axis !== axis) this.group.pinned = null;
    const empty = this.rows.x.length === 0;
    this.frame.setEmpty(empty);
    if (empty) return;
    this.extremes = kind.extremes(this.rows);
    const scale = decideScale(data, view.scale);
    const { low, high } = this.extremes;
    const threshold = scale === "symlog" ? symlogThreshold([low, high]) : 1;
    this.axis = { scale, threshold, chosen: view.yRange };
    // Marks are of timesteps also where the lines are of something else.
    this.marks.set(state, kind.rows ? timeRows(state) : this.rows, scale);
    kind.keysShown(this.rows).forEach((shown, key) => this.frame.showKey(key, shown));
    this.chart.draw(this.drawing(view));
    behindDrawings(() => {
      this.frame.setNote(this.note(view.scale));
      this.describe();
      this.frame.refreshTable();
    });
  }

  /**
   * @param {State["view"]} view
   * @returns {Drawing}
   */
  drawing(view) {
    const { rows, axis, kind } = this;
    const { below } = kind;
    const yTicks = yTicksOf(axis);
    const full = xRange(rows, [0, rows.total]);
    const timestep = (full[1] - full[0]) / Math.max(1, rows.total);
    return {
      x: rows.x,
      columns: kind.columns(rows),
      range: shownRange(rows, view),
      full,
      least: rows.axis === "batch" ? ZOOM_BATCHES_MIN : timestep * ZOOM_TIMESTEPS_MIN,
      zoomed: isZoomed(view),
      scale: axis.scale,
      threshold: axis.threshold,
      yRange: (range) => {
        const around = yRange(this.extremes, rowsInRange(rows, range), axis);
        return below?.range(around, axis) ?? around;
      },
      xTicks: xTicksOf(rows),
      yTicks: below?.ticks(axis, yTicks) ?? yTicks,
      row: (row) => nearestRow(rows, row),
    };
  }

  /** @param {Pen} pen */
  paintAbove(pen) {
    const sight = rowsInRange(this.rows, this.chart.range);
    this.kind.below?.paint(pen, this.rows, sight, this.axis);
    this.marks.paintAbove(pen);
  }

  /** @returns {[number, number]} First and one after the last row in sight. */
  inSight() {
    return rowsInRange(this.rows, this.chart.drawing?.range ?? [0, 0]);
  }

  /** @param {State["view"]["scale"]} asked */
  note(asked) {
    const { scale, chosen } = this.axis;
    if (asked === "log" && scale === "linear") return "No positive values: linear scale";
    const notes = [];
    const count = this.marks.nonPositive.length;
    const points = (/** @type {number} */ n) => `${formatCount(n)} ${n === 1 ? "point" : "points"}`;
    if (count > 0) {
      notes.push(`\u25be ${points(count)} at zero or below, which this scale cannot show`);
    }
    if (chosen === "robust" || Array.isArray(chosen)) {
      const sight = this.inSight();
      const beyond = rowsBeyond(this.extremes, sight, yRange(this.extremes, sight, this.axis));
      if (beyond > 0) notes.push(`${points(beyond)} beyond this y-range`);
    }
    return notes.join(" · ");
  }

  /**
   * @param {number | null} row
   * @param {number} left
   */
  showCursor(row, left) {
    if (row !== this.said) this.said = null;
    this.showValues(row);
    if (row === null) this.frame.setTag(null);
    else {
      const told = this.marks.wordsAt(this.rows, row, { short: true });
      const more = told.length > 1 ? ` (+${told.length - 1})` : "";
      const place = words.rowPlace(this.rows, row).short;
      this.frame.setTag(told.length > 0 ? `${place} · ${told.at(-1)}${more}` : place, left);
    }
  }

  /**
   * The values at a row, or the last ones in sight.
   *
   * @param {number | null} at
   */
  showValues(at) {
    const { rows, frame } = this;
    const row = at ?? nearestRow(rows, this.inSight()[1] - 1);
    if (row === null || rows.x[row] === undefined) return;
    const { other, short } = words.rowPlace(rows, row);
    frame.setSubtitle(at === null || other === "" ? words.rowNumber(rows, row) || short : other);
    frame.setValues(this.kind.values(rows, row));
  }

  describe() {
    const { rows, frame } = this;
    const { low, high } = this.extremes;
    const mean = { name: "The mean", values: rows.mean };
    const column = { ...(this.kind.described?.(rows) ?? mean), low, high };
    const loading = this.state?.data?.source.loading ? " Files are still being read." : "";
    frame.setSummary(words.describeRows(rows, column, this.inSight()) + loading);
    if (this.chart.cursorRow === null) this.showValues(null);
    frame.fit();
  }

  /** Once what draws marks has come: they belong also to what the cursor has told already. */
  showMarks() {
    this.chart.plot?.redraw(false);
    this.chart.tellCursor();
    if (this.said !== null) this.say(this.said);
  }

  /** @param {number} row */
  say(row) {
    this.said = row;
    this.frame.announce(this.spoken(row));
  }

  /** @param {number} row */
  spoken(row) {
    const { rows, kind } = this;
    const bad = words.rowNonFinite(rows, row);
    const values = rows.mean[row] === null ? "" : kind.spoken(rows, row);
    const told = [values, bad, ...this.marks.wordsAt(rows, row, { short: false })].filter(Boolean);
    return `${words.rowPlace(rows, row).whole}: ${told.join("; ")}`;
  }

  /** @param {[number, number]} range */
  zoom(range) {
    const { rows, store } = this;
    const zoom = zoomToRange(rows, range);
    const before = store.state.view;
    // Everything is more than a window of the newest.
    if (isZoomed({ ...before, ...zoom })) store.setView(zoom);
    else store.setView({ ...zoom, window: "all" });
    // A range that rounds to the one before changes nothing: back to it.
    if (store.state.view === before) this.group.settle();
  }

  /** The place in the log of the mark that was pressed, if one was. */
  pressedMark() {
    const { pressed, chart } = this;
    const canvas = chart.plot?.ctx.canvas;
    if (pressed === null || canvas === undefined || chart.plot === null) return null;
    const { left, top } = canvas.getBoundingClientRect();
    const ratio = pixelRatio();
    const { plot } = chart;
    const { bbox } = plot;
    const fromBottom = (bbox.top + bbox.height) / ratio - (pressed.clientY - top);
    const area = { ...bbox, ratio, x: (/** @type {number} */ x) => plot.valToPos(x, "x", true) };
    const touch = pressed.pointerType === "touch";
    const mark = this.marks.at(area, pressed.clientX - left, fromBottom, touch);
    return mark === null ? null : logPlaceOf(mark);
  }

  /** @param {number} x */
  choose(x) {
    const place = this.pressedMark();
    if (place !== null) {
      void showLogLines(place);
      return;
    }
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
    const [from, to] = this.inSight();
    const columns = this.kind.table.map(([, column]) => column(rows));
    const lines = [];
    for (let i = to - 1; i >= from; i -= 1) {
      if (rows.span[i] === 0) continue;
      lines.push([
        ...[words.rowCell(rows, i), words.rowDate(rows, i)],
        ...columns.map((column) => column[i] ?? null),
        ...[rows.count[i] ?? 0, rows.nonFinite[i] ?? 0],
      ]);
    }
    const heads = this.kind.table.map(([head]) => head);
    const all = [words.rowNoun(rows), "model time", ...heads, "values", "not finite"];
    return { heads: all, rows: lines };
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
    && a.fetched.batches === b.fetched.batches
    && a.fetched.smooth === b.fetched.smooth
    && a.fetched.online === b.fetched.online
    && a.fetched.dropped === b.fetched.dropped
    && a.data?.timesteps === b.data?.timesteps
    && a.data?.buckets === b.data?.buckets
    && a.data?.run.timesteps === b.data?.run.timesteps
    && a.data?.run.marks === b.data?.run.marks
    && a.data?.statistics === b.data?.statistics
  );
}
