/** The panels' words: what is shown, without a document. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOf, shownEntries } from "../../src/loss_monitor/web/static/js/panels/activity.js";
import { sparklinePaths } from "../../src/loss_monitor/web/static/js/panels/sparkline.js";
import {
  disconnectedWords, loadingShare, loadingWords, refusedWords,
} from "../../src/loss_monitor/web/static/js/panels/states.js";
import { presentFigures } from "../../src/loss_monitor/web/static/js/panels/statistics.js";
import { nextIndex } from "../../src/loss_monitor/web/static/js/radiogroup.js";
import { createStore } from "../../src/loss_monitor/web/static/js/store.js";
import { timestepNumber } from "../../src/loss_monitor/web/static/js/timestep_number.js";
import { columns, entry, pageData } from "./page_data.js";

const plain = (text) => text.replaceAll("\u202f", " ");

test("the log is newest first, and a filter keeps what is as bad or worse", () => {
  const entries = ["info", "warning", "ok", "error"].map((level, i) => entry(i + 1, { level }));
  const ids = (least) => shownEntries(entries, least).map(({ id }) => id);
  assert.deepEqual(ids("all"), [4, 3, 2, 1]);
  assert.deepEqual(ids("warning"), [4, 2]);
  assert.deepEqual(ids("error"), [4]);
});

test("what happened first and was read later stands at its own time", () => {
  const late = entry(9, { time: "2026-07-02T23:00:00+02:00" });
  const ids = shownEntries([entry(1), late, entry(10)], "all").map(({ id }) => id);
  assert.deepEqual(ids, [10, 1, 9]);
});

test("an entry names file and line, or file and offset", () => {
  assert.equal(placeOf(entry(1)), "");
  assert.equal(placeOf(entry(1, { file: "a.txt", line: 3 })), "a.txt, line 3");
  assert.equal(placeOf(entry(1, { file: "a", offset: 0 })), "a, offset 0");
  assert.equal(placeOf(entry(1, { file: "a" })), "a");
  const told = { file: "a.txt", message: "a.txt was rewritten" };
  assert.equal(placeOf(entry(1, told)), "");
  assert.equal(placeOf(entry(1, { ...told, line: 3 })), "line 3");
});

test("a missing value is a gap of the sparkline, never joined", () => {
  const { line, area } = sparklinePaths([1, 2, null, 3]);
  assert.equal(line.match(/M/g).length, 2);
  assert.equal(area.match(/Z/g).length, 2);
  assert.deepEqual(sparklinePaths([null, 1]), { line: "", area: "" });
  assert.doesNotMatch(sparklinePaths([5, 5, 5]).line, /NaN/);
});

test("loading tells files and bytes", () => {
  const loading = { files_done: 3, files_total: 12, bytes_done: 500, bytes_total: 2000 };
  assert.match(plain(loadingWords(loading)), /^Reading 3 of 12 files, 500 B of 2 kB\./);
  assert.equal(loadingShare(loading), 0.25);
  assert.equal(loadingShare({ ...loading, bytes_total: 0, bytes_done: 0 }), 0.25);
  assert.equal(loadingShare({ files_done: 0, files_total: 0, bytes_done: 0, bytes_total: 0 }), 0);
});

test("a place that cannot be read is named, with the reason", () => {
  const data = pageData();
  assert.equal(refusedWords(data), "");
  data.source.error = "Permission denied";
  assert.equal(
    plain(refusedWords(data)),
    "/data cannot be read: Permission denied. The monitor looks again every 0.5 s.",
  );
});

test("a lost connection tells the server's words, the age of what is shown, the next try", () => {
  const store = createStore();
  assert.equal(disconnectedWords(store.state, 0), "");
  store.setData(pageData());
  store.setConnection({ status: "reconnecting", retry_at_ms: 4000, error: "Still starting." });
  assert.match(
    plain(disconnectedWords(store.state, 0)),
    /^Still starting\. What is shown is from 1970-01-24 .*\. Trying again in 4 s\.$/,
  );
});

test("the second column is the run's own where the window holds all of it", () => {
  const store = createStore({ window: 50 });
  assert.equal(presentFigures(store.state), null);
  store.setData(pageData(3));
  assert.equal(presentFigures(store.state), store.state.data.statistics);
  store.setData(pageData(60));
  assert.equal(presentFigures(store.state), null, "not answered yet");
  const answer = { total_batches: 200 };
  store.setFetched({ statistics: { last: 50, answer } });
  assert.equal(presentFigures(store.state), answer);
  store.setView({ window: 500 });
  assert.equal(presentFigures(store.state), store.state.data.statistics);
});

test("arrow keys go round a radio group, other keys do nothing", () => {
  assert.equal(nextIndex("ArrowRight", 4, 5), 0);
  assert.equal(nextIndex("ArrowUp", 0, 5), 4);
  assert.equal(nextIndex("End", 0, 5), 4);
  assert.equal(nextIndex("Home", 3, 5), 0);
  assert.equal(nextIndex("a", 0, 5), null);
});

test("timesteps are numbered from one, steps of a job log by their own number", () => {
  assert.equal(timestepNumber(pageData(3), 0), "1");
  const label = ["step 40", "step 41", "step 42"];
  const log = pageData(3, { change: { timesteps: { ...columns(0, 3, { label }), start: 0 } } });
  assert.equal(timestepNumber(log, 2), "42");
});
