/** Answers of several runs on one axis. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  alignStretches, extentOf, nearestIn, spansDecades, stretchesOf, STRETCHES_MAX, withFiner,
} from "../../../src/loss_monitor/web/static/js/views/scalar_columns.js";
import { SERIES_AXES } from "../../../src/loss_monitor/web/static/js/views/series_axis.js";
import { points } from "./buckets.js";

const _ = undefined;
const { step: STEP, wall_time: WALL } = SERIES_AXES;

test("one run is drawn as it is", () => {
  const answers = [points([0, 1, 2], [3, null, 1])];
  const { x, columns } = alignStretches(answers, stretchesOf(answers, STEP));
  assert.deepEqual(x, [0, 1, 2]);
  assert.deepEqual(columns[0].mean, [3, null, 1]);
});

test("where a run has no point of another one nothing stands, and no gap", () => {
  const answers = [points([0, 10, 20], [1, 2, 3]), points([5, 10], [null, 9])];
  const { x, columns } = alignStretches(answers, stretchesOf(answers, STEP));
  assert.deepEqual(x, [0, 5, 10, 20]);
  assert.deepEqual(columns[0].mean, [1, _, 2, 3]);
  assert.deepEqual(columns[1].mean, [_, null, 9, _]);
});

test("a run without an answer yet takes no place", () => {
  const answers = [null, points([1], [2])];
  assert.deepEqual(stretchesOf(answers, STEP).map(({ run }) => run), [1]);
});

test("a bucket stands at its middle", () => {
  const answer = points([0, 100], [1, 2], { x_stop: [100, 200] });
  assert.deepEqual(stretchesOf([answer], STEP)[0].x, [49.5, 149.5]);
});

test("where steps go back a new stretch begins, and only the last is the latest", () => {
  const answers = [points([0, 1, 2, 1, 2, 3], [1, 2, 3, 4, 5, 6])];
  const found = stretchesOf(answers, STEP);
  assert.deepEqual(found.map(({ buckets }) => buckets), [[0, 1, 2], [3, 4, 5]]);
  assert.deepEqual(found.map(({ latest }) => latest), [false, true]);
  const { columns } = alignStretches(answers, found);
  assert.deepEqual(columns[0].mean, [1, 2, 3, _]);
  assert.deepEqual(columns[1].mean, [_, 4, 5, 6]);
});

test("a line ends where an attempt ends, also of runs that lie over each other", () => {
  const two = { ...points([1, 2, 3, 4], [9, 8, 7, 6]), attempt: [0, 0, 1, 1] };
  const other = points([1, 2, 3, 4], [5, 5, 5, 5]);
  const { x, columns } = alignStretches([two, other], stretchesOf([two, other], STEP));
  const at = x.findIndex((place) => place > 2 && place < 3);
  assert.equal(columns.length, 2);
  assert.equal(columns[0].mean[at], null);
  assert.equal(columns[1].mean[at], undefined);
  assert.deepEqual(columns[0].mean.filter((value) => value !== null), [9, 8, 7, 6]);
  const alone = alignStretches([two], stretchesOf([two], STEP));
  assert.deepEqual(alone.columns[0].mean, [9, 8, null, 7, 6]);
});

test("of a tag that starts over all the time only the newest stretches are drawn", () => {
  const steps = Array.from({ length: 100 }, () => 0).flatMap(() => [5, 1]);
  const found = stretchesOf([points(steps, steps)], STEP);
  assert.equal(found.length, STRETCHES_MAX);
  assert.equal(found.at(-1).latest, true);
});

test("a step that comes twice keeps its order", () => {
  const [{ x }] = stretchesOf([points([0, 5, 5, 6], [1, 2, 3, 4])], STEP);
  assert.ok(x.every((place, i) => i === 0 || place > x[i - 1]), String(x));
  assert.ok(Math.abs(x[2] - 5) < 0.01);
});

test("a clock that goes back does not make the line go back", () => {
  const answer = points([0, 1, 2], [1, 2, 3], { x_start: [100, 90, 110], x_stop: [100, 90, 110] });
  const [{ x }] = stretchesOf([answer], WALL);
  assert.ok(x[1] > x[0] && x[1] < 101 && x[2] === 110, String(x));
});

test("points without a wall time are on no axis of time", () => {
  const times = [null, 50, null];
  const answer = points([0, 1, 2], [1, 2, 3], { x_start: times, x_stop: times });
  const found = stretchesOf([answer], WALL);
  assert.deepEqual(found[0].buckets, [1]);
  assert.deepEqual(alignStretches([answer], found).columns[0].mean, [2]);
});

test("a part that is known better takes the place of what it covers", () => {
  const whole = points([0, 10, 20, 30], [1, 2, 3, 4], { x_stop: [10, 20, 30, 40] });
  const part = points([10, 11, 12], [7, 8, 9], { x_stop: [11, 12, 20] });
  const joined = withFiner(whole, part);
  assert.deepEqual(joined.x_start, [0, 10, 11, 12, 20, 30]);
  assert.deepEqual(joined.mean, [1, 7, 8, 9, 3, 4]);
  assert.deepEqual(joined.count.length, 6);
});

test("an empty part changes nothing", () => {
  const whole = points([0, 10], [1, 2]);
  assert.equal(withFiner(whole, points([], [])), whole);
});

test("the axis reaches from the first place of all runs to the last", () => {
  const answers = [points([3, 9], [1, 1]), points([1, 4], [1, 1]), null];
  assert.deepEqual(extentOf(answers, STEP), [1, 9]);
  assert.equal(extentOf([null], STEP), null);
});

test("the nearest bucket of a stretch is found", () => {
  const [stretch] = stretchesOf([points([0, 10, 20], [1, 2, 3])], STEP);
  assert.deepEqual([-5, 4, 6, 99].map((at) => nearestIn(stretch, at)), [0, 0, 1, 2]);
});

test("two decades ask for a logarithmic axis, unless values lie at or below zero", () => {
  assert.equal(spansDecades([points([0, 1], [0.001, 1])]), true);
  assert.equal(spansDecades([points([0, 1], [0.1, 1])]), false);
  assert.equal(spansDecades([points([0, 1, 2], [0.001, 1, 0])]), false);
  assert.equal(spansDecades([points([0], [null])]), false);
});
