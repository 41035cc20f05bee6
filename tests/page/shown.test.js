/** What a view shows of a run. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decideScale, keepZoom, shownTimesteps,
} from "../../src/loss_monitor/web/static/js/shown.js";
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

test("a zoom keeps to whole timesteps of the run, and to three at least", () => {
  assert.deepEqual(keepZoom(10.4, 20.6, 100), [10, 20]);
  assert.deepEqual(keepZoom(-5, 10, 100), [0, 15]);
  assert.deepEqual(keepZoom(95, 130, 100), [65, 100]);
  assert.deepEqual(keepZoom(50, 50.2, 100), [49, 52]);
});

test("a zoom over the whole run is none", () => {
  assert.equal(keepZoom(-1, 101, 100), null);
  assert.equal(keepZoom(0, 2, 2), null);
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
});
