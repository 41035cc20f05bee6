/** What a view shows of a run. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decideScale, followNewest, isZoomed, NO_ZOOM, shownTimesteps, zoomTo, zoomToRange,
} from "../../src/loss_monitor/web/static/js/shown.js";
import { buildRows } from "../../src/loss_monitor/web/static/js/rows.js";
import { DEFAULT_VIEW } from "../../src/loss_monitor/web/static/js/store.js";
import { pageData } from "./page_data.js";

/** Data whose timesteps have these minima and maxima. */
function withExtremes(min, max) {
  const data = pageData(min.length);
  Object.assign(data.timesteps, { min, max });
  return data;
}

test("a window shows the newest timesteps, all of them where there are fewer", () => {
  const shown = (window) => shownTimesteps(120, { ...DEFAULT_VIEW, window });
  assert.deepEqual(shown(50), [70, 120]);
  assert.deepEqual(shown(200), [0, 120]);
  assert.deepEqual(shown("all"), [0, 120]);
});

test("a zoom stays where it is, unless the run is shorter than it", () => {
  const view = { ...DEFAULT_VIEW, window: 50, zoom: [10, 30] };
  assert.deepEqual(shownTimesteps(120, view), [10, 30]);
  assert.deepEqual(shownTimesteps(5, view), [0, 5]);
});

test("a zoom that follows shows the newest timesteps, whatever the window", () => {
  const view = { ...DEFAULT_VIEW, window: 50, follow: 7 };
  assert.deepEqual(shownTimesteps(120, view), [113, 120]);
  assert.deepEqual(shownTimesteps(140, view), [133, 140]);
});

const zoom = (from, to, batches = null) => ({ ...NO_ZOOM, zoom: [from, to], batches });

test("a zoom keeps to whole timesteps of the run, and to three at least", () => {
  assert.deepEqual(zoomTo(10.4, 20.6, 100), zoom(10, 20));
  assert.deepEqual(zoomTo(-5, 10, 100), zoom(0, 15));
  assert.deepEqual(zoomTo(50, 50.2, 100), zoom(49, 52));
});

test("a zoom that reaches the newest timestep follows it, a panned one does not", () => {
  assert.deepEqual(zoomTo(80, 100, 100), { ...NO_ZOOM, follow: 20 });
  assert.deepEqual(zoomTo(95, 130, 100), { ...NO_ZOOM, follow: 35 });
  assert.deepEqual(zoomTo(78, 98, 100), zoom(78, 98));
});

test("following again keeps the width of the zoom", () => {
  const view = { ...DEFAULT_VIEW, zoom: [10, 30] };
  assert.deepEqual(followNewest(view, 100), { ...NO_ZOOM, follow: 20 });
  assert.deepEqual(followNewest(view, 15), NO_ZOOM);
  assert.deepEqual(followNewest({ ...view, zoom: [10, 11] }, 100), { ...NO_ZOOM, follow: 3 });
});

test("a zoom over the whole run is none", () => {
  assert.equal(zoomTo(-1, 101, 100), NO_ZOOM);
  assert.equal(zoomTo(0, 2, 2), NO_ZOOM);
  assert.equal(isZoomed({ ...DEFAULT_VIEW, window: 50 }), false);
});

test("on an axis of batches a zoom is to batches, and to the timesteps they are in", () => {
  const rows = buildRows(pageData(40), { ...DEFAULT_VIEW, axis: "batch" });
  assert.deepEqual(zoomToRange(rows, [40.6, 60.2]), zoom(10, 16, [41, 61]));
  assert.deepEqual(zoomToRange(rows, [50, 50.5]), zoom(12, 15, [51, 59]));
  assert.deepEqual(zoomToRange(rows, [-0.5, 159.5]), NO_ZOOM);
  assert.deepEqual(zoomToRange(rows, [119.5, 159.5]), { ...NO_ZOOM, follow: 10 });
  assert.deepEqual(zoomToRange(rows, [151.5, 159.5]), zoom(38, 40, [152, 160]));
});

test("on other axes it is to whole timesteps", () => {
  const rows = buildRows(pageData(40), DEFAULT_VIEW);
  assert.deepEqual(zoomToRange(rows, [600 * 9.5, 600 * 19.5]), zoom(10, 20));
});

test("values over more than two decades ask for a logarithmic scale", () => {
  assert.equal(decideScale(withExtremes([1, 0.02], [2, 1]), "auto"), "linear");
  assert.equal(decideScale(withExtremes([1, 0.001], [2, 1]), "auto"), "log");
  assert.equal(decideScale(withExtremes([1e-12, null], [1e-10, null]), "auto"), "linear");
  assert.equal(decideScale(null, "auto"), "linear");
});

test("more than a few values at or below zero ask for a linear scale", () => {
  const ones = Array(300).fill(1);
  const min = Array(300).fill(0.001);
  min[7] = 0;
  assert.equal(decideScale(withExtremes(min, ones), "auto"), "log");
  min.fill(-1, 0, 50);
  assert.equal(decideScale(withExtremes(min, ones), "auto"), "linear");
});

test("the user's scale holds, where it can be drawn at all", () => {
  assert.equal(decideScale(withExtremes([1, 1e-9], [2, 1]), "linear"), "linear");
  assert.equal(decideScale(withExtremes([1, 1], [2, 1]), "log"), "log");
  assert.equal(decideScale(withExtremes([-2, -1], [-1, 0]), "log"), "linear");
  assert.equal(decideScale(withExtremes([-2, -1], [-1, 0]), "symlog"), "symlog");
});
