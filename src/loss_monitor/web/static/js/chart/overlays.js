/**
 * What is painted on a chart besides its lines: bands, marks, guides, bars.
 *
 * A pen and things in axis units enter, pixels leave. Marks that do not fit beside each other
 * lose their text, never themselves.
 */

import { formatCount } from "../format.js";
import { colour } from "./palette.js";

/** @typedef {import("../chart.js").Pen} Pen */

/**
 * @typedef {object} Band A stretch of the x-axis.
 * @property {number} from
 * @property {number} to
 * @property {number} values
 * @property {string} name
 */

/**
 * @typedef {object} Bar
 * @property {number} x Middle.
 * @property {number} low
 * @property {number} high
 * @property {string} colour CSS variable.
 */

/** A band of one timestep among thousands must still be seen. */
const BAND_LEAST_PX = 4;
const BAND_JOIN_PX = 3;
/** Where bands so wide would take more of the plot than this, single ones are lines. */
const CROWDED_SHARE = 0.1;
const CROWDED_TICK_PX = 6;
const LABEL_GAP_PX = 6;
const LABEL_TOP_PX = 5;

/** Texts in the upper row of a chart, each where there is room for it. */
export class LabelRow {
  /** @param {Pen} pen */
  constructor(pen) {
    this.pen = pen;
    /** @type {[number, number][]} */
    this.taken = [];
    /** @type {{text: string, start: number, width: number, style: string}[]} */
    this.texts = [];
    pen.context.font = `600 ${10 * pen.ratio}px ${pen.font}`;
    pen.context.textBaseline = "top";
  }

  /**
   * Keep a stretch free of texts.
   *
   * @param {number} from Pixels.
   * @param {number} to
   */
  take(from, to) {
    this.taken.push([from, to]);
  }

  /**
   * Have something written right or left of a stretch, or not at all.
   *
   * @param {string} text
   * @param {number} from Pixels.
   * @param {number} to
   * @param {string} style
   */
  write(text, from, to, style) {
    const { pen } = this;
    const gap = LABEL_GAP_PX * pen.ratio;
    const width = pen.context.measureText(text).width;
    for (const start of [to + gap, from - gap - width]) {
      const inside = start >= pen.left && start + width <= pen.left + pen.width;
      const free = this.taken.every(([a, b]) => start + width + gap <= a || start - gap >= b - 1);
      if (!inside || !free) continue;
      this.take(start, start + width);
      this.texts.push({ text, start, width, style });
      return;
    }
  }

  /** Write everything, when all else is painted: no line strikes a text through. */
  paint() {
    const { context, font, ratio } = this.pen;
    const top = this.pen.top + LABEL_TOP_PX * ratio;
    context.font = `600 ${10 * ratio}px ${font}`;
    context.textBaseline = "top";
    context.textAlign = "left";
    for (const { text, start, width, style } of this.texts) {
      context.fillStyle = colour("--surface");
      context.fillRect(start - 2 * ratio, top - 2 * ratio, width + 4 * ratio, 14 * ratio);
      context.fillStyle = style;
      context.fillText(text, start, top);
    }
  }
}

/**
 * Amber bands where values are not finite, near ones joined; lines where these would cover the
 * data.
 *
 * @param {Pen} pen
 * @param {Band[]} bands In order.
 * @returns {Band[]} What is to be labelled, in pixels.
 */
export function paintBands(pen, bands) {
  const { context, ratio } = pen;
  const painted = joinBands(pen, bands);
  const covered = painted.reduce((sum, { from, to }) => sum + to - from, 0);
  const wide = bands.reduce((sum, { from, to }) => sum + pen.x(to) - pen.x(from), 0);
  const many = bands.length > 2 && covered > CROWDED_SHARE * pen.width;
  // Long stretches are not what crowds the plot.
  if (many && wide < covered / 2) return paintLines(pen, bands);
  for (const { from, to } of painted) {
    context.fillStyle = colour("--warn", 0.14);
    context.fillRect(from, pen.top, to - from, pen.height);
    context.fillStyle = colour("--warn", 0.55);
    context.fillRect(from, pen.top, ratio, pen.height);
    context.fillRect(to - ratio, pen.top, ratio, pen.height);
  }
  return painted;
}

