/** The connection to the server, in all its states. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { createStore } from "../../src/loss_monitor/web/static/js/store.js";
import { retryDelay, startStream } from "../../src/loss_monitor/web/static/js/stream.js";
import {
  eventText, FakeEventSource, fakeBrowser, pass, realBrowser, rest,
} from "./fake_browser.js";
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

const POLL = "api/stream?once=true";

/** A server whose stream does not get through, but whose other answers do. */
const held = () => {
  let asked = 0;
  return (path) => {
    if (path !== POLL) return { status: 404, body: { error: `no ${path}` } };
    asked += 1;
    return asked === 1 ? eventText(["snapshot", pageData()]) : eventText(["heartbeat", heartbeat]);
  };
};

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

test("a page that shows nothing yet does not wait long for the stream", async () => {
  const { browser, store, status } = start(held());
  await pass(2_900);
  assert.deepEqual(browser.paths, []);
  await pass(200);
  assert.equal(status(), "polling");
  assert.equal(store.state.data.run.timesteps, 3);
  FakeEventSource.last.send("snapshot", pageData(4));
  assert.equal(status(), "live", "a slow stream was not given up");
  await pass(20_000);
  assert.deepEqual(browser.paths, [POLL]);
});

test("a page that had to poll and is loaded again polls at once, until it was live", async () => {
  const { browser, status } = start(held());
  await pass(3_100);
  assert.equal(status(), "polling");
  const reload = () => {
    stop();
    stop = startStream(createStore()).destroy;
  };
  reload();
  await pass(100);
  assert.deepEqual(browser.paths, [POLL, POLL]);
  FakeEventSource.last.send("snapshot", pageData(4));
  reload();
  await pass(2_900);
  assert.deepEqual(browser.paths, [POLL, POLL]);
});

test("silence for 25 s makes the page poll, and the stream is tried again", async () => {
  const { browser, store, status } = start(held());
  FakeEventSource.last.send("snapshot", { ...pageData(), version: "start-0" });
  await pass(24_000);
  assert.equal(status(), "live");
  assert.deepEqual(browser.paths, []);
  await pass(2_000);
  assert.equal(status(), "polling");
  assert.equal(store.state.data.run.timesteps, 3);
  await pass(5_000);
  assert.deepEqual(browser.paths, [POLL, POLL]);
  assert.deepEqual(browser.lastEventIds, ["start-0", pageData().version], "only what is new");
  await pass(60_000);
  assert.ok(FakeEventSource.all.length >= 2, "the stream was tried again");
  FakeEventSource.last.send("snapshot", pageData());
  assert.equal(status(), "live");
  const polls = browser.paths.length;
  await pass(20_000);
  assert.equal(browser.paths.length, polls, "a live page does not poll");
});

test("events that come in bursts, long after they were sent, make the page poll", async () => {
  const { status, store } = start(held());
  FakeEventSource.last.send("snapshot", pageData());
  await pass(20_000);
  FakeEventSource.last.send("heartbeat", heartbeat, 9);
  assert.equal(status(), "live", "a network may be slow");
  FakeEventSource.last.send("heartbeat", heartbeat, 11);
  await rest();
  assert.equal(FakeEventSource.last.readyState, FakeEventSource.CLOSED);
  assert.equal(status(), "polling");
  assert.equal(store.state.data.run.timesteps, 3);
});

test("polled events that do not fit are followed by a snapshot", async () => {
  const odd = { timesteps: { drop: 9, keep: 9, start: 0, append: {} } };
  const texts = [
    eventText(["snapshot", pageData()]),
    eventText(["update", { ...heartbeat, splice: odd }]),
    eventText(["snapshot", pageData(4)]),
  ];
  const { browser, store } = start(() => texts.shift());
  await pass(13_100);
  assert.deepEqual(browser.lastEventIds, ["", pageData().version, ""]);
  assert.equal(store.state.data.run.timesteps, 4);
});

test("a stream that is refused while other answers come is replaced by polling", async () => {
  const { status, store } = start(held());
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(status(), "polling");
  assert.equal(store.state.data.run.timesteps, 3);
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
