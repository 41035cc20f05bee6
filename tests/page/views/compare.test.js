/** Trainings beside each other: figures, differences, what can be compared. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  columnsOf, figureCell, figuresTable, toldApart,
} from "../../../src/loss_monitor/web/static/js/views/compare_figures.js";
import {
  comparableTags, comparedRuns, titled,
} from "../../../src/loss_monitor/web/static/js/views/compare_trainings.js";
import { shortNames } from "../../../src/loss_monitor/web/static/js/views/runs.js";

/** A row of the comparison with one figure. */
function row(label, latest, change = {}) {
  return { label, run: `id of ${label}`, tb_run: null, state: "running", latest, ...change };
}

const plain = (text) => text.replaceAll("\u202f", " ").replaceAll("\u2212", "-");

test("a figure differs from the reference by a share of it, with a sign", () => {
  const [a, b] = [row("a", 0.2), row("b", 0.15)];
  const cell = figureCell([a, b], b, a, "latest");
  assert.equal(plain(cell.difference), "-25.0 %");
  assert.equal(cell.marked, "lower");
  assert.equal(figureCell([a, b], a, a, "latest").difference, "");
});

test("a small difference is told but not marked", () => {
  const [a, b] = [row("a", 1), row("b", 1.01)];
  const cell = figureCell([a, b], b, a, "latest");
  assert.equal(plain(cell.difference), "+1.0 %");
  assert.equal(cell.marked, "");
});

test("a negative reference does not turn the sign", () => {
  const [a, b] = [row("a", -2), row("b", -1)];
  assert.equal(figureCell([a, b], b, a, "latest").marked, "higher");
});

test("the lowest value is marked, unless all are the same", () => {
  const rows = [row("a", 3), row("b", 1), row("c", null)];
  assert.deepEqual(rows.map((one) => figureCell(rows, one, rows[0], "latest").best),
    ["", "lowest", ""]);
  const same = [row("a", 1), row("b", 1)];
  assert.deepEqual(same.map((one) => figureCell(same, one, same[0], "latest").best), ["", ""]);
});

test("of first losses none is best: that is the luck of the first batch", () => {
  const rows = [row("a", 1, { first: 3 }), row("b", 1, { first: 2 })];
  assert.equal(figureCell(rows, rows[1], rows[0], "first").best, "");
});

test("of a pace the highest is best", () => {
  const rows = [row("a", 1, { steps_per_s: 20 }), row("b", 1, { steps_per_s: 30 })];
  const cells = rows.map((one) => figureCell(rows, one, rows[0], "steps_per_s"));
  assert.deepEqual(cells.map(({ best }) => best), ["", "highest"]);
  assert.equal(plain(cells[1].difference), "+50.0 %");
  const rate = row("a", 1, { model_rate: 2 });
  assert.equal(plain(figureCell([rate], rate, rate, "model_rate").text), "2 d");
});

const REACHED = {
  timesteps: 3, steps: 408, label: "1979-01-01 00:45:00", mean: 0.1, model_time_s: 2700,
  trained_s: 120,
};

test("who reached a loss says when, and who did not says so", () => {
  const rows = [
    row("a", 1, { reached: REACHED }),
    row("b", 1, { reached: { ...REACHED, trained_s: 180 } }),
    row("c", 1, { reached: null }),
    row("d", 1, { reached: { ...REACHED, trained_s: null } }),
  ];
  const cells = rows.map((one) => figureCell(rows, one, rows[0], "reached"));
  assert.deepEqual(cells.map(({ text }) => plain(text)),
    ["2 min", "3 min", "not reached", "step 408"]);
  assert.deepEqual(cells.map(({ best }) => best), ["lowest", "", "", ""]);
  assert.equal(plain(cells[1].difference), "+50.0 %");
  assert.equal(plain(cells[0].exact),
    "step 408, timestep 3, 1979-01-01 00:45:00, after 45 min of model time");
});

