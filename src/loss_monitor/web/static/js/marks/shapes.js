/**
 * The shapes of marks on a canvas: one a kind, so that colour never says it alone.
 *
 * A rollback points back, a restart forward; a checkpoint is a tick, a dry run a ring, an end a
 * square, crossed where the job did not end well; a loss that is not finite is a diamond, a note
 * a drop.
 */

import { colour } from "../chart/palette.js";

/** @typedef {import("../types.js").Mark} Mark */

/** @type {Record<Mark["level"], string>} */
const COLOURS = { error: "--err", warning: "--warn", ok: "--ok", info: "--text-2" };

/** @param {Mark} mark */
export function markColour({ kind, level }) {
  if (kind === "note") return "--accent";
  if (kind === "restart") return "--text";
  return kind === "checkpoint" ? "--text-2" : COLOURS[level];
}

/**
 * Draw a mark's shape around a place.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Mark} mark
 * @param {number} x
 * @param {number} y
 * @param {number} size Half of its height, in px of the canvas.
 */
export function drawShape(context, mark, x, y, size) {
  context.save();
  context.translate(x, y);
  context.scale(size / 5, size / 5);
  context.lineJoin = "round";
  context.beginPath();
  outline(context, mark.kind);
  const hollow = mark.kind === "dry_run" || mark.kind === "restored";
  // A rim in the colour of the ground parts it from lines and from other shapes.
  context.strokeStyle = colour("--surface");
  context.lineWidth = 3;
  context.stroke();
  context.fillStyle = context.strokeStyle = colour(hollow ? "--surface" : markColour(mark));
  context.fill();
  context.strokeStyle = colour(markColour(mark));
  context.lineWidth = 1.5;
  if (hollow) context.stroke();
  if (mark.kind === "end" && mark.level !== "ok") cross(context);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} kind
 */
function outline(context, kind) {
  switch (kind) {
    case "checkpoint":
      context.rect(-1, -1, 2, 6);
      return;
    case "rollback":
      polygon(context, [[-5.5, 0], [4, -5], [4, 5]]);
      return;
    case "restart":
    case "restored":
      polygon(context, [[5.5, 0], [-4, -5], [-4, 5]]);
      return;
    case "dry_run":
      context.arc(0, 0, 4, 0, 2 * Math.PI);
      return;
    case "end":
      context.rect(-4.5, -4.5, 9, 9);
      return;
    case "note":
      polygon(context, [[-4, -5], [4, -5], [4, 1], [0, 5.5], [-4, 1]]);
      return;
    default:
      polygon(context, [[0, -5.5], [5, 0], [0, 5.5], [-5, 0]]);
  }
}

/** @param {CanvasRenderingContext2D} context */
function cross(context) {
  context.strokeStyle = colour("--surface");
  context.beginPath();
  context.moveTo(-2.4, -2.4);
  context.lineTo(2.4, 2.4);
  context.moveTo(2.4, -2.4);
  context.lineTo(-2.4, 2.4);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number][]} corners
 */
function polygon(context, corners) {
  for (const [i, [x, y]] of corners.entries()) {
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.closePath();
}

/**
 * A stretch that a mark is of: hatched, so that it is told from the bands of NaN.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} style CSS variable.
 * @param {{left: number, top: number, width: number, height: number}} box
 * @param {number} ratio Device pixels per px.
 */
export function drawStretch(context, style, { left, top, width, height }, ratio) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = colour(style, 0.1);
  context.fillRect(left, top, width, height);
  context.strokeStyle = colour(style, 0.45);
  context.lineWidth = ratio;
  context.beginPath();
  const apart = 7 * ratio;
  for (let x = left - height; x < left + width; x += apart) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}
