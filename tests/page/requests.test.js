/** What the page asks for beyond the stream. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { startRequests } from "../../src/loss_monitor/web/static/js/requests.js";
import { createStore } from "../../src/loss_monitor/web/static/js/store.js";
import { fakeBrowser, pass, realBrowser, rest } from "./fake_browser.js";
import { pageData } from "./page_data.js";

let stop = () => {};
afterEach(() => {
  stop();
  realBrowser();
});

function start(answer, data = pageData(1200, { whole: 500, size: 4 })) {
  const browser = fakeBrowser(answer);
  const store = createStore();
  store.setConnection({ status: "live" });
  const requests = startRequests(store);
  stop = requests.destroy;
  store.setData(data);
  return { browser, store, requests };
}

const echo = (path) => (path === "api/loss/timesteps" ? { timesteps: labels } : { path });
const labels = Array.from({ length: 1200 }, (_, index) => `label ${index}`);

test("the window's statistics are asked for, the present where the window is all", async () => {
  const { browser, store } = start(echo);
  await rest();
  assert.deepEqual(browser.paths, ["api/loss/statistics?last=100"]);
  store.setView({ window: 200 });
  await pass(600);
  assert.equal(store.state.fetched.statistics.last, 200);
});

test("statistics are asked for at most twice a second, and the last state always", async () => {
  const { browser, store } = start(echo);
  for (let change = 0; change < 40; change += 1) {
    store.setData({ ...store.state.data, version: `start-${change}` });
    await pass(100);
  }
  await pass(1000);
  assert.ok(browser.paths.length <= 10, `${browser.paths.length} requests in 4 s`);
  assert.ok(browser.paths.length >= 6);
});

test("nothing is asked for while the page is hidden", async () => {
  const { browser, store } = start(echo);
  await rest();
  browser.document.hidden = true;
  store.setView({ window: 50 });
  await pass(2000);
  assert.equal(browser.paths.length, 1);
});

test("a zoom into old timesteps is asked for; one into the newest is known already", async () => {
  const { browser, store } = start(echo);
  await rest();
  store.setView({ zoom: [800, 900] });
  await pass(600);
  assert.equal(browser.paths.length, 1);
  store.setView({ zoom: [100, 900] });
  await pass(600);
  assert.deepEqual(store.state.fetched.range, {
    zoom: [100, 900],
    answer: { path: "api/loss/range?x=timestep&start=100&stop=900&points=1200" },
  });
  store.resetZoom();
  assert.equal(store.state.fetched.range, null);
});

test("a chosen timestep is asked for by its label, which may be asked for first", async () => {
  const { browser, store } = start(echo);
  await rest();
  store.setView({ chosen: 1000 });
  await pass(600);
  const [label] = store.state.data.timesteps.label.slice(1000 - 700);
  assert.deepEqual(store.state.fetched.timestep, {
    index: 1000, answer: { path: `api/loss/by_timestep/${encodeURIComponent(label)}` },
  });
  store.setView({ chosen: 3 });
  await pass(600);
  assert.deepEqual(browser.paths.slice(-2), [
    "api/loss/timesteps", "api/loss/by_timestep/label%203",
  ]);
  store.setView({ chosen: null });
  assert.equal(store.state.fetched.timestep, null);
});

test("a refusal is told in the server's words until it is retried", async () => {
  let broken = true;
  const refusal = { status: 404, body: { error: "No such range." } };
  const { store, requests } = start((path) =>
    broken && path.includes("range") ? refusal : echo(path));
  await rest();
  store.setView({ zoom: [1, 9] });
  await pass(600);
  assert.equal(store.state.fetched.error, "No such range.");
  store.setData({ ...store.state.data, version: "start-9" });
  await pass(1200);
  assert.equal(store.state.fetched.error, "No such range.", "another answer does not hide it");
  broken = false;
  requests.retry();
  await pass(600);
  assert.equal(store.state.fetched.error, "");
  assert.deepEqual(store.state.fetched.range.zoom, [1, 9]);
});

test("what failed with the connection is asked for again when it is back", async () => {
  let up = false;
  const { store } = start((path) => (up ? echo(path) : new Error("gone")));
  store.setConnection({ status: "reconnecting" });
  await pass(600);
  assert.equal(store.state.fetched.statistics, null);
  assert.equal(store.state.fetched.error, "", "the connection's own state tells it");
  up = true;
  store.setConnection({ status: "live" });
  await pass(600);
  assert.equal(store.state.fetched.statistics.last, 100);
});
