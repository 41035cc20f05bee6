/**
 * Marks on the ribbon and on the time charts.
 *
 * What the run's marks are and where timesteps stand enters; pixels leave, and which mark a
 * pointer means. Fetched when a run has its first mark.
 */

import * as overlays from "../chart/overlays.js";
import { colour } from "../chart/palette.js";
import { isQuiet, markAt, placeMarks } from "./place.js";
import { drawShape, drawStretch, markColour } from "./shapes.js";
import { markLabel } from "./words.js";

/** @typedef {import("../types.js").Mark} Mark */
/** @typedef {import("../chart.js").Pen} Pen */
/** @typedef {import("./place.js").Placed} Placed */

export { paintDropped } from "./dropped.js";
export { markLabel, markWords } from "./words.js";
export { markAt, placeMarks };

const RIBBON_SIZE_PX = 4.2;
const RIBBON_EDGE_PX = 5.5;
const CHART_SIZE_PX = 4.6;
/** Above the lower edge of a chart: quiet marks, and the others above them. */
const QUIET_LANE_PX = 7;
const LOUD_LANE_PX = 20;
const REACH_PX = 7;
/** A finger is wider than a pointer. */
const REACH_TOUCH_PX = 16;

/**
 * Draw marks on the ribbon: quiet ones along the lower edge, the others along the upper one.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Placed[]} placed
 * @param {number} height
 */
export function drawOnRibbon(context, placed, height) {
  for (const { mark, at, from } of placed) {
    if (at - from < 3) continue;
    const box = isQuiet(mark.kind)
      ? { left: from, top: height - 4, width: at - from, height: 3 }
      : { left: from, top: 0, width: at - from, height };
    drawStretch(context, markColour(mark), box, 1);
  }
  for (const { mark, at, shape } of placed) {
    const y = isQuiet(mark.kind) ? height - RIBBON_EDGE_PX : RIBBON_EDGE_PX;
    if (mark.kind === "restart") {
      context.fillStyle = colour("--text");
      context.fillRect(at - 0.75, 0, 1.5, height);
    }
    drawShape(context, mark, shape, y, RIBBON_SIZE_PX);
  }
}

/**
 * Whether a mark has a text on a chart: attempts and NaN have theirs already, and of checkpoints,
 * or of a dry run that is over, there is nothing to say that their shape does not.
 *
 * @param {Mark} mark
 */
function isNamed({ kind, level }) {
  if (kind === "dry_run") return level !== "ok";
  return !["checkpoint", "restart", "restored", "non_finite"].includes(kind);
}

/** The marks of one painting of a chart. */
export class ChartMarks {
  /**
   * @param {Omit<Pen, "context" | "font" | "y">} pen
   * @param {readonly Mark[]} marks
   * @param {(index: number) => number} x From timestep to axis units.
   */
  constructor(pen, marks, x) {
    const inside = /** @type {[number, number]} */ ([pen.left, pen.left + pen.width]);
    /** @type {Placed[]} In device pixels. */
    this.placed = placeMarks(marks, (index) => pen.x(x(index)), inside, pen.ratio);
  }

  /** @param {Pen} pen */
  paintBelow(pen) {
    for (const { mark, at, from } of this.placed) {
      const left = Math.max(from, pen.left);
      if (at - left < 2 * pen.ratio || mark.kind !== "rollback") continue;
      const box = { left, top: pen.top, width: at - left, height: pen.height };
      drawStretch(pen.context, markColour(mark), box, pen.ratio);
    }
  }

  /**
   * @param {Pen} pen
   * @param {overlays.LabelRow} labels
   */
  paintAbove(pen, labels) {
    const { context, ratio } = pen;
    const bottom = pen.top + pen.height;
    for (const { mark, at } of this.placed) {
      if (isQuiet(mark.kind)) continue;
      context.fillStyle = colour(markColour(mark), mark.kind === "non_finite" ? 0.35 : 0.7);
      context.fillRect(Math.round(at - ratio / 2), pen.top, ratio, pen.height);
    }
    for (const { mark, shape } of this.placed) {
      const lane = isQuiet(mark.kind) ? QUIET_LANE_PX : LOUD_LANE_PX;
      drawShape(context, mark, shape, bottom - lane * ratio, CHART_SIZE_PX * ratio);
    }
    // The most severe says first what it is; the others where there is room left.
    for (const { mark, at, from, shape } of [...this.placed].reverse()) {
      if (!isNamed(mark)) continue;
      const left = Math.min(from, shape);
      labels.write(markLabel(mark), left, Math.max(at, shape), colour(markColour(mark)));
    }
  }

  /**
   * The mark whose shape stands at a place.
   *
   * @param {number} x Px of the canvas.
   * @param {number} fromBottom Px above the lower edge of the plotting area.
   * @param {{ratio: number, touch: boolean}} how Device pixels per px, and whether a finger it is.
   * @returns {Mark | null}
   */
  at(x, fromBottom, { ratio, touch }) {
    const reach = touch ? REACH_TOUCH_PX : REACH_PX;
    const found = markAt(this.placed, x * ratio, reach * ratio, ({ mark }) => {
      const lane = isQuiet(mark.kind) ? QUIET_LANE_PX : LOUD_LANE_PX;
      return Math.abs(fromBottom - lane) <= reach;
    });
    return found?.mark ?? null;
  }
}
