/** Drawable columns of a run. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { knownAxes, shownAxis } from "../../src/loss_monitor/web/static/js/axes.js";
import { dateAt, modelTimeTicks } from "../../src/loss_monitor/web/static/js/chart/calendar.js";
import { timeRows } from "../../src/loss_monitor/web/static/js/charts/time_rows.js";
import {
  risingPlaces, timestepAtX, wallLine, xOfTimestep, xRange,
} from "../../src/loss_monitor/web/static/js/places.js";
import {
  buildRows, nearestRow, rowsInRange, rowsWithin,
} from "../../src/loss_monitor/web/static/js/rows.js";
import { batchRows } from "../../src/loss_monitor/web/static/js/rows/batches.js";
import { nonFiniteSpans } from "../../src/loss_monitor/web/static/js/rows/non_finite.js";
import { DEFAULT_VIEW } from "../../src/loss_monitor/web/static/js/store.js";
import { columns, pageData } from "./page_data.js";

const view = (change = {}) => ({ ...DEFAULT_VIEW, ...change });

/** A fetched answer whose buckets hold `size` timesteps each. */
function answer(start, stop, size = 1) {
  const starts = [];
  for (let index = start; index < stop; index += size) starts.push(index);
  const each = (value) => starts.map(() => value);
  return {
    x_start: starts, x_stop: starts.map((index) => Math.min(index + size, stop)),
    count: each(4), non_finite: each(0), min: each(1), max: each(3), mean: each(2),
    first: each(1), last: each(3),
  };
}

/** Whether every timestep of a run is in exactly one row, in order. */
function assertWhole(rows) {
  let next = 0;
  rows.index.forEach((index, i) => {
    if (rows.span[i] === 0) return;
    assert.equal(index, next);
    next += rows.span[i];
  });
  assert.equal(next, rows.total);
  assert.ok(rows.x.every((x, i) => i === 0 || x >= rows.x[i - 1]), "x rises");
  assert.ok(rows.left.every((x, i) => i === 0 || x === rows.right[i - 1]), "neighbours touch");
  for (const column of [rows.mean, rows.std, rows.min, rows.max, rows.count, rows.nonFinite,
    rows.infinite, rows.attempt, rows.label, rows.span, rows.left, rows.right]) {
    assert.equal(column.length, rows.x.length);
  }
}

test("without data there are no rows", () => {
  assert.equal(buildRows(null, view()).x.length, 0);
  const empty = buildRows(pageData(0), view());
  assert.equal(empty.x.length, 0);
  assert.equal(empty.total, 0);
});

test("every timestep is in exactly one row, whatever the sizes", () => {
  for (const total of [1, 2, 7, 30, 31, 32]) {
    for (const whole of [1, 5, 16, 30]) {
      for (const size of [1, 2, 4, 8]) {
        const data = pageData(total, { whole: Math.min(whole, total), size });
        assertWhole(buildRows(data, view()));
        assertWhole(buildRows(data, view({ window: 50 })));
      }
    }
  }
});

test("model time is the axis where it is known and rises, else the timestep", () => {
  const data = pageData(6);
  assert.equal(buildRows(data, view()).axis, "model_time");
  assert.equal(buildRows(data, view({ axis: "timestep" })).axis, "timestep");
  const at = (x) => pageData(6, { change: { timesteps: { ...columns(0, 6, { x }), start: 0 } } });
  assert.equal(buildRows(at([0, 1, 2, null, 4, 5]), view()).axis, "timestep");
  const standing = at([0, 1, 2, 2, 4, 5]);
  assert.equal(buildRows(standing, view({ axis: "model_time" })).axis, "timestep");
});

test("a bucket stands in the middle of its timesteps", () => {
  const rows = buildRows(pageData(12, { whole: 4, size: 4 }), view({ axis: "timestep" }));
  assert.deepEqual(rows.x.slice(0, 2), [1.5, 5.5]);
  const model = buildRows(pageData(12, { whole: 4, size: 4 }), view());
  assert.deepEqual(model.x.slice(0, 2), [900, 3300]);
});

