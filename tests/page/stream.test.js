/** The connection to the server, in all its states. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { createStore } from "../../src/loss_monitor/web/static/js/store.js";
import { retryDelay, startStream } from "../../src/loss_monitor/web/static/js/stream.js";
import { FakeEventSource, fakeBrowser, pass, realBrowser, rest } from "./fake_browser.js";
import { pageData } from "./page_data.js";

let stop = () => {};
afterEach(() => {
  stop();
  realBrowser();
});

function start(answer) {
  const browser = fakeBrowser(answer);
  const store = createStore();
  const stream = startStream(store);
  stop = stream.destroy;
  return { browser, store, stream, status: () => store.state.connection.status };
}

const heartbeat = { version: "start-1", age_s: 1, server_time: "now", server_time_s: 2_000_000 };

/** A server whose stream does not get through, but whose other answers do. */
function restOfServer(path) {
  const answers = {
    "api/status": {
      version: "1.0", total_timesteps: 2, total_batches: 4, last_update: "2026-07-03T12:00:00Z",
      age_s: 3, loading: null, incidents: 0, user: "ada", host: "node1", monitoring_dir: "/data",
    },
    "api/runs": { runs: [{ id: "r", label: "run", started: null, state: "running" }] },
    "api/loss/statistics": { total_batches: 4 },
    "api/loss/current": { timestamp: "2020-01-01 00:10:00", complete: true },
    "api/activity": { entries: [] },
    "api/alerts": { open: [], closed: [], rules: [] },
    "api/summary.txt": "Running.\n",
  };
  if (path in answers) return answers[path];
  if (path.startsWith("api/loss/history")) {
    return {
      timestamps: ["2020-01-01 00:00:00", "2020-01-01 00:10:00"], mean_losses: [2, 1],
      std_losses: [0, 0], min_losses: [2, 1], max_losses: [2, 1], all_losses: [2, 2, 1, 1],
    };
  }
  if (path.startsWith("api/loss/by_timestep/")) {
    return { timestamp: "2020-01-01 00:10:00", losses: [1, 1], num_batches: 2, unit: "batch" };
  }
  if (path.startsWith("api/loss/range")) {
    return { x_start: [0, 1], x_stop: [1, 2], count: [2, 2], non_finite: [0, 0] };
  }
  if (path.startsWith("api/loss/online")) {
    return { start: [0, 1], timesteps: [1, 1], model_time: [0, 600], wall_time: [100, 110] };
  }
  if (path.startsWith("api/loss/distribution")) return { edges: [1, 2, 3], counts: [2, 2] };
  return { status: 404, body: { error: `no ${path}` } };
}

test("a snapshot makes the page live, by a relative address", () => {
  const { store, status } = start();
  assert.equal(FakeEventSource.last.url, "api/stream");
  assert.equal(status(), "connecting");
  FakeEventSource.last.send("snapshot", pageData());
  assert.equal(status(), "live");
  assert.equal(store.state.data.run.timesteps, 3);
  assert.equal(store.state.connection.clock_offset_s, 0);
});

test("a stream that ends and comes back is nobody's trouble", async () => {
  const { status } = start();
  FakeEventSource.last.send("snapshot", pageData());
  FakeEventSource.last.fail();
  await pass(1500);
  assert.equal(status(), "live");
  FakeEventSource.last.send("heartbeat", heartbeat);
  await pass(5000);
  assert.equal(status(), "live");
  assert.equal(FakeEventSource.all.length, 1, "the browser reconnected by itself");
});

test("a server that is gone is told with a countdown and tried again, the data stay", async () => {
  const { store, status } = start();
  FakeEventSource.last.send("snapshot", pageData());
  FakeEventSource.last.fail();
  FakeEventSource.last.fail();
  await rest();
  assert.equal(status(), "reconnecting");
  assert.equal(store.state.connection.retry_at_ms - Date.now(), 1000);
  await pass(1000);
  assert.equal(FakeEventSource.all.length, 2);
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(store.state.connection.retry_at_ms - Date.now(), 2000);
  assert.equal(store.state.data.run.timesteps, 3, "the last good data stay");
  await pass(2000);
  FakeEventSource.last.send("snapshot", pageData(4));
  assert.equal(status(), "live");
  assert.equal(store.state.connection.retry_at_ms, null);
});

