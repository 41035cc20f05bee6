/** Bands of values that are not finite: seen when there are few, no wall when there are many. */

import assert from "node:assert/strict";
import test from "node:test";

Object.assign(globalThis, {
  document: { documentElement: {}, addEventListener() {} },
  getComputedStyle: () => ({ getPropertyValue: () => "#f2b544" }),
});
const { paintBands } = await import("../../src/loss_monitor/web/static/js/chart/overlays.js");

const WIDTH = 640;

/** A plot of 640 px over 6,000 timesteps that remembers what was filled. */
function pen() {
  /** @type {{left: number, width: number, height: number}[]} */
  const filled = [];
  const context = {
    fillStyle: "",
    /** @type {(left: number, top: number, width: number, height: number) => void} */
    fillRect: (left, _top, width, height) => void filled.push({ left, width, height }),
  };
  const x = (/** @type {number} */ value) => (value / 6000) * WIDTH;
  const area = { left: 0, top: 0, width: WIDTH, height: 200, ratio: 1, font: "", x, y: x };
  return { filled, pen: /** @type {any} */ ({ ...area, context }) };
}

/**
 * Bands of single timesteps, evenly spread.
 *
 * @param {number} count
 */
function bands(count) {
  return Array.from({ length: count }, (_, i) => {
    const middle = ((i + 0.5) / count) * 6000;
    return { from: middle - 0.5, to: middle + 0.5, values: 1, name: "NaN" };
  });
}

test("a band of one timestep among thousands is wide enough to be seen, and labelled", () => {
  const { filled, pen: at } = pen();
  const labelled = paintBands(at, bands(3));
  assert.equal(labelled.length, 3);
  assert.equal(filled[0]?.width, 4);
});

test("many bands leave the data in sight, and are counted once", () => {
  const { filled, pen: at } = pen();
  const labelled = paintBands(at, bands(80));
  assert.deepEqual(labelled.map(({ name, values }) => [name, values]), [["NaN", 80]]);
  const whole = filled.filter(({ height }) => height === 200);
  assert.equal(whole.length, 80);
  assert.ok(whole.reduce((sum, { width }) => sum + width, 0) < 0.15 * WIDTH);
});

test("so many that each touches the next are lines, too", () => {
  const { filled, pen: at } = pen();
  const labelled = paintBands(at, bands(150));
  assert.deepEqual(labelled.map(({ values }) => values), [150]);
  assert.equal(Math.max(...filled.map(({ width }) => width)), 1);
});

test("long stretches keep their width, however much they cover", () => {
  const { filled, pen: at } = pen();
  const long = [0, 1500, 3000, 4500].map((from) => (
    { from, to: from + 900, values: 900, name: "NaN" }
  ));
  assert.equal(paintBands(at, long).length, 4);
  assert.equal(filled[0]?.width, 96);
});
