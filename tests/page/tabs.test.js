/** One stream for all visible tabs of a browser. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { createStore } from "../../src/loss_monitor/web/static/js/store.js";
import { BEAT_MS, startSharedStream } from "../../src/loss_monitor/web/static/js/tabs.js";
import {
  eventText, FakeEventSource, fakeBrowser, pass, realBrowser, rest,
} from "./fake_browser.js";
import { FakeTabs } from "./fake_tabs.js";
import { columns, pageData } from "./page_data.js";

let browser;
let tabs;
let opened = [];
beforeEach(() => {
  browser = fakeBrowser();
  tabs = new FakeTabs();
});
afterEach(() => {
  for (const one of opened) one.stream.destroy();
  opened = [];
  realBrowser();
});

/** Open a tab; `close` ends it as a browser does. */
async function open(options) {
  const window = tabs.tab(options);
  const store = createStore();
  const stream = startSharedStream(store, window);
  const tab = {
    window, store, stream,
    get connection() { return store.state.connection; },
    get mean() { return store.state.data?.timesteps.mean; },
    get total() { return store.state.data?.run.timesteps; },
    close: () => window.dispatchEvent(new Event("pagehide")),
  };
  opened.push(tab);
  await rest();
  return tab;
}

/** Tabs of which the first leads, and all show a run of three timesteps. */
async function openSome(count) {
  const some = [];
  for (let index = 0; index < count; index += 1) some.push(await open());
  FakeEventSource.last.send("snapshot", pageData());
  await rest();
  return some;
}

const openStreams = () =>
  FakeEventSource.all.filter((one) => one.readyState !== FakeEventSource.CLOSED).length;

/** An update that appends one timestep to three. */
function grown(total = 4) {
  return {
    version: `start-${total}`, server_time: "now", server_time_s: 2_000_000,
    set: { run: { ...pageData(total).run } },
    splice: {
      timesteps: { drop: 0, keep: total - 1, start: 0, append: columns(total - 1, total) },
    },
  };
}

test("eight tabs have one stream, and all show what it says", async () => {
  const eight = await openSome(8);
  FakeEventSource.last.send("update", grown());
  await rest();
  assert.equal(FakeEventSource.all.length, 1);
  for (const tab of eight) {
    assert.equal(tab.total, 4);
    assert.deepEqual(tab.store.state.data, eight[0].store.state.data);
    assert.deepEqual(tab.connection, eight[0].connection);
    assert.equal(tab.connection.status, "live");
  }
  assert.deepEqual(browser.paths, [], "nothing else was asked for");
});

test("a tab knows that data were asked for, by whichever tab", async () => {
  const [leader, follower] = await openSome(2);
  const alone = await open({ secure: false });
  await Promise.all([leader, follower, alone].map(({ stream }) => stream.begun));
});

test("what an update does not touch stays the same object in every tab", async () => {
  const [, follower] = await openSome(2);
  const { statistics, timesteps } = follower.store.state.data;
  FakeEventSource.last.send("update", grown());
  await rest();
  assert.equal(follower.store.state.data.statistics, statistics);
  assert.notEqual(follower.store.state.data.timesteps, timesteps);
});

test("a tab that joins later is given the leader's data, without a request", async () => {
  const [leader] = await openSome(1);
  FakeEventSource.last.send("update", grown());
  const late = await open();
  assert.deepEqual(late.store.state.data, leader.store.state.data);
  assert.equal(late.connection.status, "live");
  FakeEventSource.last.send("update", grown(5));
  await rest();
  assert.equal(late.total, 5);
  assert.equal(FakeEventSource.all.length, 1);
  assert.deepEqual(browser.paths, []);
});

test("a leader that is closed is followed by another, with a fresh snapshot", async () => {
  const [leader, second, third] = await openSome(3);
  leader.close();
  await rest();
  assert.equal(FakeEventSource.all.length, 2);
  assert.equal(openStreams(), 1);
  assert.equal(second.total, 3, "the last data stay meanwhile");
  FakeEventSource.last.send("snapshot", pageData(7));
  FakeEventSource.last.send("update", grown(8));
  await rest();
  assert.deepEqual([second.total, third.total], [8, 8]);
  assert.equal(leader.total, 3);
});

