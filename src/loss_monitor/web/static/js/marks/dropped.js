/**
 * What earlier attempts had trained before it was done again, under the lines of a chart: a pale
 * dashed line of the means, a line for each attempt.
 */

import { colour } from "../chart/palette.js";

/** @typedef {import("../types.js").DroppedAnswer} DroppedAnswer */
/** @typedef {import("../chart.js").Pen} Pen */

const DASH_PX = [5, 3];

/**
 * @param {DroppedAnswer} answer
 * @returns {{place: number, mean: number}[][]} Stretches without a gap, of one attempt each.
 */
export function droppedLines({ attempt, place, mean }) {
  /** @type {{place: number, mean: number}[][]} */
  const lines = [];
  let before = -1;
  for (const [i, at] of place.entries()) {
    const value = mean[i] ?? null;
    if (value === null) {
      before = -1;
      continue;
    }
    const own = attempt[i] ?? 0;
    if (own !== before || lines.length === 0) lines.push([]);
    lines.at(-1)?.push({ place: at, mean: value });
    before = own;
  }
  return lines;
}

/**
 * @param {Pen} pen
 * @param {DroppedAnswer} answer
 * @param {(index: number) => number} x From timestep to axis units.
 */
export function paintDropped(pen, answer, x) {
  const { context, ratio } = pen;
  context.save();
  context.strokeStyle = colour("--text-3", 0.75);
  context.lineWidth = 1.25 * ratio;
  context.setLineDash(DASH_PX.map((length) => length * ratio));
  for (const line of droppedLines(answer)) {
    context.beginPath();
    for (const { place, mean } of line) {
      const [left, top] = [pen.x(x(place)), pen.y(mean)];
      // A logarithmic axis has no place for zero.
      if (Number.isFinite(top)) context.lineTo(left, top);
    }
    context.stroke();
  }
  context.restore();
}
