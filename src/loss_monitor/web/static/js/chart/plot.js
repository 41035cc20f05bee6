/**
 * A chart in uPlot's words.
 *
 * A chart enters; the options from which uPlot makes axes, lines, fills, cursor and painted
 * layers leave. Everything that may change later (ranges, ticks, colours) is asked for at
 * each drawing, so that a plot is built anew only for another scale.
 */

/// <reference path="../uplot.d.ts" />

import { colour } from "./palette.js";

/** @typedef {import("../chart.js").Chart} Chart */
/** @typedef {import("../chart.js").Line} Line */
/** @typedef {import("../chart.js").Pen} Pen */
/** @typedef {import("./ticks.js").Ticks} Ticks */
/** @typedef {import("uplot")} Plot */
/** @typedef {import("uplot").Options} Options */
/** @typedef {import("uplot").Axis} Axis */
/** @typedef {import("uplot").Series} Series */
/** @typedef {import("uplot").AlignedData} AlignedData */

const MARKER_SPACE_PX = 9;
const DENSE_SPACE_PX = 2.5;
const TICK_SPACE_X_PX = 80;
const TICK_SPACE_Y_PX = 44;
/** A low chart needs more than two. */
const TICK_SPACE_Y_LOW_PX = 32;
const LOW_PX = 190;
const FONT_PX = 11;
/** Axes of charts above each other line up: their width moves in steps. */
const AXIS_STEP_PX = 8;
const AXIS_LEAST_PX = 48;
const AXIS_HEIGHT_PX = 28;
const AXIS_BARE_PX = 6;

/** The library's numbers of scales. */
const DISTRIBUTIONS = /** @type {const} */ ({ linear: 1, log: 3, symlog: 4 });

/**
 * Draw a chart into its host, at once; what is drawn asks for the chart's `plot`.
 *
 * @param {Chart} chart
 * @param {AlignedData} data
 */
export function createPlot(chart, data) {
  new window.uPlot(plotOptions(chart), data, (plot, begin) => {
    chart.plot = plot;
    chart.host.append(plot.root);
    plot.batch(() => begin());
  });
}

/** Device pixels per CSS pixel, as the plots are drawn. */
export function pixelRatio() {
  return window.uPlot.pxRatio;
}

/**
 * @param {Chart} chart
 * @returns {Options}
 */
function plotOptions(chart) {
  const { options } = chart;
  const { magnify = 1 } = options;
  return {
    width: chart.host.clientWidth,
    height: chart.host.clientHeight,
    padding: [10 * magnify, 14 * magnify, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false, setScale: false },
      bind: { mousedown: () => null, mouseup: () => null, dblclick: () => null },
      move: (_plot, left, top) => chart.snap(left, top),
      dataIdx: (_plot, _series, row) => chart.drawing?.row(row) ?? row,
      points: { show: cursorPoint(options.lines) },
    },
    scales: {
      x: { time: false, range: () => chart.range },
      y: {
        distr: DISTRIBUTIONS[chart.drawing?.scale ?? "linear"],
        log: 10,
        asinh: chart.drawing?.threshold ?? 1,
        range: () => chart.drawing?.yRange(chart.range) ?? [0, 1],
      },
    },
    axes: [xAxis(chart), yAxis(chart)],
    series: [{}, ...options.lines.map((line, i) => series(chart, line, i))],
    bands: (options.fills ?? []).map((fill) => ({
      series: [fill.upper + 1, fill.lower + 1],
      fill: () => colour(fill.colour, fill.alpha),
    })),
    hooks: {
      drawAxes: [(plot) => paint(plot, chart, options.paintBelow)],
      draw: [(plot) => paint(plot, chart, options.paintAbove)],
      setCursor: [() => chart.cursorMoved()],
    },
  };
}

/**
 * @param {Chart} chart
 * @returns {Axis}
 */
function xAxis(chart) {
  const { magnify = 1 } = chart.options;
  const size = AXIS_HEIGHT_PX * magnify;
  return axis(chart, { size, grid: { show: false } }, (plot, min, max) => {
    const room = plot.width / magnify - AXIS_LEAST_PX;
    const most = Math.max(2, Math.floor(room / TICK_SPACE_X_PX));
    return chart.drawing?.xTicks(min, max, most) ?? { at: [], text: [] };
  });
}

/**
 * @param {Chart} chart
 * @returns {Axis}
 */