test("the newest timesteps are as coarse as the buckets beside them, the last one is alone", () => {
  const rows = buildRows(pageData(20, { whole: 8, size: 4 }), view());
  assert.deepEqual(rows.span, [4, 4, 4, 4, 3, 1]);
  assert.deepEqual(rows.index, [0, 4, 8, 12, 16, 19]);
});

test("a window within the newest timesteps shows each of them", () => {
  const data = pageData(80, { whole: 60, size: 4 });
  const rows = buildRows(data, view({ window: 50 }));
  const [from, to] = rowsWithin(rows, rows.shown);
  assert.deepEqual(rows.shown, [30, 80]);
  assert.equal(to - from, 50);
  assert.ok(rows.span.slice(from, to).every((span) => span === 1));
});

test("joined timesteps keep every extreme, and the moments of all their values", () => {
  const data = pageData(12, { whole: 8, size: 4 });
  Object.assign(data.timesteps, columns(4, 12, {
    mean: [1, 2, 3, 6, 1, 1, 1, 1],
    std: [0, 1, 0, 2, 0, 0, 0, 0],
    min: [1, -5, 3, 2, 1, 1, 1, 1],
    max: [1, 9, 3, 8, 1, 1, 1, 1],
    count: [4, 4, 8, 4, 4, 4, 4, 4],
    non_finite: [0, 2, 0, 0, 0, 0, 0, 0],
  }));
  const rows = buildRows(data, view());
  assert.equal(rows.span[1], 4);
  assert.deepEqual([rows.min[1], rows.max[1], rows.count[1], rows.nonFinite[1]], [-5, 9, 20, 2]);
  const mean = (4 * 1 + 2 * 2 + 8 * 3 + 4 * 6) / 18;
  const squares = 4 * (1 - mean) ** 2 + 2 * (1 + (2 - mean) ** 2) + 8 * (3 - mean) ** 2
    + 4 * (4 + (6 - mean) ** 2);
  assert.ok(Math.abs(rows.mean[1] - mean) < 1e-12);
  assert.ok(Math.abs(rows.std[1] - Math.sqrt(squares / 18)) < 1e-12);
});

test("joined timesteps without a finite value are a gap", () => {
  const data = pageData(12, { whole: 8, size: 4 });
  for (const name of ["mean", "std", "min", "max"]) data.timesteps[name].fill(null, 0, 4);
  data.timesteps.non_finite.fill(4, 0, 4);
  const rows = buildRows(data, view());
  assert.deepEqual([rows.mean[1], rows.min[1], rows.max[1]], [null, null, null]);
  assert.equal(rows.nonFinite[1], 16);
});

test("two attempts are never joined: a row without values stands between them", () => {
  const data = pageData(6);
  data.timesteps.attempt = [0, 0, 0, 1, 1, 1];
  const rows = buildRows(data, view());
  assert.deepEqual(rows.span, [1, 1, 1, 0, 1, 1, 1]);
  assert.equal(rows.mean[3], null);
  assert.equal(rows.x[3], 1500);
  assertWhole(rows);
  assert.equal(nearestRow(rows, 3), 2);
  assert.equal(nearestRow(rows, 5), 5);
  assert.equal(nearestRow(rows, 40), null);
});

test("a row of joined timesteps never reaches over two attempts", () => {
  const data = pageData(20, { whole: 10, size: 4 });
  data.timesteps.attempt = [0, 0, 0, 1, 1, 1, 1, 1, 1, 1];
  const rows = buildRows(data, view());
  rows.index.forEach((index, i) => {
    if (rows.span[i] > 0) assert.ok(!(index < 13 && index + rows.span[i] > 13));
  });
});

test("a fetched range takes the place of the buckets it is finer than", () => {
  const data = pageData(40, { whole: 8, size: 8 });
  const range = answer(8, 24);
  const rows = buildRows(data, view({ zoom: [8, 24] }), range);
  assertWhole(rows);
  const [from, to] = rowsWithin(rows, rows.shown);
  assert.deepEqual([to - from, rows.mean[from], rows.label[from]], [16, 2, data.buckets.label[1]]);
  assert.equal(rows.std[from], data.buckets.std[1]);
});

