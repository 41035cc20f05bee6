/** The page's state in words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  connectionStatus, countdown, dataAge, pageIcon, pageTitle, trainingStatus,
} from "../../src/loss_monitor/web/static/js/status.js";
import { createStore } from "../../src/loss_monitor/web/static/js/store.js";
import { pageData } from "./page_data.js";

const NOW_MS = 2_000_000_000;

function state(source = {}, connection = {}) {
  const store = createStore();
  const data = pageData();
  store.setData({ ...data, source: { ...data.source, ...source } });
  store.setConnection({ status: "live", ...connection });
  return store.state;
}

test("the age of data is by the server's clock", () => {
  assert.equal(dataAge(state(), NOW_MS), 2);
  assert.equal(dataAge(state({}, { clock_offset_s: 30 }), NOW_MS), 32);
  assert.equal(dataAge(state({ last_update_s: 2_000_009 }), NOW_MS), 0, "never negative");
  assert.equal(dataAge(state({ last_update_s: null }), NOW_MS), null);
});

test("the connection and the training are told apart", () => {
  const lost = state({}, { status: "reconnecting", retry_at_ms: NOW_MS + 2500 });
  assert.equal(connectionStatus(lost, NOW_MS).word, "Reconnecting");
  assert.match(connectionStatus(lost, NOW_MS).detail, /^in 3\ss$/);
  assert.equal(connectionStatus(lost, NOW_MS).tone, "err");
  assert.equal(trainingStatus(lost, NOW_MS).word, "Running");
});

test("a stale training counts up by itself, and nobody says it twice", () => {
  const stale = state({ state: "stale", state_text: "No new data for 1 min" });
  assert.match(trainingStatus(stale, NOW_MS + 238_000).detail, /^for 4\smin$/);
  assert.equal(trainingStatus(stale, NOW_MS).tone, "warn");
  assert.equal(connectionStatus(stale, NOW_MS).detail, "");
});

test("a training that ended says how, in the server's words", () => {
  const ended = state({ state: "failed", state_text: "Timed out" });
  assert.equal(trainingStatus(ended, NOW_MS).word, "Timed out");
  assert.equal(trainingStatus(ended, NOW_MS).tone, "err");
  assert.equal(pageIcon(ended), "error");
});

test("a state that this page does not know yet is shown in the server's words", () => {
  const odd = state({ state: "hibernating", state_text: "Hibernating" });
  assert.equal(trainingStatus(odd, NOW_MS).word, "Hibernating");
  assert.equal(pageIcon(odd), "waiting");
});

const JOB = {
  id: "4711", state: "RUNNING", reason: "", node: "l40123", limit_s: 8 * 3600, used_s: 600,
  counts_from_s: 2_000_000 - 7200, ends_s: 2_021_600, source: "squeue",
};

test("a job that runs tells how much of its limit it has used, and counts on by itself", () => {
  const running = state({ job: JOB });
  assert.match(trainingStatus(running, NOW_MS).detail, /^2\sh 10\smin of 8\sh$/);
  assert.match(trainingStatus(running, NOW_MS + 3_600_000).detail, /^3\sh 10\smin of 8\sh$/);
  const reached = state({ job: JOB, model_time_at_limit: "1979-03-02 06:15" });
  assert.match(
    trainingStatus(reached, NOW_MS).title,
    /^Job 4711 on l40123: RUNNING\. Its limit ends .*, at model time 1979-03-02 06:15$/,
  );
  for (const other of [{ limit_s: null }, { counts_from_s: null }]) {
    assert.equal(trainingStatus(state({ job: { ...JOB, ...other } }), NOW_MS).detail, "");
  }
  const ended = state({ job: JOB, state: "failed", state_text: "Timed out" });
  assert.equal(trainingStatus(ended, NOW_MS).detail, "");
});

test("a job that does not run says so in a tone of its own", () => {
  const queued = state({ state: "pending", state_text: "Queued (Priority)" });
  assert.deepEqual(
    [trainingStatus(queued, NOW_MS).word, trainingStatus(queued, NOW_MS).detail],
    ["Queued", "Priority"],
  );
  assert.equal(trainingStatus(queued, NOW_MS).tone, "plain");
  assert.equal(trainingStatus(state({ state: "suspended" }), NOW_MS).tone, "warn");
  assert.equal(trainingStatus(state({ state: "dry_run", state_text: "" }), NOW_MS).word, "Dry run");
  const dry = state({ state: "dry_run", state_text: "Dry run (1,812 of 4,000)", job: JOB });
  assert.equal(trainingStatus(dry, NOW_MS).word, "Dry run", "told to a screen reader once");
  assert.equal(trainingStatus(dry, NOW_MS).detail, "1,812 of 4,000");
});

test("without losses a silent log tells its own age", () => {
  const silent = state({ state: "stale", last_update_s: null, heard_s: 2_000_000 - 300 });
  assert.match(trainingStatus(silent, NOW_MS).detail, /^for 5\smin$/);
});

test("the title names state, run and owner", () => {
  assert.equal(pageTitle(state(), NOW_MS), "Running · run · ada@node1 · Loss Monitor");
  const lost = state({}, { status: "reconnecting" });
  assert.equal(pageTitle(lost, NOW_MS), "Reconnecting · run · ada@node1 · Loss Monitor");
  assert.equal(pageIcon(lost), "error");
  assert.equal(pageTitle(createStore().state, NOW_MS), "ICON ML Training Loss Monitor");
});

test("a countdown ends in now", () => {
  assert.equal(countdown(null, NOW_MS), "");
  assert.equal(countdown(NOW_MS - 1, NOW_MS), "now");
});
