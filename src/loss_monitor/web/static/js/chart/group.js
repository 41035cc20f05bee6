/**
 * Charts that share one x-axis: one cursor and one zoom in progress for all of them.
 *
 * A chart says where its cursor is and which range a gesture is about to choose; the others
 * follow at once. The range itself is the store's, set when the gesture ends.
 */

/** @typedef {import("../chart.js").Chart} Chart */

export class ChartGroup {
  constructor() {
    /** @type {Set<Chart>} */
    this.charts = new Set();
    /**
     * Room each chart's y-axis needs, in px.
     *
     * @type {Map<Chart, number>}
     */
    this.axisWidths = new Map();
    /**
     * Range that a gesture holds, in axis units; drawings keep to it while it lasts.
     *
     * @type {[number, number] | null}
     */
    this.held = null;
    /**
     * Place the keyboard put the cursor at: it stays there while data arrive.
     *
     * @type {number | null}
     */
    this.pinned = null;
  }

  /**
   * Show the cursor of all other charts where this one's is.
   *
   * @param {Chart} from
   * @param {number | null} x
   */
  point(from, x) {
    for (const chart of this.charts) if (chart !== from) chart.pointAt(x);
  }

  /**
   * Show a range in all charts, without choosing it yet.
   *
   * @param {[number, number]} range
   */
  hold(range) {
    this.held = range;
    for (const chart of this.charts) chart.showRange(range);
  }

  /**
   * The room for the y-axis of all charts: they stand above each other and share an x-axis.
   *
   * @param {Chart} chart
   * @param {number} needed By this chart, in px.
   */
  alignAxes(chart, needed) {
    const widest = () => Math.max(0, ...this.axisWidths.values());
    const before = widest();
    this.axisWidths.set(chart, needed);
    const width = widest();
    if (width !== before) {
      queueMicrotask(() => {
        for (const other of this.charts) if (other !== chart) other.plot?.redraw(false, true);
      });
    }
    return width;
  }

  /** @param {Chart} chart */
  leave(chart) {
    this.charts.delete(chart);
    this.axisWidths.delete(chart);
  }

  /** Go back to the range last drawn, after a gesture that chose none. */
  settle() {
    for (const chart of this.charts) {
      if (chart.drawing !== null) chart.showRange(chart.drawing.range);
    }
  }

  /** End a gesture; the range it chose comes with the next drawing. */
  release() {
    this.held = null;
  }
}

/** @type {WeakMap<object, ChartGroup>} */
const groups = new WeakMap();

/**
 * The group of the time charts of a store.
 *
 * @param {object} store
 * @returns {ChartGroup}
 */
export function groupOf(store) {
  let group = groups.get(store);
  if (group === undefined) {
    group = new ChartGroup();
    groups.set(store, group);
  }
  return group;
}
