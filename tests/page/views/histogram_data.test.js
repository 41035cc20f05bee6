/** Histograms over steps as their panel shows them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { HistogramData } from "../../../src/loss_monitor/web/static/js/views/histogram_data.js";
import { TagAxes } from "../../../src/loss_monitor/web/static/js/views/tag_axis.js";

const axes = new TagAxes();
const STEP = axes.axis("step");

/** An answer over two bins, from -1 to 1. */
function map(steps, counts, change = {}) {
  return {
    ...{ tag: "w", tb_run: "r", steps, counts, edges: [-1, 0, 1], thinned: false, dropped: 0 },
    wall_times: steps.map((step) => 1000 + 60 * step),
    min: steps.map(() => -0.5),
    max: steps.map(() => 0.5),
    num: counts.map(([a, b]) => a + b),
    ...{ below: steps.map(() => 0), above: steps.map(() => 0), total: steps.length },
    quantile_shares: [0.05, 0.5, 0.95],
    quantiles: steps.map((step) => [-0.4, step / 100, 0.4]),
    ...change,
  };
}

test("a column reaches half way to its neighbours, the outer ones as far outwards", () => {
  const data = new HistogramData(map([0, 10, 40], [[1, 1], [1, 1], [1, 1]]), STEP);
  assert.deepEqual(data.columns, [[-5, 5], [5, 25], [25, 55]]);
  assert.deepEqual(data.full, [-5, 55]);
});

test("a single step has a column, too", () => {
  const data = new HistogramData(map([7], [[1, 1]]), STEP);
  assert.deepEqual(data.columns, [[6.5, 7.5]]);
});

test("steps that are written again are those of the latest attempt", () => {
  const data = new HistogramData(map([5, 6, 5], [[1, 0], [2, 0], [3, 0]]), STEP);
  assert.deepEqual(data.rows, [2]);
});

test("shares are of all values of the step, those beyond the bins too", () => {
  const data = new HistogramData(map([0], [[3, 1]], { below: [4], above: [2] }), STEP);
  assert.deepEqual(data.shares, [[0.3, 0.1]]);
});

test("an empty cell is not shown, a nearly empty one is", () => {
  const data = new HistogramData(map([0, 1], [[1e6, 1], [0, 0]]), STEP);
  for (const scale of ["linear", "log"]) {
    assert.equal(data.strength(0, scale), 0);
    assert.ok(data.strength(1e-6, scale) > 0.05);
    assert.equal(data.strength(1, scale), 1);
  }
});

test("a logarithmic scale shows what a linear one leaves in the dark", () => {
  const data = new HistogramData(map([0], [[1000, 10]]), STEP);
  assert.ok(data.strength(0.01, "log") > 2 * data.strength(0.01, "linear"));
});

test("a step of nothing has no shares and no quantiles", () => {
  const answer = map([0], [[0, 0]], { quantiles: [[null, null, null]] });
  const data = new HistogramData(answer, STEP);
  assert.deepEqual(data.shares, [[0, 0]]);
  assert.equal(data.quantile(0, 0.5), null);
});

test("the cursor finds the nearest step, and the newest without one", () => {
  const data = new HistogramData(map([0, 10, 40], [[1, 1], [1, 1], [1, 1]]), STEP);
  assert.deepEqual([null, -9, 12, 99].map((at) => data.nearest(at)), [2, 0, 1, 2]);
});

test("places follow the axis", () => {
  const counts = [[1, 1], [1, 1]];
  assert.deepEqual(new HistogramData(map([0, 2], counts), axes.axis("relative")).x, [0, 120]);
  assert.deepEqual(new HistogramData(map([0, 2], counts), axes.axis("wall_time")).x, [1000, 1120]);
  const unknown = map([0, 2], counts, { wall_times: [null, null] });
  assert.deepEqual(new HistogramData(unknown, axes.axis("relative")).x, []);
});

test("what is not shown is said", () => {
  const counts = [[1, 1], [1, 1]];
  const note = (change) => new HistogramData(map([0, 1], counts, change), STEP).note();
  assert.equal(note({}), "");
  assert.equal(note({ thinned: true }), "Older steps are thinned");
  assert.match(note({ thinned: true, total: 900 }), /^2 of 900 steps, evenly apart$/);
  assert.match(note({ below: [1, 0] }), /25\.00.% of the values lie beyond/);
});

test("a place is read out with its median and the middle of its values", () => {
  const data = new HistogramData(map([3], [[1, 0]]), STEP);
  const words = data.spoken(0).replaceAll("\u2212", "-");
  assert.equal(words, "step 3: 1 value, median 0.03000, 90 % between -0.4000 and 0.4000");
});

test("the table has a column for each quantile", () => {
  const { heads, rows } = new HistogramData(map([3], [[1, 2]]), STEP).table();
  assert.deepEqual(heads, ["step", "values", "minimum", "5 %", "median", "95 %", "maximum"]);
  assert.deepEqual(rows, [[3, 3, -0.5, -0.4, 0.03, 0.4, 0.5]]);
});
