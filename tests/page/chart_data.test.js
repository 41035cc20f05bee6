/** Columns of the batch chart, bins of the distribution, and charts in words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  describeRows, rowNonFinite, rowPlace,
} from "../../src/loss_monitor/web/static/js/chart/words.js";
import { readBatches } from "../../src/loss_monitor/web/static/js/charts/batch_columns.js";
import { readHistogram } from "../../src/loss_monitor/web/static/js/charts/histogram.js";
import { buildRows } from "../../src/loss_monitor/web/static/js/rows.js";
import { DEFAULT_VIEW } from "../../src/loss_monitor/web/static/js/store.js";
import { pageData } from "./page_data.js";

/** The page's state around data. */
function stateOf(data, { view = {}, fetched = {} } = {}) {
  return {
    data, live: data,
    view: { ...DEFAULT_VIEW, ...view },
    fetched: { range: null, timestep: null, statistics: null, error: "", ...fetched },
    connection: { status: "live" },
  };
}

/** Data whose newest timestep has these losses. */
function withCurrent(values, change = {}) {
  const data = pageData(3);
  data.current = { ...data.current, values, count: values.length, ...change };
  data.timesteps.mean[2] = 2;
  data.timesteps.std[2] = 1;
  return data;
}

const plain = (text) => text.replaceAll("\u202f", " ");

test("each batch of the newest timestep is a column, with the server's mean", () => {
  const found = readBatches(stateOf(withCurrent([1, 2, 4, null])));
  assert.deepEqual(found.columns.map(({ high }) => high), [1, 2, 4, null]);
  assert.deepEqual([found.mean, found.std, found.size, found.nonFinite], [2, 1, 1, 1]);
});

test("batches beyond one and a half deviations stand out, on either side", () => {
  const found = readBatches(stateOf(withCurrent([2, 3.6, 0.4, 3.5, 0.5])));
  assert.deepEqual(found.columns.map(({ outlier }) => outlier), [false, true, true, false, false]);
  assert.equal(found.outliers, 2);
});

test("a deviation of zero has no outliers", () => {
  const data = withCurrent([2, 2, 2.0000001]);
  data.timesteps.std[2] = 0;
  assert.equal(readBatches(stateOf(data)).outliers, 0);
});

test("many batches become columns that keep every extreme", () => {
  const values = Array.from({ length: 1001 }, (_, i) => Math.sin(i));
  values[503] = 99;
  values[800] = -99;
  values[7] = null;
  const found = readBatches(stateOf(withCurrent(values)));
  assert.ok(found.columns.length <= 160);
  assert.equal(Math.max(...found.columns.map(({ high }) => high)), 99);
  assert.equal(Math.min(...found.columns.map(({ low }) => low)), -99);
  assert.deepEqual([found.count, found.nonFinite], [1001, 1]);
  assert.equal(found.columns[0].first, 0);
  assert.equal(found.columns.at(-1).last, 1000);
  found.columns.slice(1).forEach((column, i) => {
    assert.equal(column.first, found.columns[i].last + 1);
  });
});

test("buckets of the server are joined, with their true minimum, maximum and mean", () => {
  const starts = Array.from({ length: 400 }, (_, i) => 9000 + i * 10);
  const buckets = {
    x_start: starts, x_stop: starts.map((start) => start + 10), count: starts.map(() => 10),
    min: starts.map((_, i) => (i === 5 ? -7 : 1)), max: starts.map(() => 3),
    mean: starts.map(() => 2),
  };
  const data = withCurrent([], { values: undefined, buckets });
  const found = readBatches(stateOf(data));
  assert.ok(found.columns.length <= 160);
  assert.deepEqual([found.least, found.largest, found.count], [-7, 3, 4000]);
  assert.deepEqual([found.outliers, found.columns.findIndex(({ outlier }) => outlier)], [1, 1]);
  assert.equal(found.columns[0].first, 0);
  assert.ok(found.columns.every(({ mean }) => Math.abs(mean - 2) < 1e-12));
});