test("the user can try at once", async () => {
  const { stream, status } = start();
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(status(), "reconnecting");
  stream.retryNow();
  FakeEventSource.last.send("snapshot", pageData());
  assert.equal(status(), "live");
});

test("what the server says when it refuses is kept", async () => {
  const starting = { status: 503, body: { error: "Still starting." } };
  const { store } = start(() => starting);
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(store.state.connection.status, "reconnecting");
  assert.equal(store.state.connection.error, "Still starting.");
});

test("silence for 25 s makes the page poll, and the stream is tried again", async () => {
  const { browser, store, status } = start(restOfServer);
  await pass(24_000);
  assert.equal(status(), "connecting");
  await pass(2_000);
  assert.equal(status(), "polling");
  assert.deepEqual(store.state.data.timesteps.mean, [2, 1]);
  assert.deepEqual(store.state.data.timesteps.count, [2, 2]);
  assert.equal(store.state.data.current.start, 2);
  assert.equal(store.state.data.sentence, "Running.");
  assert.equal(store.state.data.distribution.linear.hi, 3);
  const asked = browser.paths.length;
  await pass(5_000);
  assert.deepEqual(browser.paths.slice(asked), ["api/status", "api/runs"], "nothing new, no more");
  await pass(60_000);
  assert.ok(FakeEventSource.all.length >= 2, "the stream was tried again");
  FakeEventSource.last.send("snapshot", pageData());
  assert.equal(status(), "live");
  const polls = browser.paths.length;
  await pass(20_000);
  assert.equal(browser.paths.length, polls, "a live page does not poll");
});

test("a stream that is refused while other answers come is replaced by polling", async () => {
  const { status, store } = start(restOfServer);
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(status(), "polling");
  assert.deepEqual(store.state.data.timesteps.x, [0, 600], "model time is known, too");
  assert.deepEqual(store.state.data.timesteps.wall_time, [100, 110]);
});

test("a hidden page holds no stream, and takes a snapshot on return", async () => {
  const { browser, status } = start();
  FakeEventSource.last.send("snapshot", pageData());
  browser.hide(true);
  assert.equal(FakeEventSource.last.readyState, FakeEventSource.CLOSED);
  await pass(60_000);
  assert.equal(FakeEventSource.all.length, 1);
  assert.equal(status(), "live", "nothing is wrong with a page that nobody sees");
  browser.hide(false);
  assert.equal(FakeEventSource.all.length, 2);
  FakeEventSource.last.send("snapshot", pageData(5));
  assert.equal(status(), "live");
});

test("a page opened in the background takes one snapshot for its title", async () => {
  const { browser, store } = start();
  browser.document.hidden = true;
  FakeEventSource.last.send("snapshot", pageData());
  assert.equal(store.state.data.run.timesteps, 3);
  assert.equal(FakeEventSource.last.readyState, FakeEventSource.CLOSED);
});

test("an event that does not fit is answered by a new stream", async () => {
  const { store } = start();
  FakeEventSource.last.send("snapshot", pageData());
  const odd = { timesteps: { drop: 9, keep: 9, start: 0, append: {} } };
  FakeEventSource.last.send("update", { ...heartbeat, splice: odd });
  await pass(1000);
  assert.equal(FakeEventSource.all.length, 2);
  FakeEventSource.last.send("snapshot", pageData(4));
  assert.equal(store.state.data.run.timesteps, 4);
});

test("another schema loads the page again, but only once", () => {
  const { browser, store } = start();
  FakeEventSource.last.send("snapshot", { ...pageData(), schema: 999 });
  assert.equal(browser.reloads, 1);
  assert.equal(store.state.data, null);
  stop();
  const again = startStream(store);
  stop = again.destroy;
  FakeEventSource.last.send("snapshot", { ...pageData(), schema: 999 });
  assert.equal(browser.reloads, 1);
});

test("tries become rarer up to a limit", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 99].map(retryDelay), [1000, 2000, 4000, 8000, 15000, 15000]);
});
