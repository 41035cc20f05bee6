/** What the ribbon shows of a whole run. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cellAt, cellsOf, gapsOf, wordsAt, wordsOf,
} from "../../src/loss_monitor/web/static/js/ribbon_cells.js";
import { columns, mark, pageData } from "./page_data.js";

test("cells cover every timestep once, in order", () => {
  const cells = cellsOf(pageData(11, { whole: 4, size: 3 }));
  let next = 0;
  for (const cell of cells) {
    assert.equal(cell.start, next);
    next += cell.span;
  }
  assert.equal(next, 11);
});

test("a pause much longer than usual is a gap, ordinary waiting is not", () => {
  const wall_time = [0, 10, 20, 31, 3600, 3610, 3625].map((s) => 1_000_000 + s);
  const data = pageData(7, {
    change: { timesteps: { ...columns(0, 7, { wall_time }), start: 0 } },
  });
  assert.deepEqual(gapsOf(cellsOf(data)), [{ index: 4, duration_s: 3569 }]);
});

test("files copied at once, or without times, show no gaps", () => {
  for (const wall of [1_000_000, null]) {
    const wall_time = Array.from({ length: 7 }, () => wall);
    const data = pageData(7, {
      change: { timesteps: { ...columns(0, 7, { wall_time }), start: 0 } },
    });
    assert.deepEqual(gapsOf(cellsOf(data)), []);
  }
});

test("a place is told in words: number, model time, mean, what happened", () => {
  const data = pageData(4);
  data.timesteps.non_finite[2] = 3;
  data.run.attempts = [{}, {}];
  data.run.marks = [
    mark("checkpoint", 2, { message: "checkpoint net_1.pth", count: 3 }),
    mark("non_finite", 2, { message: "not said twice" }),
  ];
  const cells = cellsOf(data);
  assert.equal(
    wordsAt(data, cells, [{ index: 2, duration_s: 240 }], 2).replaceAll("\u202f", " "),
    "timestep 3 · 2020-01-01 00:20:00 · mean 0.3333 · 3 not finite · attempt 1 · " +
      "nothing written for 4 min before · 3 such: checkpoint net_1.pth",
  );
  assert.equal(cellAt(cells, 3).start, 3);
  assert.equal(cellAt([], 3), null);
});

test("an attempt is told with its job, its hours and how it ended", () => {
  const data = pageData(4);
  data.timesteps.attempt = [0, 0, 1, 1];
  const started = "2026-07-03T20:00:00Z";
  data.run.attempts = [
    { label: "job 7", job: 7, started, ended: "2026-07-04T04:00:00Z", outcome: "timed_out" },
    { label: "job 8", job: 8, started: null, ended: null, outcome: "" },
  ];
  const cells = cellsOf(data);
  assert.match(
    wordsAt(data, cells, [], 1),
    /· attempt 1, job 7, \d\d:00:00 to \d\d:00:00, timed out$/,
  );
  assert.match(wordsAt(data, cells, [], 2), /· attempt 2, job 8$/);
});

test("the whole run is told in one sentence", () => {
  const data = pageData(4);
  data.timesteps.non_finite[2] = 1;
  data.run.marks = [mark("rollback", 1), mark("checkpoint", 1, { count: 12 })];
  assert.equal(
    wordsOf(data, cellsOf(data), []),
    "The whole run: 4 timesteps, 1 value not finite, first at timestep 3, 1 rollback, "
      + "12 checkpoints.",
  );
});
