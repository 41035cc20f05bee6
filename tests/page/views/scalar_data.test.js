/** A tag as its panel shows it: readings, ranges, tables and words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ScalarData } from "../../../src/loss_monitor/web/static/js/views/scalar_data.js";
import { SERIES_AXES } from "../../../src/loss_monitor/web/static/js/views/series_axis.js";
import { points, run } from "./buckets.js";

function data(wholes, change = {}) {
  const runs = wholes.map((_, i) => run(`run ${i + 1}`));
  return new ScalarData({
    ...{ runs, wholes, parts: [], axis: SERIES_AXES.step, scale: "linear" },
    ...{ smoothed: false, zoom: null },
    ...change,
  });
}

test("without a cursor the readings are of each run's last point", () => {
  const coarse = points([0, 10], [5, 3], { x_stop: [10, 20], last: [4, 2.5] });
  const [reading] = data([coarse]).readings(null);
  assert.equal(reading.value, 2.5);
  assert.equal(reading.x, 19);
});

test("at the cursor each run tells its nearest bucket", () => {
  const shown = data([points([0, 10, 20], [1, 2, 3]), points([0, 100], [7, 8])]);
  assert.deepEqual(shown.readings(12).map(({ value }) => value), [2, 7]);
});

test("the y-axis holds every extreme of the range shown", () => {
  const shown = data([points([0, 1, 2], [1, 1, 1], { min: [1, -4, 1], max: [1, 9, 1] })]);
  const [low, high] = shown.yRange([0.5, 1.5]);
  assert.ok(low <= -4 && high >= 9);
});

test("a range that holds nothing shows what there is at all", () => {
  const [low, high] = data([points([0, 1], [2, 4])]).yRange([50, 60]);
  assert.ok(low <= 2 && high >= 4);
});

test("a logarithmic axis marks what it cannot hold, and says so", () => {
  const shown = data([points([0, 1, 2], [1, 0, 10])], { scale: "log" });
  assert.equal(shown.log, true);
  assert.deepEqual(shown.notPositive, [1]);
  assert.match(shown.note(), /1 at zero or below/);
});

test("values that are all negative are drawn on a linear axis in spite of the wish", () => {
  const shown = data([points([0, 1], [-1, -2])], { scale: "log" });
  assert.equal(shown.log, false);
  assert.match(shown.note(), /linear/);
});

test("values that are not finite are a band around their place", () => {
  const bands = data([points([0, 1, 2], [1, null, 3])]).bands();
  assert.deepEqual(bands, [{ from: 0.5, to: 1.5, values: 1, name: "NaN/\u221e" }]);
});

test("the axis of a zoomed panel still reaches over everything", () => {
  const shown = data([points([0, 50, 100], [1, 2, 3])], {
    zoom: [40, 60],
    parts: [points([45, 50, 55], [5, 6, 7])],
  });
  assert.ok(shown.full[0] <= 0 && shown.full[1] >= 100);
  assert.deepEqual(shown.readings(55).map(({ value }) => value), [7]);
});

test("a table tells the run only where there are several", () => {
  const one = data([points([0, 1], [5, null])]).table();
  assert.deepEqual(one.heads, ["step", "value", "minimum", "maximum", "points", "not finite"]);
  assert.deepEqual(one.rows, [[1, null, null, null, 1, 1], [0, 5, 5, 5, 1, 0]]);
  const two = data([points([0], [5]), points([0], [6])]).table();
  assert.deepEqual(two.rows.map((row) => row[1]), ["run 2", "run 1"]);
});

test("smoothed values stand beside the raw ones", () => {
  const answer = points([0, 1], [4, 2], { smooth: [4, 3] });
  const shown = data([answer], { smoothed: true });
  assert.equal(shown.columns.length, 4);
  assert.deepEqual(shown.columns[3], [4, 3]);
  assert.deepEqual(shown.readings(1).map(({ value, mean }) => [value, mean]), [[3, 2]]);
  assert.match(shown.spoken(1), /^step 1: 2\.000, smoothed 3\.000$/);
});

test("the summary says how much there is, from where to where, and what is left out", () => {
  const words = data([points([0, 9], [5, 1], { dropped: 12 })]).summary();
  for (const part of ["2 points", "from 5.000 to 1.000", "step 0 to step 9", "12 points"]) {
    assert.ok(words.includes(part), `${part} is not in: ${words}`);
  }
});