test("a leader that is hidden gives way and joins again when it is seen", async () => {
  const [leader, second] = await openSome(2);
  leader.window.hide(true);
  await rest();
  assert.equal(openStreams(), 1);
  FakeEventSource.last.send("snapshot", pageData(5));
  await rest();
  assert.equal(second.total, 5);
  assert.equal(leader.total, 3, "a hidden tab hears nothing");
  leader.window.hide(false);
  await rest();
  assert.equal(leader.total, 5);
  assert.equal(FakeEventSource.all.length, 2, "by the new leader's data, not by a stream");
});

test("while all tabs are hidden there is no stream; the first that is seen opens one", async () => {
  const some = await openSome(3);
  for (const tab of some) tab.window.hide(true);
  await rest();
  assert.equal(openStreams(), 0);
  const streams = FakeEventSource.all.length;
  await pass(60_000);
  assert.equal(FakeEventSource.all.length, streams);
  some[2].window.hide(false);
  await rest();
  assert.equal(openStreams(), 1);
  FakeEventSource.last.send("snapshot", pageData(6));
  assert.equal(some[2].total, 6);
});

test("a tab opened in the background takes the leader's data once", async () => {
  await openSome(1);
  const behind = await open({ hidden: true });
  assert.equal(behind.total, 3);
  FakeEventSource.last.send("update", grown());
  await rest();
  assert.equal(behind.total, 3);
  assert.equal(FakeEventSource.all.length, 1);
});

test("a tab opened in the background alone takes one snapshot and gives up the lock", async () => {
  browser.document.hidden = true;
  const behind = await open({ hidden: true });
  FakeEventSource.last.send("snapshot", pageData());
  await rest();
  assert.equal(behind.total, 3);
  assert.equal(openStreams(), 0);
  assert.equal(tabs.locks.held.size, 0);
});

test("a hidden leader without data gives way to a tab that is seen", async () => {
  const behind = await open({ hidden: true });
  await open();
  assert.equal(FakeEventSource.all.length, 2);
  assert.equal(openStreams(), 1);
  FakeEventSource.last.send("snapshot", pageData());
  await rest();
  assert.equal(behind.total, 3);
});

test("two hidden tabs without data do not drive each other away", async () => {
  await open({ hidden: true });
  await open({ hidden: true });
  await pass(3 * BEAT_MS);
  assert.equal(FakeEventSource.all.length, 1);
});

test("followers tell a lost server with the leader's countdown, and its return", async () => {
  const [leader, follower] = await openSome(2);
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(follower.connection.status, "reconnecting");
  assert.equal(follower.connection.retry_at_ms, leader.connection.retry_at_ms);
  assert.equal(follower.connection.retry_at_ms - Date.now(), 1000);
  await pass(1000);
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(follower.connection.retry_at_ms - Date.now(), 2000);
  await pass(2000);
  FakeEventSource.last.send("snapshot", pageData(4));
  await rest();
  assert.deepEqual([follower.connection.status, follower.total], ["live", 4]);
});

test("what the server says when it refuses reaches every tab", async () => {
  browser.answer = () => ({ status: 503, body: { error: "Still starting." } });
  const [, follower] = [await open(), await open()];
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(follower.connection.error, "Still starting.");
});

test("the user can try at once from any tab", async () => {
  const [, follower] = await openSome(2);
  FakeEventSource.last.fail({ refused: true });
  await rest();
  follower.stream.retryNow();
  await rest();
  assert.equal(FakeEventSource.all.length, 2);
  FakeEventSource.last.send("snapshot", pageData());
  await rest();
  assert.equal(follower.connection.status, "live");
});

test("where the leader has to poll the others follow its polls", async () => {
  const [leader, follower] = await openSome(2);
  browser.answer = () => eventText(["snapshot", { ...pageData(), sentence: "Polled." }]);
  await pass(27_000);
  assert.equal(leader.connection.status, "polling");
  assert.equal(follower.connection.status, "polling");
  assert.equal(follower.store.state.data.sentence, "Polled.");
  assert.deepEqual(follower.store.state.data, leader.store.state.data);
  const asked = browser.paths.length;
  await pass(5_000);
  assert.deepEqual(browser.paths.slice(asked), ["api/stream?once=true"], "one tab polls");
});

test("a leader that gave way while it was asking does not begin again", async () => {
  const [leader] = await openSome(1);
  const unanswered = [];
  globalThis.fetch = () => new Promise((_, reject) => { unanswered.push(reject); });
  FakeEventSource.last.fail({ refused: true });
  await pass(1000);
  FakeEventSource.last.fail({ refused: true });
  await rest();
  assert.equal(unanswered.length, 1);
  leader.close();
  for (const reject of unanswered) reject(new TypeError("failed to fetch"));
  await pass(30_000);
  assert.equal(openStreams(), 0);
});

