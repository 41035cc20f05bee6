/**
 * A chart as a picture for a talk or a report: in the light theme, twice as fine as a screen
 * needs, with what it shows, of which run, over which range, and when it was made.
 *
 * The chart is drawn once more, out of sight and at a size of its own, so that the picture
 * does not depend on the window it was made in.
 */

import { Chart } from "../chart.js";
import { pixelRatio } from "../chart/plot.js";
import { colour, paintIn } from "../chart/palette.js";
import { formatMoment } from "../format.js";
import { fileName, saveFile } from "./save.js";

/** @typedef {import("../chart/frame.js").ChartFrame} ChartFrame */
/** @typedef {import("../panel_tools.js").Caption} Caption */

const SIZE_PX = { width: 960, height: 540 };
const PIXELS_PER_PX = 2;
const PAD_PX = 20;
const HEAD_PX = 62;
const FOOT_PX = 36;

/**
 * Let the user save a chart's picture.
 *
 * @param {ChartFrame} frame
 * @param {Chart} chart
 * @param {Caption} caption
 */
export async function savePicture(frame, chart, caption) {
  const canvas = drawPicture(frame, chart, caption);
  const file = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (file === null) throw new Error("the browser could not make a PNG of the chart");
  saveFile(file, fileName(`${caption.run} ${frame.name.textContent}`, "png"));
}

/**
 * @param {ChartFrame} frame
 * @param {Chart} chart
 * @param {Caption} caption
 * @returns {HTMLCanvasElement}
 */
export function drawPicture(frame, chart, caption) {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE_PX.width * PIXELS_PER_PX;
  canvas.height = SIZE_PX.height * PIXELS_PER_PX;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("the browser has no canvas");
  paintIn("light", () => {
    context.scale(PIXELS_PER_PX, PIXELS_PER_PX);
    context.fillStyle = colour("--surface");
    context.fillRect(0, 0, SIZE_PX.width, SIZE_PX.height);
    paintHead(context, frame, chart.font);
    paintFoot(context, caption, chart.font);
    context.setTransform(1, 0, 0, 1, 0, 0);
    paintChart(context, chart);
  });
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Chart} chart
 */
function paintChart(context, chart) {
  const { drawing } = chart;
  if (drawing === null) return;
  const magnify = PIXELS_PER_PX / pixelRatio();
  const width = SIZE_PX.width - 2 * PAD_PX + 14;
  const height = SIZE_PX.height - HEAD_PX - FOOT_PX;
  const host = document.createElement("div");
  host.className = "picture-host";
  host.style.width = `${width * magnify}px`;
  host.style.height = `${height * magnify}px`;
  document.body.append(host);
  const { lines, fills, paintBelow, paintAbove } = chart.options;
  const copy = new Chart(host, { lines, fills, paintBelow, paintAbove, magnify });
  copy.draw({ ...drawing, range: chart.range });
  // Drawn now, in this theme, and not when the browser comes to it.
  copy.plot?.batch(() => {});
  const drawn = copy.plot?.ctx.canvas;
  if (drawn) {
    context.drawImage(drawn, (PAD_PX - 4) * PIXELS_PER_PX, HEAD_PX * PIXELS_PER_PX);
  }
  copy.destroy();
  host.remove();
}

/**
 * Title and legend.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {ChartFrame} frame
 * @param {string} font
 */
function paintHead(context, frame, font) {
  context.textBaseline = "alphabetic";
  context.fillStyle = colour("--text");
  context.font = `600 17px ${font}`;
  context.fillText(frame.name.textContent ?? "", PAD_PX, 32, SIZE_PX.width - 2 * PAD_PX);
  context.font = `12px ${font}`;
  let x = PAD_PX;
  for (const { name, colour: variable, shape } of frame.keys) {
    if (shape === "none") continue;
    const width = context.measureText(name).width;
    if (x + 24 + width > SIZE_PX.width - PAD_PX) break;
    context.strokeStyle = colour(variable);
    context.lineWidth = shape === "area" ? 8 : 2;
    context.setLineDash(shape === "dash" ? [4, 2] : []);
    context.beginPath();
    context.moveTo(x, 50);
    context.lineTo(x + 16, 50);
    context.stroke();
    context.fillStyle = colour("--text-2");
    context.fillText(name, x + 22, 54);
    x += 22 + width + 18;
  }
  context.setLineDash([]);
}

/**
 * Run and range; when it was made.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Caption} caption
 * @param {string} font
 */
function paintFoot(context, { run, range }, font) {
  const y = SIZE_PX.height - 14;
  const right = SIZE_PX.width - PAD_PX;
  context.font = `12px ${font}`;
  context.fillStyle = colour("--axis");
  const made = `Loss Monitor · ${formatMoment(Date.now() / 1000)}`;
  const taken = context.measureText(made).width;
  context.textAlign = "right";
  context.fillText(made, right, y);
  context.textAlign = "left";
  context.fillStyle = colour("--text-2");
  const words = [run, range].filter(Boolean).join(" · ");
  context.fillText(words, PAD_PX, y, right - PAD_PX - taken - 24);
}
