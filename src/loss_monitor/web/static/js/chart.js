/**
 * The one wrapper around uPlot: a chart drawn from columns.
 *
 * Columns, ranges and ticks enter; pixels, cursor moves and chosen ranges leave. Whoever draws
 * charts uses this interface only: the library is named here and in chart/plot.js, nowhere
 * else, so that it can be replaced.
 */

import { listenToKeys, listenToRange, listenToTouch } from "./chart/gestures.js";
import { createPlot, pixelRatio } from "./chart/plot.js";
import { fontFamily } from "./chart/palette.js";
import { keepWithin } from "./chart/zoom.js";

/** @typedef {import("./chart/ticks.js").Ticks} Ticks */
/** @typedef {import("./chart/group.js").ChartGroup} ChartGroup */
/** @typedef {import("./chart/plot.js").AlignedData} AlignedData */
/** @typedef {(number | null | undefined)[]} Column `null` is a gap, `undefined` nothing at all. */

/**
 * @typedef {object} Line How a column is drawn.
 * @property {string} colour CSS variable.
 * @property {number} [width] In px; 0 draws nothing but the edge of a fill.
 * @property {number} [opacity] 1 by default.
 * @property {number} [alpha] Opacity where the points are dense.
 * @property {number[]} [dash]
 */

/**
 * @typedef {object} Fill The area between two columns.
 * @property {number} upper Number of the column.
 * @property {number} lower
 * @property {string} colour
 * @property {number} [alpha]
 */

/**
 * @typedef {object} Pen A place to paint on, in device pixels.
 * @property {CanvasRenderingContext2D} context
 * @property {number} left Of the plotting area.
 * @property {number} top
 * @property {number} width
 * @property {number} height
 * @property {number} ratio Device pixels per CSS pixel.
 * @property {string} font Family.
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y
 */

/**
 * @typedef {object} ChartOptions What stays the same while a chart lives, but for its lines.
 * @property {Line[]} lines One per column.
 * @property {Fill[]} [fills]
 * @property {(pen: Pen) => void} [paintBelow] Painted between the grid and the lines.
 * @property {(pen: Pen) => void} [paintAbove]
 * @property {(row: number | null, left: number) => void} [onCursor] `left` in px of the host.
 * @property {(row: number) => void} [onStep] The cursor was moved by keys.
 * @property {(range: [number, number]) => void} [onRange] A gesture chose a range.
 * @property {() => void} [onReset]
 * @property {(x: number) => void} [onChoose] A click, or Enter at the cursor.
 * @property {ChartGroup} [group] Charts with the same x-axis; only these can be zoomed.
 * @property {boolean} [yTexts] Whether the y-axis has texts, and room for them; true by default.
 * @property {number} [magnify] Everything but the data this many times as large, for pictures.
 */

/**
 * @typedef {object} Drawing What is drawn.
 * @property {number[]} x Rising.
 * @property {Column[]} columns
 * @property {[number, number]} range Shown of `x`.
 * @property {[number, number]} full All there is to show of it.
 * @property {number} least Narrowest range worth showing.
 * @property {boolean} zoomed
 * @property {import("./types.js").Scale} scale
 * @property {number} [threshold] Of the symmetric logarithmic scale: linear up to it.
 * @property {(range: [number, number]) => [number, number]} yRange For a range of `x`.
 * @property {(min: number, max: number, most: number) => Ticks} xTicks
 * @property {(min: number, max: number, most: number) => Ticks} yTicks
 * @property {(row: number) => number | null} row The nearest row that can be pointed at.
 */

export class Chart {
  /**
   * @param {HTMLElement} host Sized by the style sheet; the chart follows its size.
   * @param {ChartOptions} options
   */
  constructor(host, options) {
    this.host = host;
    this.options = options;
    /** @type {Drawing | null} */
    this.drawing = null;
    /** @type {[number, number]} */
    this.range = [0, 1];
    /** @type {number | null} */
    this.cursorRow = null;
    /** Where the keyboard put the cursor; the group's, where there is one. */
    this.place = options.group ?? { pinned: /** @type {number | null} */ (null) };
    /** Whether the lines are others than those that are drawn. */
    this.reshaped = false;
    /** Whether a gesture lasts. */
    this.inHand = false;
    /** What came while a gesture lasts, and cannot be drawn under it. @type {Drawing | null} */
    this.waiting = null;
    /** Whether what moves the cursor is not the user: the group is not told. */
    this.silent = false;
    /** @type {(number[] | null)[]} */
    this.isolated = [];
    /** @type {import("./chart/plot.js").Plot | null} */
    this.plot = null;
    this.handlers = this.makeHandlers();
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(host);
    this.ended = new AbortController();
    const { signal } = this.ended;
    document.addEventListener("themechange", () => this.plot?.redraw(false), { signal });
    listenToKeys(host, this.handlers, { zoomable: options.group !== undefined, signal });
    options.group?.charts.add(this);
  }