test("a chosen timestep is the fetched one, and nothing until it is there", () => {
  const data = withCurrent([1]);
  assert.equal(readBatches(stateOf(data, { view: { chosen: 0 } })), null);
  const answer = {
    timestamp: "2020-01-01 00:00:00", losses: [5, null], mean_loss: 5, std_loss: 0, unit: "epoch",
  };
  const fetched = { timestep: { index: 0, answer } };
  const found = readBatches(stateOf(data, { view: { chosen: 0 }, fetched }));
  assert.deepEqual([found.label, found.unit, found.count], ["2020-01-01 00:00:00", "epoch", 2]);
  assert.equal(readBatches(stateOf(data, { view: { chosen: 1 }, fetched })), null);
  assert.equal(readBatches(stateOf(data, { view: { chosen: 2 } })).label, "now");
});

test("without data there are no batches and no bins", () => {
  assert.equal(readBatches(stateOf(null)), null);
  assert.equal(readBatches(stateOf(pageData(0, { change: { current: null } }))), null);
  assert.equal(readHistogram(stateOf(null)), null);
  assert.equal(readHistogram(stateOf(pageData(2))), null);
});

test("the bins are those of the scale, logarithmic ones by powers of ten", () => {
  const distribution = {
    linear: { lo: 0, hi: 10, counts: [3, 1] },
    log: { lo: 0.01, hi: 10, counts: [1, 1, 1], left_out: 1 },
  };
  const data = pageData(2, { change: { distribution } });
  const linear = readHistogram(stateOf(data, { view: { scale: "linear" } }));
  assert.deepEqual([linear.low, linear.width, linear.total, linear.leftOut], [0, 5, 4, 0]);
  const log = readHistogram(stateOf(data, { view: { scale: "log" } }));
  assert.deepEqual([log.low, log.width, log.total, log.leftOut], [-2, 1, 3, 1]);
});

test("without positive values the bins are linear; equal values are one bin", () => {
  const distribution = {
    linear: { lo: -1, hi: -1, counts: [4, 0, 0] },
    log: { lo: null, hi: null, counts: [], left_out: 4 },
  };
  const data = pageData(2, { change: { distribution } });
  const found = readHistogram(stateOf(data, { view: { scale: "log" } }));
  assert.equal(found.log, false);
  assert.deepEqual(found.counts, [4]);
  assert.ok(found.low < -1 && found.low + found.width > -1);
});

test("a row says where it is in the words of the axis, and in the other ones", () => {
  const rows = buildRows(pageData(3), DEFAULT_VIEW);
  assert.deepEqual(rowPlace(rows, 1), {
    short: "2020-01-01 00:10", other: "timestep 2", whole: "timestep 2, 2020-01-01 00:10",
  });
  const byIndex = buildRows(pageData(3), { ...DEFAULT_VIEW, axis: "timestep" });
  assert.equal(rowPlace(byIndex, 1).short, "timestep 2");
  const joined = buildRows(pageData(12, { whole: 4, size: 4 }), DEFAULT_VIEW);
  assert.equal(rowPlace(joined, 1).other, "timesteps 5–8");
});

test("a step of a job log keeps its number", () => {
  const data = pageData(3);
  data.timesteps.label = ["step 40", "step 41", "step 42"];
  data.timesteps.x = [null, null, null];
  const rows = buildRows(data, DEFAULT_VIEW);
  assert.deepEqual(rowPlace(rows, 2), { short: "step 42", other: "", whole: "step 42" });
});

test("values that are not finite are said for a row and for the whole", () => {
  const data = pageData(4);
  data.timesteps.non_finite = [0, 3, 0, 0];
  const rows = buildRows(data, DEFAULT_VIEW);
  assert.equal(rowNonFinite(rows, 1), "3 of 4 values not finite");
  assert.equal(rowNonFinite(rows, 0), "");
  const column = { name: "The mean", values: rows.mean, low: rows.min, high: rows.max };
  const text = plain(describeRows(rows, column, [0, 4]));
  assert.match(text, /^4 timesteps, from timestep 1, 2020-01-01 00:00 to timestep 4/);
  assert.match(text, /The mean falls from 1\.000 to 0\.2500; range 0\.1250 to 2\.000\./);
  assert.match(text, /3 values are not finite\./);
});

test("a chart without finite values says so", () => {
  const data = pageData(2);
  for (const name of ["mean", "min", "max"]) data.timesteps[name].fill(null);
  const rows = buildRows(data, DEFAULT_VIEW);
  const column = { name: "The mean", values: rows.mean, low: rows.min, high: rows.max };
  assert.match(describeRows(rows, column, [0, 2]), /^No finite values\./);
});
