/**
 * What stands on a time chart besides its lines: values that are not finite, attempts, marks,
 * the chosen timestep, values that the scale cannot show.
 *
 * Rows and what was chosen enter, marks are painted; each keeps its text only where there is
 * room for it.
 */

import * as overlays from "../chart/overlays.js";
import { colour } from "../chart/palette.js";
import { formatCount } from "../format.js";
import { markPainting } from "../marks_later.js";
import { xOfTimestep } from "../places.js";
import { nonFiniteSpans } from "../rows/non_finite.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../rows.js").Rows} Rows */
/** @typedef {import("../chart.js").Pen} Pen */

/** @typedef {import("../rows/non_finite.js").NonFiniteSpan} NonFiniteSpan */

const NAMES = { nan: "NaN", infinite: "∞", both: "NaN, ∞", unknown: "NaN/∞" };

export class TimeMarks {
  /**
   * @param {() => void} redraw Called once what draws marks has come.
   * @param {boolean} hasMeans Whether means of earlier attempts belong on the chart.
   */
  constructor(redraw, hasMeans) {
    this.redraw = redraw;
    this.hasMeans = hasMeans;
    /** Of the painting that goes on. @type {import("../marks/painting.js").ChartMarks | null} */
    this.run = null;
    /** @type {State | null} */
    this.state = null;
    /** @type {Rows | null} */
    this.rows = null;
    /** @type {NonFiniteSpan[]} */
    this.spans = [];
    /** Places of rows with a value that a logarithmic axis cannot hold. @type {number[]} */
    this.nonPositive = [];
    /** @type {overlays.Band[]} */
    this.painted = [];
  }

  /**
   * @param {State} state
   * @param {Rows} rows
   * @param {import("../types.js").Scale} scale
   */
  set(state, rows, scale) {
    const { statistics = null } = state.data ?? {};
    this.state = state;
    this.rows = rows;
    this.spans = nonFiniteSpans(rows, {
      nan: statistics?.nan_batches ?? 0,
      infinite: statistics?.inf_batches ?? 0,
    });
    this.nonPositive = scale === "log"
      ? rows.x.filter((_, i) => (rows.min[i] ?? 1) <= 0)
      : [];
  }

  /** @param {Pen} pen */
  paintBelow(pen) {
    const bands = this.spans.filter(({ kind }) => kind !== "infinite");
    this.painted = overlays.paintBands(pen, bands.map(bandOf));
    this.run = null;
    const { rows, state } = this;
    const marks = state?.data?.run.marks ?? [];
    const painting = markPainting(marks, this.redraw);
    if (painting === null || rows === null) return;
    const dropped = this.hasMeans ? (state?.fetched.dropped ?? null) : null;
    if (dropped !== null) {
      painting.paintDropped(pen, dropped, (index) => xOfTimestep(rows, index));
    }
    this.run = new painting.ChartMarks(pen, marks, (index) => xOfTimestep(rows, index));
    this.run.paintBelow(pen);
  }

  /**
   * The mark whose shape stands at a place of a plot; a picture of it may have been painted since.
   *
   * @param {Omit<Pen, "context" | "font" | "y">} plot
   * @param {number} x Px of the canvas.
   * @param {number} fromBottom Px above the lower edge of the plotting area.
   * @param {boolean} touch
   */
  at(plot, x, fromBottom, touch) {
    const { rows, state } = this;
    const marks = state?.data?.run.marks ?? [];
    const painting = markPainting(marks, this.redraw);
    if (painting === null || rows === null) return null;
    const placed = new painting.ChartMarks(plot, marks, (index) => xOfTimestep(rows, index));
    return placed.at(x, fromBottom, { ratio: plot.ratio, touch });
  }

  /**
   * The marks of a row of timesteps in words.
   *
   * @param {Rows} rows
   * @param {number} row
   * @param {{short: boolean}} how
   * @returns {string[]}
   */
  wordsAt(rows, row, { short }) {
    const marks = this.state?.data?.run.marks ?? [];
    const painting = markPainting(marks, this.redraw);
    const first = rows.index[row] ?? 0;
    const stop = first + Math.max(1, rows.span[row] ?? 1);
    return marks.flatMap((mark) => {
      const { index } = mark;
      const here = index !== null && index >= first && index < stop;
      if (!here || painting === null) return [];
      return [short ? painting.markLabel(mark) : painting.markWords(mark)];
    });
  }

  /** @param {Pen} pen */
  paintAbove(pen) {
    const { rows, state } = this;
    if (rows === null) return;
    const begun = rows.x.flatMap((_, row) => (rows.span[row] === 0 ? [row] : []));
    for (const row of begun) {
      overlays.paintUpright(pen, rows.x[row] ?? 0, colour("--text-3", 0.7), [1, 3]);
    }
    const labels = new overlays.LabelRow(pen);
    const infinite = this.spans.filter(({ kind }) => kind === "infinite" || kind === "both");
    const triangles = overlays.paintInfinities(labels, infinite.map(bandOf));
    overlays.labelBands(labels, [...this.painted, ...triangles]);
    overlays.paintBottomMarks(pen, this.nonPositive);
    for (const row of begun) this.nameAttempt(labels, rows, row);
    this.run?.paintAbove(pen, labels);
    labels.paint();
    const chosen = state?.view.chosen ?? null;
    if (chosen === null) return;
    overlays.paintUpright(pen, xOfTimestep(rows, chosen), colour("--accent"), [], 1.5);
  }

  /**
   * @param {overlays.LabelRow} labels
   * @param {Rows} rows
   * @param {number} row
   */
  nameAttempt(labels, rows, row) {
    const x = labels.pen.x(rows.x[row] ?? 0);
    const attempt = rows.attempt[row] ?? 0;
    const told = this.state?.data?.run.attempts[attempt]?.label;
    labels.write(told || `attempt ${formatCount(attempt + 1)}`, x, x, colour("--text-3"));
  }
}

/**
 * @param {NonFiniteSpan} span
 * @returns {overlays.Band}
 */
function bandOf({ from, to, values, kind }) {
  return { from, to, values, name: NAMES[kind] };
}
