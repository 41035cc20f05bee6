/** From the time at which something was written to the model's own time. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  modelClock, onModelTime,
} from "../../../src/loss_monitor/web/static/js/views/model_clock.js";
import { TagAxes } from "../../../src/loss_monitor/web/static/js/views/tag_axis.js";
import { columns, pageData } from "../page_data.js";
import { points } from "./buckets.js";

/** A run of ten timesteps, 900 model seconds and 60 wall seconds apart. */
function data(change = {}) {
  const timesteps = {
    ...columns(0, 10, {
      x: Array.from({ length: 10 }, (_, i) => i * 900),
      wall_time: Array.from({ length: 10 }, (_, i) => 5000 + i * 60),
      ...change,
    }),
    start: 0,
  };
  return pageData(10, { change: { timesteps } });
}

test("a time between two timesteps lies between their model times", () => {
  const clock = modelClock(data());
  assert.equal(clock.modelAt(5000), 0);
  assert.equal(clock.modelAt(5090), 1350);
  assert.equal(clock.wallAt(1350), 5090);
});

test("at a time at which the model did not run there is no model time", () => {
  const clock = modelClock(data());
  assert.equal(clock.modelAt(4000), null);
  assert.equal(clock.modelAt(9000), null);
});

test("files of a run that was copied tell no clock", () => {
  const same = { wall_time: Array.from({ length: 10 }, () => 5000) };
  const mixed = { wall_time: [9, 1, 8, 2, 7, 3, 6, 4, 5, 0].map((n) => 5000 + n) };
  for (const change of [same, mixed]) assert.equal(modelClock(data(change)), null);
});

test("without model times, or data, there is no clock", () => {
  assert.equal(modelClock(null), null);
  const unknown = { x: Array.from({ length: 10 }, () => null) };
  assert.equal(modelClock(data(unknown)), null);
});

test("one file that was touched later does not stop the clock", () => {
  const walls = Array.from({ length: 10 }, (_, i) => 5000 + i * 60);
  walls[4] = 5061;
  const twenty = { wall_time: walls };
  const clock = modelClock(data(twenty));
  assert.equal(clock.modelAt(5120), 1800);
});

test("an answer on wall time is put on model time", () => {
  const walls = [5000, 5090, 99999];
  const answer = points([0, 1, 2], [1, 2, 3], { x_start: walls, x_stop: walls });
  assert.deepEqual(onModelTime(modelClock(data()), answer).x_start, [0, 1350, null]);
});

test("model time is an axis only where its clock is known; else steps are drawn", () => {
  const axes = new TagAxes();
  assert.equal(axes.axis("model_time").series.name, "step");
  axes.update(data());
  const axis = axes.axis("model_time");
  assert.equal(axis.series.name, "model time");
  assert.equal(axis.asked, "wall_time");
  axes.update(data());
  assert.equal(axes.axis("wall_time").clock, null);
});