test("where no times are known a loss is reached in steps", () => {
  const rows = [408, 204].map((steps) =>
    row(`after ${steps}`, 1, { reached: { ...REACHED, steps, trained_s: null } }));
  const cells = rows.map((one) => figureCell(rows, one, rows[0], "reached"));
  assert.deepEqual(cells.map(({ text }) => text), ["step 408", "step 204"]);
  assert.deepEqual(cells.map(({ best }) => best), ["", "lowest"]);
  assert.equal(plain(cells[1].difference), "-50.0 %");
  const [column] = columnsOf(rows, { equal_model_time_s: null, reach: 0.1 })
    .filter(({ figure }) => figure === "reached");
  assert.match(column.told, /^the step at which/);
});

test("only figures that some training has are columns, and they say at what", () => {
  const rows = [row("a", 1, { at_equal_model_time: 0.5, reached: REACHED })];
  const columns = columnsOf(rows, { equal_model_time_s: 7200, reach: 0.25 });
  const heads = columns.map(({ head }) => plain(head));
  assert.deepEqual(heads.slice(3, 6), ["At 2 h", "To 0.2500", "Mean"]);
  assert.match(plain(columns[3].told), /after 2 h of model time/);
});

test("what is not known, or compared with nothing, has no difference", () => {
  const rows = [row("a", null), row("b", 1), row("c", 0)];
  assert.equal(figureCell(rows, rows[1], rows[0], "latest").difference, "");
  assert.equal(figureCell(rows, rows[0], rows[1], "latest").difference, "");
  assert.equal(figureCell(rows, rows[1], rows[2], "latest").difference, "");
});

test("equal labels get the id of their run", () => {
  const labels = toldApart([row("a", 1, { run: "1" }), row("a", 2, { run: "2" }), row("b", 3)])
    .map(({ label }) => label);
  assert.deepEqual(labels, ["a (1)", "a (2)", "b"]);
});

test("the saved table has a row for each training and full precision", () => {
  const at = { equal_model_time_s: 900, reach: 0.5 };
  const { heads, rows } = figuresTable([row("a", 0.1 + 0.2, { reached: REACHED })], at);
  assert.equal(rows[0][heads.indexOf("reached trained_s")], 120);
  assert.equal(rows[0][heads.indexOf("loss to reach")], 0.5);
  assert.equal(rows[0][heads.indexOf("latest")], 0.1 + 0.2);
  assert.equal(rows[0].length, heads.length);
});

test("a tag can be compared where two trainings have it, in one run or in two", () => {
  const one = { runs: [{ tb_run: "a", scalars: ["x", "y"] }, { tb_run: "b", scalars: ["x"] }] };
  const other = { runs: [{ tb_run: "a", scalars: ["y", "z"] }] };
  assert.deepEqual(comparableTags([one]), ["x"]);
  assert.deepEqual(comparableTags([one, null, other]), ["x", "y"]);
});

test("names lose the directories that all share, and never all of themselves", () => {
  assert.deepEqual(shortNames(["demo/exp", "other/exp"]), ["demo", "other"]);
  assert.deepEqual(shortNames(["a/b/train", "a/b/validation"]), ["train", "validation"]);
  assert.deepEqual(shortNames(["a/b", "a/b/eval"]), ["b", "b/eval"]);
  assert.deepEqual(shortNames(["a/b"]), ["a/b"]);
  assert.deepEqual(shortNames(["x", "y"]), ["x", "y"]);
  assert.deepEqual(shortNames([]), []);
});

test("current runs are compared, and those kept ones that were added", () => {
  const rows = [
    { id: "1", source: "source-1" }, { id: "k1", source: "kept" }, { id: "k2", source: "kept" },
  ];
  assert.deepEqual(comparedRuns(rows, ["k2"]).map(({ id }) => id), ["1", "k2"]);
});

test("a kept run of the same place is told apart by its end", () => {
  const rows = [
    { id: "1", source: "source-1", label: "demo" },
    { id: "k", source: "kept", label: "demo", ended: "2026-07-03T12:30:00Z" },
  ];
  const found = titled([row("demo", 1, { run: "1" }), row("demo", 2, { run: "k" })], rows);
  assert.equal(found[0].label, "demo");
  assert.match(found[1].label, /^demo, ended 2026-07-03 \d\d:30$/);
});