/**
 * A thin line for each band, with a mark at the upper edge that shows where it is.
 *
 * @param {Pen} pen
 * @param {Band[]} bands
 * @returns {Band[]} All as one, to be labelled at the left edge.
 */
function paintLines(pen, bands) {
  const { context, ratio } = pen;
  const names = new Set();
  let values = 0;
  for (const band of bands) {
    const [from, to] = [pen.x(band.from), pen.x(band.to)];
    if (to < pen.left || from > pen.left + pen.width) continue;
    names.add(band.name);
    values += band.values;
    const width = Math.max(Math.round(to - from), 1);
    const left = Math.round((from + to - width) / 2);
    context.fillStyle = colour("--warn", 0.3);
    context.fillRect(left, pen.top, width, pen.height);
    context.fillStyle = colour("--warn");
    context.fillRect(left, pen.top, Math.max(width, ratio), CROWDED_TICK_PX * ratio);
  }
  const at = pen.left - LABEL_GAP_PX * ratio;
  return [{ from: at, to: at, values, name: [...names].join(", ") }];
}

/**
 * The counts of painted bands and triangles.
 *
 * @param {LabelRow} labels
 * @param {Band[]} painted
 */
export function labelBands(labels, painted) {
  for (const { from, to } of painted) labels.take(from, to);
  for (const { from, to, name, values } of painted) {
    const text = values === 1 && name === "∞" ? name : `${name} ×${formatCount(values)}`;
    labels.write(text, from, to, colour("--warn"));
  }
}

/**
 * Triangles at the top edge where values are infinite.
 *
 * @param {LabelRow} labels
 * @param {Band[]} bands
 * @returns {Band[]} As they were painted, in pixels.
 */
export function paintInfinities(labels, bands) {
  const { pen } = labels;
  const { context, ratio } = pen;
  const painted = joinBands(pen, bands).map((band) => {
    const x = (band.from + band.to) / 2;
    return { ...band, from: x - 5 * ratio, to: x + 5 * ratio };
  });
  for (const { from, to } of painted) {
    const x = (from + to) / 2;
    const top = pen.top + LABEL_TOP_PX * ratio;
    context.fillStyle = colour("--warn");
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x + 4.5 * ratio, top + 8 * ratio);
    context.lineTo(x - 4.5 * ratio, top + 8 * ratio);
    context.fill();
  }
  return painted;
}

/**
 * Marks at the bottom edge for values a logarithmic axis cannot hold.
 *
 * @param {Pen} pen
 * @param {number[]} places
 */
export function paintBottomMarks(pen, places) {
  const { context, ratio } = pen;
  const bottom = pen.top + pen.height;
  context.fillStyle = colour("--warn");
  context.beginPath();
  for (const place of places) {
    const x = pen.x(place);
    context.moveTo(x, bottom);
    context.lineTo(x - 4 * ratio, bottom - 7 * ratio);
    context.lineTo(x + 4 * ratio, bottom - 7 * ratio);
  }
  context.fill();
}

/**
 * A line from top to bottom.
 *
 * @param {Pen} pen
 * @param {number} value
 * @param {string} style
 * @param {number[]} [dash]
 * @param {number} [width]
 */
export function paintUpright(pen, value, style, dash = [], width = 1.25) {
  const x = Math.round(pen.x(value));
  strokeLine(pen, [x, pen.top, x, pen.top + pen.height], style, dash, width);
}

/**
 * A line from left to right.
 *
 * @param {Pen} pen
 * @param {number} value
 * @param {string} style
 * @param {number[]} [dash]
 */
export function paintLevel(pen, value, style, dash = []) {
  const y = Math.round(pen.y(value));
  strokeLine(pen, [pen.left, y, pen.left + pen.width, y], style, dash, 1.25);
}

