/**
 * The heat strip below the lines of a chart: timestep by quantile of its batches, the colour
 * says the loss.
 *
 * It takes a part of the plotting area from below: the y-range is made longer by it, and its
 * rows have ticks of their own.
 */

import { heatColour } from "../chart/heat.js";
import { colour } from "../chart/palette.js";
import { transformOf } from "../chart/scale.js";
import { QUANTILES } from "./online_rows.js";

/** @typedef {import("../chart.js").Pen} Pen */
/** @typedef {import("../chart/ticks.js").Ticks} Ticks */
/** @typedef {import("../chart/time_ticks.js").TicksOf} TicksOf */
/** @typedef {import("../chart/y_range.js").YAxis} YAxis */
/** @typedef {import("../rows.js").Rows} Rows */

/** Of the plotting area; between lines and strip some room stays. */
const SHARE = 0.42;
const GAP = 0.03;

/**
 * A y-range with room for the strip below it.
 *
 * @param {[number, number]} range
 * @param {YAxis} axis
 * @returns {[number, number]}
 */
export function withStrip([low, high], axis) {
  const { to, from } = transformOf(axis);
  const room = ((to(high) - to(low)) * (SHARE + GAP)) / (1 - SHARE - GAP);
  return [from(to(low) - room), high];
}

/**
 * The ticks of the lines, and a name for each second row of the strip.
 *
 * @param {YAxis} axis
 * @param {TicksOf} ticksOf
 * @returns {TicksOf}
 */
export function stripTicks(axis, ticksOf) {
  const { to, from } = transformOf(axis);
  return (min, max, most) => {
    const [bottom, height] = [to(min), to(max) - to(min)];
    const ticks = ticksOf(from(bottom + height * (SHARE + GAP)), max, Math.ceil(most * 0.6));
    const place = (/** @type {number} */ row) =>
      from(bottom + height * SHARE * (1 - (row + 0.5) / QUANTILES.length));
    const named = QUANTILES.flatMap(({ name }, row) => (row % 3 === 0 ? [{ name, row }] : []));
    return {
      at: [...named.map(({ row }) => place(row)).reverse(), ...ticks.at],
      text: [...named.map(({ name }) => name).reverse(), ...ticks.text],
    };
  };
}

/**
 * @param {Pen} pen
 * @param {Rows} rows
 * @param {[number, number]} sight First and one after the last row in sight.
 * @param {YAxis} axis
 */
export function paintStrip(pen, rows, [begin, end], axis) {
  const { online } = rows;
  if (!online) return;
  const { context, ratio } = pen;
  const height = pen.height * SHARE;
  const top = pen.top + pen.height - height;
  context.fillStyle = colour("--surface");
  context.fillRect(pen.left, top - GAP * pen.height, pen.width, height + GAP * pen.height);
  const share = shares(rows, [begin, end], axis);
  QUANTILES.forEach(({ of }, row) => {
    const column = of(online);
    const from = Math.round(top + (row / QUANTILES.length) * height);
    const to = Math.round(top + ((row + 1) / QUANTILES.length) * height);
    for (let i = begin; i < end; i += 1) {
      const value = column[i] ?? null;
      if (value === null) continue;
      const left = pen.x(rows.left[i] ?? 0);
      // Neighbours touch: a seam between them would be read as a line.
      const width = Math.max(pen.x(rows.right[i] ?? 0) - left, ratio);
      context.fillStyle = heatColour(share(value));
      context.fillRect(Math.floor(left), from, Math.ceil(width) + 1, to - from - ratio);
    }
  });
}

/**
 * Where a value lies between the 10th and the 90th percentiles of what is in sight: single
 * extremes must not make all others one colour.
 *
 * @param {Rows} rows
 * @param {[number, number]} sight
 * @param {YAxis} axis
 * @returns {(value: number) => number}
 */
function shares({ online }, [begin, end], axis) {
  const { to } = transformOf(axis);
  const seen = (/** @type {import("../types.js").Value[] | undefined} */ column) =>
    (column ?? []).slice(begin, end).flatMap((value) => (value === null ? [] : [to(value)]))
      .filter(Number.isFinite);
  const low = Math.min(...seen(online?.percentile_10));
  const high = Math.max(...seen(online?.percentile_90));
  return (value) => (high > low ? (to(value) - low) / (high - low) : 0.5);
}
