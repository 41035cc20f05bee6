/** Parameters of compared trainings. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  figuresTable,
} from "../../../src/loss_monitor/web/static/js/views/compare_figures.js";
import {
  differs, isSame, labelledByParams, paramNames,
} from "../../../src/loss_monitor/web/static/js/views/compare_params.js";
import { titled } from "../../../src/loss_monitor/web/static/js/views/compare_trainings.js";

const ROWS = [
  { label: "a", params: { lr: "3e-4", seed: "1" } },
  { label: "a", params: { lr: "1e-4", seed: "1.0", depth: "6" } },
  { label: "b", params: {} },
];

test("names of all parameters come once, in the order in which they were given", () => {
  assert.deepEqual(paramNames(ROWS), ["lr", "seed", "depth"]);
});

test("equal numbers are the same however they are written, texts only as they are", () => {
  assert.equal(isSame("3e-4", "0.0003"), true);
  assert.equal(isSame("adam", "Adam"), false);
  assert.equal(isSame("", "0"), false);
  assert.equal(isSame(undefined, "0"), false);
  assert.equal(differs(ROWS.slice(0, 2), "seed"), false);
  assert.equal(differs(ROWS, "lr"), true);
});

test("a legend tells what differs, and nothing of what all have alike", () => {
  const labels = labelledByParams(ROWS.slice(0, 2), ROWS.slice(0, 2).map(({ params }) => params))
    .map(({ label }) => label);
  assert.deepEqual(labels, ["a (lr=3e-4)", "a (lr=1e-4, depth=6)"]);
  const same = [ROWS[0], ROWS[0]];
  assert.deepEqual(labelledByParams(same, same.map(({ params }) => params)), same);
});

test("runs of equal labels are told apart by their parameters before their ids", () => {
  const runs = ROWS.map((row, i) => ({ ...row, id: `${i}`, source: "source-1" }));
  const found = titled(ROWS.map((row, i) => ({ ...row, run: `${i}`, tb_run: null })), runs);
  assert.deepEqual(found.map(({ label }) => label), [
    "a (lr=3e-4, seed=1)", "a (lr=1e-4, seed=1.0, depth=6)", "b",
  ]);
});

test("the saved table has a column for each parameter", () => {
  const { heads, rows } = figuresTable(
    ROWS.map((row) => ({ ...row, state: "running" })), { equal_model_time_s: null, reach: null },
  );
  assert.equal(rows[1][heads.indexOf("depth")], "6");
  assert.equal(rows[2][heads.indexOf("depth")], "");
  assert.ok(rows.every((row) => row.length === heads.length));
});