test("a bucket that a fetched range leaves over does not make the newest timesteps coarse", () => {
  const data = pageData(48, { whole: 16, size: 8 });
  const rows = buildRows(data, view(), answer(0, 24, 2));
  assertWhole(rows);
  assert.deepEqual(rows.span.slice(0, 13), [...Array(12).fill(2), 8]);
  assert.deepEqual(rows.span.slice(13), [...Array(7).fill(2), 1, 1]);
});

test("a fetched range knows the kind of its values where the bucket around it does", () => {
  const data = pageData(24, { whole: 8, size: 8 });
  data.buckets.non_finite = [2, 3];
  data.buckets.inf = [0, 3];
  const fetched = answer(0, 16);
  fetched.non_finite = fetched.non_finite.map((_, i) => (i === 1 ? 2 : i === 9 ? 3 : 0));
  const rows = buildRows(data, view({ zoom: [0, 16] }), fetched);
  assert.deepEqual([rows.infinite[1], rows.infinite[9]], [0, 3]);
});

test("a fetched range that is no finer than the buckets changes nothing", () => {
  const data = pageData(40, { whole: 8, size: 8 });
  const range = answer(0, 32, 8);
  assert.deepEqual(buildRows(data, view(), range), buildRows(data, view()));
});

test("the newest timesteps are never those of a fetched range: they may have grown since", () => {
  const data = pageData(40, { whole: 8, size: 8 });
  const range = answer(24, 40);
  const rows = buildRows(data, view({ zoom: [24, 40] }), range);
  assertWhole(rows);
  const [from, to] = rowsWithin(rows, rows.shown);
  assert.equal(to - from, 16);
  assert.deepEqual(rows.mean.slice(to - 8, to), data.timesteps.mean);
  assert.deepEqual(rows.mean.slice(from, from + 8), Array(8).fill(2));
});

test("a live update never moves a zoomed range", () => {
  const before = buildRows(pageData(30), view({ zoom: [5, 15] }));
  const after = buildRows(pageData(45), view({ zoom: [5, 15] }));
  assert.deepEqual(xRange(after, after.shown), xRange(before, before.shown));
});

test("a part of a bucket is not taken from an answer: every timestep stays in one row", () => {
  const data = pageData(40, { whole: 8, size: 8 });
  for (const [from, to] of [[3, 21], [8, 21], [3, 24], [9, 15], [20, 40]]) {
    assertWhole(buildRows(data, view({ zoom: [from, to] }), answer(from, to)));
  }
  const rows = buildRows(data, view(), answer(3, 24));
  assert.deepEqual(rows.span.slice(0, 3), [8, 1, 1]);
});

test("places on the axis and timesteps turn into each other", () => {
  for (const axis of ["batch", "timestep", "model_time", "wall_time"]) {
    const rows = buildRows(pageData(50, { whole: 20, size: 8 }), view({ axis }));
    for (const index of [-0.5, 0, 3.25, 17, 49, 49.5]) {
      assert.ok(Math.abs(timestepAtX(rows, xOfTimestep(rows, index)) - index) < 1e-9);
    }
  }
});

test("places asked for one after the other are those asked for alone", () => {
  for (const axis of ["batch", "timestep", "model_time", "wall_time"]) {
    for (const total of [1, 2, 3, 50]) {
      const data = pageData(total, { whole: Math.min(total, 20), size: 8 });
      const rows = buildRows(data, view({ axis }));
      const at = risingPlaces(rows);
      for (const index of [-0.5, 0, 0, 0.4, 3.25, 2.9, 17, 49, 49.5, 60, 1]) {
        assert.equal(at(index), xOfTimestep(rows, index), `${axis} ${total} ${index}`);
      }
    }
  }
});

test("a run of one timestep has a range that can be drawn", () => {
  for (const axis of ["timestep", "model_time"]) {
    const rows = buildRows(pageData(1), view({ axis }));
    const [low, high] = xRange(rows, rows.shown);
    assert.ok(low < rows.x[0] && rows.x[0] < high);
  }
});

