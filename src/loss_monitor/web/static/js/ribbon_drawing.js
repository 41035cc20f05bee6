/**
 * The ribbon on a canvas: attempts, the loss as a low hill, gaps, values that are not finite,
 * marks, what the charts show, and now.
 */

import { colour } from "./chart/palette.js";

/** @typedef {import("./ribbon_cells.js").Cell} Cell */
/** @typedef {import("./ribbon_cells.js").Gap} Gap */

/** More of the ribbon than this under values that are not finite hides the loss. */
const CROWDED_SHARE = 0.15;
const CROWDED_PX = 8;

/**
 * @typedef {object} Picture
 * @property {readonly Cell[]} cells
 * @property {readonly Gap[]} gaps
 * @property {(context: CanvasRenderingContext2D) => void} drawMarks
 * @property {number} total Timesteps of the run.
 * @property {[number, number]} shown What the time charts show.
 * @property {number} width In px. Given, as asking the browser makes it lay the page out.
 * @property {number} height
 */

/**
 * Draw the ribbon.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 */
export function drawRibbon(canvas, picture) {
  const { width, height } = picture;
  const context = canvas.getContext("2d");
  if (!context || width === 0) return;
  const ratio = devicePixelRatio;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  // Another size, even the same again, makes the browser lay the page out.
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const x = (/** @type {number} */ index) => (index / Math.max(1, picture.total)) * width;

  drawAttempts(context, picture, x, height, [colour("--surface-2"), colour("--hover")]);
  drawHill(context, picture.cells, x, height, colour("--series-mean"));
  drawNonFinite(context, picture.cells, x, [width, height], colour("--warn"));
  drawGaps(context, picture.gaps, x, height, colour("--bg"), colour("--axis"));
  picture.drawMarks(context);
  drawShown(context, picture, x, height, colour("--bg"), colour("--accent"));
  context.fillStyle = colour("--text");
  context.fillRect(width - 2, 0, 2, height);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Picture} picture
 * @param {(index: number) => number} x
 * @param {number} height
 * @param {[string, string]} colours
 */
function drawAttempts(context, { cells, total }, x, height, colours) {
  let from = 0;
  for (let row = 1; row <= cells.length; row += 1) {
    if (row < cells.length && cells[row].attempt === cells[from].attempt) continue;
    const start = x(cells[from].start);
    const stop = row < cells.length ? x(cells[row].start) - 2 : x(total);
    context.fillStyle = colours[cells[from].attempt % 2];
    context.fillRect(start, 0, Math.max(1, stop - start), height);
    from = row;
  }
}

/**
 * The mean losses, highest to lowest of the run, logarithmic where all are positive.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Cell[]} cells
 * @param {(index: number) => number} x
 * @param {number} height
 * @param {string} colour
 */
function drawHill(context, cells, x, height, colour) {
  let least = Infinity;
  let largest = -Infinity;
  let means = 0;
  for (const { mean } of cells) {
    if (mean === null) continue;
    means += 1;
    if (mean < least) least = mean;
    if (mean > largest) largest = mean;
  }
  if (means < 2) return;
  const scale = least > 0 ? Math.log : (/** @type {number} */ mean) => mean;
  const [lowest, highest] = [scale(least), scale(largest)];
  const y = (/** @type {number} */ mean) =>
    height - 3 - ((scale(mean) - lowest) / (highest - lowest || 1)) * (height - 7);
  context.fillStyle = colour;
  context.globalAlpha = 0.4;
  for (const cell of cells) {
    if (cell.mean === null) continue;
    const left = x(cell.start);
    context.fillRect(left, y(cell.mean), x(cell.start + cell.span) - left + 0.3, height);
  }
  context.globalAlpha = 1;
}

/**
 * Where values are not finite; at the upper edge alone where that would hide the rest.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Cell[]} cells
 * @param {(index: number) => number} x
 * @param {[number, number]} size
 * @param {string} colour
 */
function drawNonFinite(context, cells, x, [width, height], colour) {
  const bars = cells
    .filter((cell) => cell.non_finite > 0)
    .map(({ start, span }) => ({ left: x(start), wide: Math.max(2, x(start + span) - x(start)) }));
  const covered = bars.reduce((sum, { wide }) => sum + wide, 0);
  const high = covered > CROWDED_SHARE * width ? CROWDED_PX : height;
  context.fillStyle = colour;
  for (const { left, wide } of bars) context.fillRect(left, 0, wide, high);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Gap[]} gaps
 * @param {(index: number) => number} x
 * @param {number} height
 * @param {string} hole
 * @param {string} edge
 */
function drawGaps(context, gaps, x, height, hole, edge) {
  for (const gap of gaps) {
    const middle = x(gap.index);
    context.fillStyle = hole;
    context.fillRect(middle - 3, 0, 6, height);
    context.strokeStyle = edge;
    context.setLineDash([2, 2]);
    context.beginPath();
    context.moveTo(middle, 1);
    context.lineTo(middle, height - 1);
    context.stroke();
    context.setLineDash([]);
  }
}

/**
 * Dim what the charts do not show.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Picture} picture
 * @param {(index: number) => number} x
 * @param {number} height
 * @param {string} veil
 * @param {string} edge
 */
function drawShown(context, { shown, total }, x, height, veil, edge) {
  const [from, to] = shown;
  if (from <= 0 && to >= total) return;
  const [left, right] = [x(from), Math.max(x(to), x(from) + 4)];
  context.fillStyle = veil;
  context.globalAlpha = 0.6;
  context.fillRect(0, 0, left, height);
  context.fillRect(right, 0, x(total) - right, height);
  context.globalAlpha = 1;
  context.strokeStyle = edge;
  context.lineWidth = 1.5;
  context.strokeRect(left + 0.75, 0.75, Math.max(2, right - left - 1.5), height - 1.5);
}
