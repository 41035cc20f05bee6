/** The page's one observable state. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore, DEFAULT_VIEW } from "../../src/loss_monitor/web/static/js/store.js";
import { pageData } from "./page_data.js";

test("a store begins without data, with the view that was asked for", () => {
  const store = createStore({ window: 100 });
  assert.equal(store.state.data, null);
  assert.deepEqual(store.state.view, { ...DEFAULT_VIEW, window: 100 });
});

test("a change is told with the state before, and leaves that state as it was", () => {
  const store = createStore();
  const told = [];
  store.subscribe((state, previous) => told.push([state.view.zoom, previous.view.zoom]));
  store.setView({ zoom: [1, 9] });
  store.resetZoom();
  assert.deepEqual(told, [[[1, 9], null], [null, [1, 9]]]);
});

test("what changes nothing is not told", () => {
  const store = createStore();
  store.setView({ zoom: [1, 9] });
  let calls = 0;
  store.subscribe(() => { calls += 1; });
  store.setView({ zoom: [1, 9] });
  store.setData(null);
  store.setConnection({ status: "connecting" });
  store.setFetched({ range: null });
  assert.equal(calls, 0);
});

test("parts that did not change stay the same objects", () => {
  const store = createStore();
  const { view, fetched } = store.state;
  store.setData(pageData());
  assert.equal(store.state.view, view);
  assert.equal(store.state.fetched, fetched);
});

test("who unsubscribed is not told, even while others are", () => {
  const store = createStore();
  const told = [];
  const leave = store.subscribe(() => { told.push("first"); leave(); });
  store.subscribe(() => told.push("second"));
  store.setView({ chosen: 1 });
  store.setView({ chosen: 2 });
  assert.deepEqual(told, ["first", "second", "second"]);
});

test("while paused what is shown stands, and the newest is known", () => {
  const store = createStore();
  store.setPaused(true);
  const [first, second] = [pageData(3), pageData(4)];
  store.setData(first);
  assert.equal(store.state.data, first, "there was nothing to let stand");
  store.setData(second);
  assert.equal(store.state.data, first);
  assert.equal(store.state.live, second);
  store.setPaused(false);
  assert.equal(store.state.data, second);
});