function yAxis(chart) {
  const { magnify = 1, yTexts = true } = chart.options;
  const grid = { stroke: () => colour("--grid"), width: magnify };
  const size = yTexts ? axisWidth(chart) : AXIS_BARE_PX * magnify;
  return axis(chart, { size, grid }, (plot, min, max) => {
    const room = plot.height / magnify - AXIS_HEIGHT_PX;
    const space = room < LOW_PX ? TICK_SPACE_Y_LOW_PX : TICK_SPACE_Y_PX;
    const most = Math.max(2, Math.floor(room / space));
    return chart.drawing?.yTicks(min, max, most) ?? { at: [], text: [] };
  });
}

/**
 * @param {Chart} chart
 * @param {Axis} options
 * @param {(plot: Plot, min: number, max: number) => Ticks} ticksOf
 * @returns {Axis}
 */
function axis(chart, options, ticksOf) {
  /** @type {Map<number, string>} */
  let texts = new Map();
  const { magnify = 1 } = chart.options;
  return {
    stroke: () => colour("--axis"),
    font: `${Math.round(FONT_PX * magnify)}px ${chart.font}`,
    gap: 7 * magnify,
    ticks: { show: false },
    splits: (plot, _axis, min, max) => {
      const { at, text } = ticksOf(plot, min, max);
      texts = new Map(at.map((value, i) => [value, text[i] ?? ""]));
      return at;
    },
    filter: (_plot, splits) => splits,
    values: (_plot, splits) => splits.map((value) => texts.get(value) ?? ""),
    ...options,
  };
}

/**
 * Width of the y-axis: that of its longest text, or of those of the charts it is aligned with.
 *
 * @param {Chart} chart
 * @returns {(plot: Plot, texts: string[]) => number}
 */
function axisWidth(chart) {
  return (plot, texts) => {
    plot.ctx.font = String(plot.axes[1]?.font?.[0] ?? plot.ctx.font);
    const widths = (texts ?? []).map((text) => plot.ctx.measureText(text).width / pixelRatio());
    const { group, magnify = 1 } = chart.options;
    const needed = Math.max(0, ...widths) / magnify + 14;
    const width = Math.max(AXIS_LEAST_PX, Math.ceil(needed / AXIS_STEP_PX) * AXIS_STEP_PX);
    return group?.alignAxes(chart, width) ?? width * magnify;
  };
}

/**
 * @param {Chart} chart
 * @param {Line} line
 * @param {number} i
 * @returns {Series}
 */
function series(chart, line, i) {
  const { magnify = 1 } = chart.options;
  const width = line.width ?? 1.5;
  if (width === 0) return { stroke: "transparent", width: 0, points: { show: false } };
  const { opacity = 1, alpha = opacity } = line;
  const stroke = () => colour(line.colour, chart.spacing() < DENSE_SPACE_PX ? alpha : opacity);
  return {
    stroke,
    width: width * magnify,
    dash: line.dash?.map((length) => length * magnify),
    points: {
      size: (width > 1.5 ? 6 : 4.5) * magnify,
      width: 0,
      fill: stroke,
      stroke,
      show: () => chart.spacing() >= MARKER_SPACE_PX,
      // A point between two gaps has no line to be seen by.
      filter: (_plot, _series, shown) => (shown ? null : (chart.isolated[i] ?? null)),
    },
  };
}

/**
 * @param {Line[]} lines
 * @returns {(plot: Plot, series: number) => HTMLElement} Not an element for a line that is not
 *   drawn; the library then shows none, which its types do not say.
 */
function cursorPoint(lines) {
  return (_plot, series) => {
    const line = lines[series - 1];
    if (line === undefined || line.width === 0) return /** @type {any} */ (false);
    const point = document.createElement("div");
    point.className = "chart-point";
    point.style.background = `var(${line.colour})`;
    return point;
  };
}

/**
 * @param {Plot} plot
 * @param {Chart} chart
 * @param {((pen: Pen) => void) | undefined} painter
 */
function paint(plot, chart, painter) {
  if (painter === undefined) return;
  const { ctx: context, bbox } = plot;
  context.save();
  context.beginPath();
  context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  context.clip();
  painter({
    ...{ context, left: bbox.left, top: bbox.top, width: bbox.width, height: bbox.height },
    ratio: pixelRatio() * (chart.options.magnify ?? 1),
    font: chart.font,
    x: (value) => plot.valToPos(value, "x", true),
    y: (value) => plot.valToPos(value, "y", true),
  });
  context.restore();
}
