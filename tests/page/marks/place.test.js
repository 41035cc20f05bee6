/** Which marks are drawn where, and which one a pointer means. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { markAt, placeMarks } from "../../../src/loss_monitor/web/static/js/marks/place.js";
import { markLabel, markWords } from "../../../src/loss_monitor/web/static/js/marks/words.js";
import { mark } from "../page_data.js";

const WHOLE = /** @type {[number, number]} */ ([0, 1000]);
const x = (index) => index;

test("near marks of one kind become one that counts them, marks of other kinds stay", () => {
  const marks = [
    mark("checkpoint", 100, { level: "ok", count: 3 }),
    mark("rollback", 102),
    mark("checkpoint", 104, { level: "ok", message: "the newest" }),
    mark("checkpoint", 140, { level: "ok" }),
  ];
  const placed = placeMarks(marks, x, WHOLE);
  const told = placed.map((one) => [one.mark.kind, one.mark.count, one.mark.message]);
  assert.deepEqual(told, [
    ["checkpoint", 4, "the newest"], ["checkpoint", 1, "checkpoint"], ["rollback", 1, "rollback"],
  ]);
});

test("a row of many near marks stays a row", () => {
  const marks = Array.from({ length: 100 }, (_, i) => mark("checkpoint", 3 * i, { level: "ok" }));
  const placed = placeMarks(marks, x, WHOLE);
  assert.ok(placed.length > 30 && placed.length < 38, String(placed.length));
  assert.equal(placed.reduce((sum, one) => sum + one.mark.count, 0), 100);
  assert.ok(placed.every(({ at }, i) => i === 0 || at - placed[i - 1].at >= 8));
});

test("of near marks the most severe speaks, wherever it stands", () => {
  const marks = [mark("end", 100, { level: "error" }), mark("end", 103, { level: "ok" })];
  const [one] = placeMarks(marks, x, WHOLE);
  assert.deepEqual([one.mark.level, one.at, one.mark.count], ["error", 100, 2]);
});

test("what has no place, or none in sight, is not drawn; what reaches into sight is", () => {
  const marks = [
    mark("note", null), mark("note", 1200), mark("rollback", 1100, { from: 900 }),
    mark("note", 50),
  ];
  const placed = placeMarks(marks, x, WHOLE);
  assert.deepEqual(
    placed.map((one) => [one.mark.kind, one.from]).sort(), [["note", 50], ["rollback", 900]],
  );
});

test("a shape stays inside, and an end stands before the beginning it would be hidden by", () => {
  const marks = [
    mark("dry_run", 0), mark("end", 499), mark("restart", 500), mark("end", 1000),
  ];
  const placed = placeMarks(marks, x, WHOLE).sort((a, b) => a.at - b.at);
  const [dryRun, first, restart, last] = placed.map(({ shape }) => shape);
  assert.deepEqual([dryRun, restart, last], [5, 500, 995]);
  assert.ok(restart - first > 8);
});

test("a pointer means the nearest mark within reach, the more severe of two as near", () => {
  const marks = [
    mark("checkpoint", 100, { level: "ok" }), mark("rollback", 100), mark("note", 112),
  ];
  const placed = placeMarks(marks, x, WHOLE);
  assert.equal(markAt(placed, 101, 6).mark.kind, "rollback");
  assert.equal(markAt(placed, 109, 6).mark.kind, "note");
  assert.equal(markAt(placed, 300, 6), null);
  const quiet = markAt(placed, 101, 6, (one) => one.mark.kind === "checkpoint");
  assert.equal(quiet.mark.kind, "checkpoint");
});

test("marks in words say how many, and what the last of them said", () => {
  const saved = mark("checkpoint", 1, { message: "Checkpoint saved at step=40" });
  assert.equal(markWords(saved), "Checkpoint saved at step=40");
  assert.equal(
    markWords({ ...saved, count: 12 }), "12 checkpoints, last: Checkpoint saved at step=40",
  );
  assert.equal(markLabel({ ...saved, count: 12 }), "12 checkpoints");
  const back = mark("rollback", 1, {
    message: "Rolled back to checkpoint at step=10: 1,017 steps of training lost",
  });
  assert.equal(markLabel(back), "rollback, 1,017 lost");
  const ends = {
    "slurmstepd: error: *** JOB 7 ON l1 CANCELLED AT x DUE TO TIME LIMIT ***": "timed out",
    "slurmstepd: error: Detected 1 oom_kill event": "out of memory",
    "slurmstepd: error: *** JOB 7 CANCELLED AT x ***": "cancelled",
    "PyTorch distributed destroyed": "finished",
    "MPI_ABORT was invoked": "failed",
  };
  for (const [message, words] of Object.entries(ends)) {
    assert.equal(markLabel(mark("end", 1, { message })), words);
  }
  const note = mark("note", 1, { message: "learning rate halved after the second rollback" });
  assert.equal(markLabel(note).length, 28);
  assert.equal(markLabel(mark("something_new", 1)), "something new");
});