  /** Family: asked for when something is painted, since that makes the browser lay out. */
  get font() {
    return fontFamily();
  }

  /**
   * Have other lines from the next drawing on.
   *
   * @param {Pick<ChartOptions, "lines" | "fills">} lines
   */
  reshape(lines) {
    this.options = { ...this.options, ...lines };
    this.reshaped = true;
  }

  /** @param {Drawing} drawing */
  draw(drawing) {
    const { scale, threshold } = this.drawing ?? {};
    const rebuilt = this.plot === null || this.reshaped
      || scale !== drawing.scale || threshold !== drawing.threshold;
    // Another plot would take the place of the one that is in the user's hand.
    this.waiting = rebuilt && this.inHand && this.plot !== null ? drawing : null;
    if (this.waiting !== null) return;
    this.drawing = drawing;
    this.range = this.options.group?.held ?? drawing.range;
    this.isolated = drawing.columns.map(isolatedPoints);
    const data = /** @type {AlignedData} */ ([drawing.x, ...drawing.columns]);
    const { plot } = this;
    const { pinned } = this.place;
    const { left = -10, top = -10 } = plot?.cursor ?? {};
    // The library tells of its cursor with each drawing, though the user did not move it.
    this.silent = true;
    // Drawn at once, before any words are written: see frames.js.
    if (plot !== null && !rebuilt) plot.batch(() => plot.setData(data));
    else this.build(data);
    if (rebuilt && left >= 0) this.plot?.setCursor({ left, top });
    this.silent = false;
    if (pinned !== null) this.pointAt(pinned);
    else if (this.cursorRow !== null) this.tellCursor();
  }

  /**
   * Show another range, as a gesture does while it lasts.
   *
   * @param {[number, number]} range
   */
  showRange(range) {
    this.range = range;
    this.plot?.setScale("x", { min: range[0], max: range[1] });
  }

  /**
   * Put the cursor at the row nearest to `x`, or take it away; does not tell the group.
   *
   * @param {number | null} x
   */
  pointAt(x) {
    const { plot } = this;
    if (plot === null || this.drawing === null) return;
    this.silent = true;
    const inside = x !== null && x >= this.range[0] && x <= this.range[1];
    plot.setCursor(inside ? { left: plot.valToPos(x, "x"), top: 0 } : { left: -10, top: -10 });
    this.silent = false;
  }

