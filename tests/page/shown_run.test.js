/** The run that everything is asked for. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { ofShownRun, showRun } from "../../src/loss_monitor/web/static/js/shown_run.js";

afterEach(() => showRun(""));

test("without a run in the address nothing names one", () => {
  assert.equal(ofShownRun("api/stream"), "api/stream");
});

test("every path of a run names the one that is shown", () => {
  showRun("source-2");
  assert.equal(ofShownRun("api/stream"), "api/stream?run=source-2");
  assert.equal(ofShownRun("api/loss/range?x=batch"), "api/loss/range?x=batch&run=source-2");
  showRun("a b&c");
  assert.equal(ofShownRun("api/status"), "api/status?run=a%20b%26c");
});

test("what is of all runs, or names a run itself, stays as it is", () => {
  showRun("source-2");
  for (const path of ["api/runs", "api/compare?x=batch", "api/tensorboard/tags?run=source-1"]) {
    assert.equal(ofShownRun(path), path);
  }
});
