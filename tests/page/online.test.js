/** Rows of online training, the room their strip takes, and what the export is of. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { onlineRows, QUANTILES } from "../../src/loss_monitor/web/static/js/charts/online_rows.js";
import { linearTicks, logTicks } from "../../src/loss_monitor/web/static/js/chart/ticks.js";
import { DEFAULT_VIEW } from "../../src/loss_monitor/web/static/js/store.js";
import {
  exportPath, exportWords, shownPath,
} from "../../src/loss_monitor/web/static/js/tools/export.js";
import { pageData } from "./page_data.js";

// Colours follow the document's theme.
globalThis.document = new EventTarget();
const { stripTicks, withStrip } = await import(
  "../../src/loss_monitor/web/static/js/charts/heat_strip.js"
);

const state = (data, view = {}, online = null) => ({
  data, live: data, view: { ...DEFAULT_VIEW, ...view },
  fetched: { range: null, batches: null, smooth: null, online },
});

test("a column stands where its timesteps do, as wide as they are many", () => {
  const answer = {
    labels: ["a", "b"], start: [4, 8], timesteps: [4, 2], batches: [16, 8], non_finite: [0, 1],
    min: [0, 0], max: [1, 1], percentile_50: [0.5, 0.5], attempt: [0, 0],
  };
  const rows = onlineRows(state(pageData(10), { axis: "timestep" }, answer));
  assert.deepEqual([rows.left, rows.x, rows.right], [[3.5, 7.5], [5.5, 8.5], [7.5, 9.5]]);
  assert.equal(rows.online, answer);
  assert.equal(onlineRows(state(pageData(10))).x.length, 0, "nothing before the answer");
});

test("no line joins two attempts: a column of nothing and without width stands between", () => {
  const answer = {
    labels: ["a", "b"], start: [4, 8], timesteps: [4, 2], batches: [16, 8], non_finite: [0, 1],
    min: [0, 0], max: [1, 1], percentile_50: [0.5, 0.25], first_batch: [3, 4], attempt: [0, 1],
  };
  const rows = onlineRows(state(pageData(10), { axis: "timestep" }, answer));
  assert.deepEqual(rows.span, [4, 0, 2]);
  assert.deepEqual([rows.left, rows.right], [[3.5, 7.5, 7.5], [7.5, 7.5, 9.5]]);
  assert.deepEqual(rows.online.first_batch, [3, null, 4]);
  assert.deepEqual([rows.attempt, rows.count, rows.nonFinite], [[0, 1, 1], [16, 0, 8], [0, 0, 1]]);
  assert.deepEqual(answer.first_batch, [3, 4], "the answer stays as it was");
});

test("the strip takes its part of the axis from below, whatever the scale", () => {
  const linear = { scale: "linear", threshold: 1, chosen: "auto" };
  const [low, high] = withStrip([1, 2], linear);
  assert.equal(high, 2);
  assert.ok(Math.abs((1 - low) / (2 - low) - 0.45) < 1e-9);
  const log = withStrip([0.01, 1], { ...linear, scale: "log" });
  assert.ok(log[0] > 0 && Math.abs(Math.log10(log[0]) + 2 + (2 * 0.45) / 0.55) < 1e-9);
});

test("ticks of the lines stay above the strip, whose rows have names", () => {
  const axis = { scale: "log", threshold: 1, chosen: "auto" };
  const [low, high] = withStrip([0.01, 1], axis);
  const { at, text } = stripTicks(axis, logTicks)(low, high, 8);
  assert.deepEqual(text.slice(0, 3), ["min", "median", "max"]);
  assert.ok(at.slice(0, 3).every((value) => value < 0.01), "names stand beside the strip");
  assert.ok(at.slice(3).every((value) => value >= 0.0099));
  assert.ok(at.every((value, i) => i === 0 || value > at[i - 1]));
  assert.equal(stripTicks({ ...axis, scale: "linear" }, linearTicks)(-1, 2, 6).text[0], "min");
  assert.equal(QUANTILES.length, 7);
});

test("the export is of the whole run, or of what is zoomed", () => {
  const whole = state(pageData(40));
  assert.equal(exportPath(whole, "batches", "csv"), "api/export?what=batches&format=csv");
  assert.equal(exportWords(whole), "All 40 timesteps");
  const window = state(pageData(80), { window: 50 });
  assert.equal(exportWords(window), "All 80 timesteps");
  const zoomed = state(pageData(40), { zoom: [10, 20] });
  assert.equal(
    exportPath(zoomed, "timesteps", "json"),
    "api/export?what=timesteps&format=json&x=timestep&start=10&stop=20",
  );
  assert.equal(exportWords(zoomed), "Timesteps 11–20, as zoomed");
  assert.equal(exportPath(zoomed, "scalars", "csv"), "api/export?what=scalars&format=csv");
  const following = state(pageData(40), { follow: 5 });
  assert.equal(exportWords(following), "Timesteps 36–40, as zoomed");
  const batches = state(pageData(40), { zoom: [3, 5], batches: [13, 17], axis: "batch" });
  assert.equal(exportWords(batches), "Batches 13–16, as zoomed");
});

test("a chart's own numbers are of what it shows, a window too", () => {
  assert.equal(
    shownPath(state(pageData(80), { window: 50 }), "timesteps"),
    "api/export?what=timesteps&format=csv&x=timestep&start=30&stop=80",
  );
});