test("neighbouring timesteps with values that are not finite are one span", () => {
  const data = pageData(10);
  data.timesteps.non_finite = [0, 0, 4, 4, 1, 0, 0, 2, 0, 0];
  const rows = buildRows(data, view());
  assert.deepEqual(nonFiniteSpans(rows, { nan: 11, infinite: 0 }), [
    { from: 900, to: 2700, values: 9, kind: "nan" },
    { from: 3900, to: 4500, values: 2, kind: "nan" },
  ]);
});

test("the kind of a span is told by its rows, else by the run's totals", () => {
  const data = pageData(4);
  data.timesteps.non_finite = [0, 2, 0, 3];
  data.timesteps.inf = [null, null, null, null];
  const kinds = (totals) =>
    nonFiniteSpans(buildRows(data, view()), totals).map(({ kind }) => kind);
  assert.deepEqual(kinds({ nan: 0, infinite: 5 }), ["infinite", "infinite"]);
  assert.deepEqual(kinds({ nan: 2, infinite: 3 }), ["unknown", "unknown"]);
  data.timesteps.inf = [0, 2, 0, 1];
  assert.deepEqual(kinds({ nan: 2, infinite: 3 }), ["infinite", "both"]);
});

test("model time is an axis only where every timestep has one and it rises", () => {
  const data = (change) => {
    const changed = { ...columns(0, 3, change), start: 0 };
    return pageData(3, { change: { timesteps: changed } });
  };
  assert.deepEqual(knownAxes(null), ["timestep"]);
  assert.equal(shownAxis(null, "model_time"), "timestep");
  assert.equal(shownAxis(data(), "auto"), "model_time");
  assert.equal(shownAxis(data(), "timestep"), "timestep");
  assert.equal(shownAxis(data({ x: [0, null, 2] }), "auto"), "timestep");
  assert.equal(shownAxis(data({ x: [0, 5, 5] }), "model_time"), "timestep");
  assert.deepEqual(knownAxes(data({ x: [0, null, 2] })), ["batch", "timestep", "wall_time"]);
});

test("wall time is an axis only where it is known, and some passed", () => {
  assert.equal(wallLine([0, 1], [5, null]), null);
  assert.equal(wallLine([0, 1], [5, 5]), null);
  assert.equal(wallLine([], []), null);
  const { x } = wallLine([0, 1, 2, 3], [5, 9, 7, 12]);
  assert.ok(x.every((one, i) => i === 0 || one > x[i - 1]), "a copied file does not go back");
  assert.ok(Math.abs(x[2] - 9) < 0.01);
});

test("a timestep stands in the middle of its batches, however many there are", () => {
  const data = pageData(4);
  data.timesteps.count = [2, 10, 0, 1];
  const rows = buildRows(data, view({ axis: "batch" }));
  assert.deepEqual(rows.left, [-0.5, 1.5, 11.5, 11.5]);
  assert.deepEqual(rows.right, [1.5, 11.5, 11.5, 12.5]);
  assert.deepEqual(rows.x, [0.5, 6.5, 11.5, 12]);
});

test("a bucket's wall time is that of its last timestep", () => {
  const rows = buildRows(pageData(12, { whole: 4, size: 4 }), view({ axis: "wall_time" }));
  assert.equal(xOfTimestep(rows, 3), 1_000_030);
  assert.equal(xOfTimestep(rows, 7), 1_000_070);
});

/** An answer of `api/loss/range` by batch. */
function batchAnswer(start, stop, size = 1) {
  const range = answer(start, stop, size);
  return {
    ...range, count: range.x_start.map((from, i) => range.x_stop[i] - from),
    smooth: range.x_start.map(() => 1.5),
  };
}