  destroy() {
    this.options.group?.leave(this);
    this.ended.abort();
    this.resized.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width === 0 || height === 0) return;
    if (this.plot === null) {
      if (this.drawing !== null) this.draw(this.drawing);
    } else if (width !== this.plot.width || height !== this.plot.height) {
      this.plot.setSize({ width, height });
    }
  }

  /** @param {AlignedData} data */
  build(data) {
    this.plot?.destroy();
    this.plot = null;
    this.reshaped = false;
    // A chart without size (a hidden view) is built when it gets one, at the earliest in the
    // next frame: sizes that change within a frame are not observed.
    if (this.host.clientWidth === 0 || this.host.clientHeight === 0) {
      requestAnimationFrame(() => this.resize());
      return;
    }
    createPlot(this, data);
    this.listen();
  }

  listen() {
    const { plot } = this;
    if (plot === null) return;
    if (this.options.group !== undefined) listenToRange(plot.over, this.handlers);
    else listenToTouch(plot.over, this.handlers);
  }

  /** Room per point, in px. */
  spacing() {
    const { plot } = this;
    if (plot === null) return 0;
    const [first, last] = [plot.valToIdx(this.range[0]), plot.valToIdx(this.range[1])];
    const width = plot.bbox.width / pixelRatio() / (this.options.magnify ?? 1);
    return width / Math.max(1, last - first);
  }

  /**
   * The cursor stands at rows, not between them.
   *
   * @param {number} left
   * @param {number} top
   * @returns {[number, number]}
   */
  snap(left, top) {
    const { plot } = this;
    if (plot === null || left < 0) return [left, top];
    const row = this.drawing?.row(plot.posToIdx(left)) ?? null;
    const x = row === null ? undefined : this.drawing?.x[row];
    if (x === undefined) return [left, top];
    const width = plot.bbox.width / pixelRatio();
    return [Math.min(Math.max(plot.valToPos(x, "x"), 0), width), top];
  }

  cursorMoved() {
    const { plot, drawing } = this;
    if (plot === null || drawing === null) return;
    const at = plot.cursor.idx ?? null;
    this.cursorRow = at === null ? null : drawing.row(at);
    this.tellCursor();
    if (this.silent) return;
    this.place.pinned = null;
    const x = this.cursorRow === null ? null : (drawing.x[this.cursorRow] ?? null);
    this.options.group?.point(this, x);
  }

  tellCursor() {
    const { plot } = this;
    if (plot === null) return;
    const left = (plot.cursor.left ?? 0) + plot.bbox.left / pixelRatio();
    this.options.onCursor?.(this.cursorRow, left);
  }

  /**
   * Move the cursor by rows, from the newest where there is none.
   *
   * @param {number | "first" | "last"} by
   */
  step(by) {
    const { drawing, plot } = this;
    if (drawing === null || plot === null || drawing.x.length === 0) return;
    const [first, last] = [this.rowAt(this.range[0], 1), this.rowAt(this.range[1], -1)];
    let row = by === "first" ? first : last;
    if (typeof by === "number" && this.cursorRow !== null) {
      row = this.cursorRow + by;
      // The row between two attempts holds nothing; the next one is meant.
      if (drawing.row(row) !== row) row += Math.sign(by);
    }
    row = drawing.row(Math.min(Math.max(row, first), last)) ?? last;
    this.handlers.point(drawing.x[row] ?? null);
    this.options.onStep?.(row);
  }

  /**
   * First row inside the range, seen from one of its ends.
   *
   * @param {number} x
   * @param {1 | -1} inwards
   */
  rowAt(x, inwards) {
    const row = this.plot?.valToIdx(x) ?? 0;
    const outside = ((this.drawing?.x[row] ?? x) - x) * inwards < 0;
    return outside ? row + inwards : row;
  }

  /** @returns {import("./chart/gestures.js").Handlers} */
  makeHandlers() {
    const { options } = this;
    return {
      range: () => this.range,
      limits: () => ({
        full: this.drawing?.full ?? [0, 1],
        least: this.drawing?.least ?? 0,
      }),
      zoomed: () => this.drawing?.zoomed ?? false,
      inHand: (held) => {
        this.inHand = held;
        if (!held && this.waiting !== null) this.draw(this.waiting);
      },
      hold: (range) => options.group?.hold(range),
      choose: (range) => {
        options.group?.release();
        options.onRange?.(keepWithin(range, this.handlers.limits()));
      },
      reset: () => options.onReset?.(),
      click: (x) => options.onChoose?.(x),
      point: (x) => {
        this.pointAt(x);
        options.group?.point(this, x);
        this.place.pinned = x;
      },
      pointed: () => this.cursorRow !== null,
      step: (by) => this.step(by),
      enter: () => {
        const x = this.cursorRow === null ? undefined : this.drawing?.x[this.cursorRow];
        if (x !== undefined) options.onChoose?.(x);
      },
    };
  }

}

/**
 * Points of a column that stand alone between gaps, where no line would show them.
 *
 * @param {Column} column
 * @returns {number[] | null} Null where there are none.
 */
function isolatedPoints(column) {
  const alone = [];
  let behindGap = true;
  let first = -1;
  for (let i = 0; i < column.length; i += 1) {
    const value = column[i];
    if (value === undefined) continue;
    if (value === null && first >= 0) alone.push(first);
    first = value !== null && behindGap ? i : -1;
    behindGap = value === null;
  }
  if (first >= 0) alone.push(first);
  return alone.length === 0 ? null : alone;
}
