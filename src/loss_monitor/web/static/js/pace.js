/**
 * How often the charts are drawn.
 *
 * The first change after half a second of rest is drawn in the next frame, then at most two
 * drawings a second; what the user does is always drawn in the next frame; nothing is drawn
 * while the page is hidden. Time and frames come from outside, so that a test can drive them.
 */

import { inNextFrame } from "./frames.js";

/** Two drawings a second: more is unrest for the eye, and work for a long day's tab. */
export const REDRAW_INTERVAL_MS = 500;

/**
 * @typedef {object} Frames Where time comes from; the browser's by default.
 * @property {() => number} now Milliseconds.
 * @property {(callback: () => void) => void} nextFrame
 * @property {(callback: () => void, ms: number) => unknown} later
 */

/** @type {Frames} */
const BROWSER = {
  now: () => performance.now(),
  nextFrame: (callback) => inNextFrame("drawings", callback),
  later: (callback, ms) => setTimeout(callback, ms),
};

/**
 * Pace a drawing.
 *
 * @param {() => void} draw
 * @param {Frames} [frames]
 * @returns {{data: () => void, now: () => void}} To call when data came, and when the user did
 *   something.
 */
export function pace(draw, frames = BROWSER) {
  let waiting = false;
  let framed = false;
  let drawnAt = -Infinity;

  function frame() {
    if (framed) return;
    framed = true;
    frames.nextFrame(() => {
      framed = false;
      drawnAt = frames.now();
      draw();
    });
  }

  return {
    data() {
      if (waiting || framed) return;
      const rest = drawnAt + REDRAW_INTERVAL_MS - frames.now();
      if (rest <= 0) {
        frame();
        return;
      }
      waiting = true;
      frames.later(() => {
        waiting = false;
        frame();
      }, rest);
    },
    now: frame,
  };
}