/**
 * A stretch of the y-axis, over the whole width.
 *
 * @param {Pen} pen
 * @param {number} low
 * @param {number} high
 * @param {string} style
 */
export function paintStretch(pen, low, high, style) {
  const top = Math.max(pen.y(high), pen.top);
  const bottom = Math.min(pen.y(low), pen.top + pen.height);
  pen.context.fillStyle = style;
  pen.context.fillRect(pen.left, top, pen.width, Math.max(bottom - top, pen.ratio));
}

/**
 * Bars with rounded tops.
 *
 * @param {Pen} pen
 * @param {Bar[]} bars Evenly spaced.
 * @param {{width: number, share: number, floating?: boolean, most?: number}} shape Room per bar
 *   in axis units, share of it that is filled, whether the lower end is a value too, px at most.
 */
export function paintBars(pen, bars, { width, share, floating = false, most = 40 }) {
  const { context, ratio } = pen;
  const room = Math.abs(pen.x(width) - pen.x(0));
  const wide = Math.max(ratio, Math.min(room * share, most * ratio));
  const radius = wide > 6 * ratio ? Math.min(wide * 0.16, 3 * ratio) : 0;
  const base = pen.top + pen.height;
  // Bars of a colour are one path: a fill each would cost more than all else.
  for (const name of new Set(bars.map((bar) => bar.colour))) {
    context.fillStyle = colour(name);
    context.beginPath();
    for (const bar of bars) {
      if (bar.colour !== name) continue;
      const [a, b] = [pen.y(bar.high), Math.min(pen.y(bar.low), base + radius)];
      const [top, bottom] = floating && b - a < 2 * ratio ? [a - ratio, b + ratio] : [a, b];
      const left = Math.round(pen.x(bar.x) - wide / 2);
      const size = /** @type {const} */ ([Math.max(1, Math.round(wide)), bottom - top]);
      const upwards = floating ? radius : [radius, radius, 0, 0];
      const corners = bar.low < 0 && !floating ? [0, 0, radius, radius] : upwards;
      if (radius === 0) context.rect(left, top, ...size);
      else context.roundRect(left, top, ...size, corners);
    }
    context.fill();
  }
}

/**
 * @param {Pen} pen
 * @param {{x: number, y: number, colour: string}[]} dots
 */
export function paintDots(pen, dots) {
  for (const dot of dots) {
    pen.context.fillStyle = colour(dot.colour);
    pen.context.beginPath();
    pen.context.arc(pen.x(dot.x), pen.y(dot.y), 3.5 * pen.ratio, 0, 2 * Math.PI);
    pen.context.fill();
  }
}

/**
 * @param {Pen} pen
 * @param {Band[]} bands In axis units, in order.
 * @returns {Band[]} In pixels.
 */
function joinBands(pen, bands) {
  /** @type {Band[]} */
  const joined = [];
  for (const band of bands) {
    const centre = (pen.x(band.from) + pen.x(band.to)) / 2;
    const half = Math.max((pen.x(band.to) - pen.x(band.from)) / 2, (BAND_LEAST_PX / 2) * pen.ratio);
    const [from, to] = [Math.round(centre - half), Math.round(centre + half)];
    if (to < pen.left || from > pen.left + pen.width) continue;
    const last = joined.at(-1);
    const near = last !== undefined && from - last.to < BAND_JOIN_PX * pen.ratio;
    if (near && last.name === band.name) {
      last.to = Math.max(last.to, to);
      last.values += band.values;
    } else {
      joined.push({ ...band, from, to });
    }
  }
  return joined;
}

/**
 * @param {Pen} pen
 * @param {[number, number, number, number]} ends
 * @param {string} style
 * @param {number[]} dash
 * @param {number} width
 */
function strokeLine({ context, ratio }, [x0, y0, x1, y1], style, dash, width) {
  context.save();
  context.strokeStyle = style;
  context.lineWidth = width * ratio;
  context.setLineDash(dash.map((length) => length * ratio));
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
  context.restore();
}