test("single batches stand between the timesteps that are not fetched", () => {
  const rows = buildRows(pageData(10), view({ axis: "batch", zoom: [2, 5] }));
  const joined = batchRows(rows, batchAnswer(8, 20));
  assert.equal(joined.unit, "batch");
  assert.deepEqual(joined.left.slice(0, 4), [-0.5, 3.5, 7.5, 8.5]);
  const from = joined.left.indexOf(7.5);
  assert.deepEqual(joined.x.slice(from, from + 12), [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  assert.deepEqual(joined.index.slice(from, from + 5), [2, 2, 2, 2, 3]);
  assert.deepEqual(joined.label.slice(from, from + 5), [...Array(4).fill(rows.label[2]),
    rows.label[3]]);
  assert.ok(joined.left.every((x, i) => i === 0 || x === joined.right[i - 1]));
  assert.equal(joined.index.at(-1), 9);
});

test("rows in a range of the axis are those of which anything lies in it", () => {
  const rows = buildRows(pageData(10), view({ axis: "timestep" }));
  assert.deepEqual(rowsInRange(rows, [1.5, 4.5]), [2, 5]);
  assert.deepEqual(rowsInRange(rows, [1.4, 4.6]), [1, 6]);
  assert.deepEqual(rowsInRange(rows, [-9, 99]), [0, 10]);
  assert.deepEqual(rowsInRange(rows, [40, 50]), [10, 10]);
});

test("the moving average is that behind the last timestep of a row", () => {
  const data = pageData(12, { whole: 4, size: 4 });
  const smooth = { ...answer(0, 11), smooth: Array.from({ length: 11 }, (_, i) => i / 10) };
  const fetched = { range: null, batches: null, smooth };
  const rows = timeRows({ data, view: view(), fetched });
  assert.deepEqual(rows.span, [4, 4, 3, 1]);
  assert.deepEqual(rows.smooth, [0.3, 0.7, 1, null], "what came since is not known yet");
  fetched.smooth = null;
  assert.equal(timeRows({ data, view: view(), fetched }).smooth, null);
});

test("batches of two attempts are not joined either", () => {
  const data = pageData(6);
  data.timesteps.attempt = [0, 0, 0, 1, 1, 1];
  const batches = answer(8, 16);
  batches.attempt = batches.x_start.map((batch) => (batch < 12 ? 0 : 1));
  const rows = batchRows(buildRows(data, view({ axis: "batch" })), batches);
  const at = rows.span.indexOf(0);
  assert.equal(rows.mean[at], null);
  assert.deepEqual(rows.x.slice(at - 1, at + 2), [11, 11.5, 12]);
  assert.deepEqual(rows.span.filter((span) => span === 0), [0]);
  for (const column of [rows.std, rows.label, rows.attempt, rows.left, rows.index, rows.count]) {
    assert.equal(column.length, rows.x.length);
  }
});

test("a fetched range tells its attempts itself", () => {
  const data = pageData(20, { whole: 8, size: 4 });
  const fine = answer(0, 12);
  fine.attempt = fine.x_start.map((index) => (index < 6 ? 0 : 1));
  data.timesteps.attempt = data.timesteps.attempt.map(() => 1);
  const rows = buildRows(data, view({ axis: "timestep" }), fine);
  assert.equal(rows.x[rows.span.indexOf(0)], 5.5);
});

test("an attempt that goes back in model time stands behind the one before, with its dates", () => {
  const data = pageData(8);
  data.timesteps.attempt = [0, 0, 0, 0, 1, 1, 1, 1];
  data.timesteps.x = [0, 600, 1200, 1800, 0, 600, 1200, 1800];
  data.timesteps.label = data.timesteps.label.map((_, i) => data.timesteps.label[i % 4]);
  assert.ok(knownAxes(data).includes("model_time"));
  const rows = buildRows(data, view());
  assert.equal(rows.axis, "model_time");
  const seen = rows.x.filter((_, i) => rows.span[i] > 0);
  assert.deepEqual(seen, [0, 600, 1200, 1800, 2400, 3000, 3600, 4200]);
  assert.equal(rows.x[rows.span.indexOf(0)], 2100);
  const ticks = modelTimeTicks(rows.anchors, 0, 4200, 8);
  assert.deepEqual(ticks.text, [
    "01-01", "00:10", "00:20", "00:30", "01-01", "00:10", "00:20", "00:30",
  ]);
  assert.deepEqual(ticks.at, [0, 600, 1200, 1800, 2400, 3000, 3600, 4200]);
  assert.equal(dateAt(rows.anchors, 3000), "2020-01-01 00:10:00");
  assert.equal(Math.round(timestepAtX(rows, 3000)), 5);
});

test("model time that falls within an attempt is no axis", () => {
  const data = pageData(4);
  data.timesteps.x = [0, 600, 300, 900];
  assert.ok(!knownAxes(data).includes("model_time"));
});