test("an event that does not fit makes a follower ask for the whole", async () => {
  const [leader, follower] = await openSome(2);
  const behind = follower.store.state.data;
  FakeEventSource.last.send("update", grown());
  await rest();
  follower.store.setData(behind); // As if the update had been lost.
  FakeEventSource.last.send("update", grown(5));
  await rest();
  assert.deepEqual(follower.store.state.data, leader.store.state.data);
  assert.equal(FakeEventSource.all.length, 1);
});

test("late words of a leader that was replaced are not mixed in", async () => {
  const [leader, follower] = await openSome(2);
  const { connection } = leader;
  const channel = new (tabs.tab().BroadcastChannel)(tabs.messages[0].channel);
  const event = { type: "update", data: grown() };
  channel.onmessage = () => {};
  channel.postMessage({ kind: "event", from: "replaced", event, connection });
  await rest();
  assert.deepEqual(follower.store.state.data, leader.store.state.data);
  assert.equal(follower.total, 3);
});

test("a tab that waits for the data asks once", async () => {
  const [, follower] = await openSome(2);
  follower.window.hide(true);
  const asks = () => tabs.messages.filter(({ message }) => message.kind === "ask").length;
  const before = asks();
  follower.window.hide(false);
  FakeEventSource.last.send("update", grown());
  FakeEventSource.last.send("update", grown(5));
  await rest();
  assert.equal(follower.total, 5);
  assert.equal(asks(), before + 1);
});

test("a leader that stands still is replaced, and follows when it wakes", async () => {
  const [leader, second, third] = await openSome(3);
  const holder = () => tabs.locks.held.values().next().value;
  const before = holder();
  leader.window.stuck = true;
  await pass(4 * BEAT_MS);
  assert.equal(holder(), before, "a short silence is none");
  await pass(2 * BEAT_MS);
  assert.notEqual(holder(), before);
  assert.equal(openStreams(), 1, "the old leader's stream is closed as its lock is taken");
  leader.window.stuck = false;
  FakeEventSource.last.send("snapshot", pageData(9));
  await pass(2 * BEAT_MS);
  assert.deepEqual([leader, second, third].map((tab) => tab.total), [9, 9, 9]);
  assert.equal(openStreams(), 1);
});

test("a silent server is not taken for a silent leader", async () => {
  const [, follower] = await openSome(2);
  const held = [...tabs.locks.held.values()];
  FakeEventSource.last.fail({ refused: true });
  await pass(120_000);
  assert.deepEqual([...tabs.locks.held.values()], held);
  assert.equal(follower.connection.status, "reconnecting");
});

test("monitors below different paths of one host do not mix", async () => {
  const one = await open({ path: "/proxy/5000/" });
  FakeEventSource.last.send("snapshot", pageData(3));
  const same = await open({ path: "/proxy/5000/index.html?x=1#window=50" });
  const other = await open({ path: "/proxy/5001/" });
  assert.equal(FakeEventSource.all.length, 2);
  FakeEventSource.last.send("snapshot", pageData(8));
  await rest();
  assert.deepEqual([one.total, same.total, other.total], [3, 3, 8]);
});

test("without locks or channels each tab has its own stream", async () => {
  const some = [await open({ secure: false }), await open({ secure: false })];
  assert.equal(FakeEventSource.all.length, 2);
  for (const source of FakeEventSource.all) source.send("snapshot", pageData());
  assert.deepEqual(some.map((tab) => tab.total), [3, 3]);
  assert.equal(tabs.messages.length, 0);
});

test("where the browser refuses locks the tab has its own stream", async () => {
  tabs.locks.request = () => Promise.reject(new DOMException("no", "SecurityError"));
  const one = await open();
  FakeEventSource.last.send("snapshot", pageData());
  browser.hide(true);
  one.window.hide(true);
  assert.equal(openStreams(), 0);
  browser.hide(false);
  one.window.hide(false);
  await rest();
  assert.equal(openStreams(), 1);
});

test("a page kept for going back joins again when it is shown", async () => {
  const [leader, second] = await openSome(2);
  leader.close();
  leader.window.hide(true);
  await rest();
  FakeEventSource.last.send("snapshot", pageData(5));
  leader.window.document.hidden = false;
  leader.window.dispatchEvent(new Event("pageshow"));
  await rest();
  assert.deepEqual([leader.total, second.total], [5, 5]);
  assert.equal(openStreams(), 1);
});
