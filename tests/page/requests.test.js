/** What the page asks for beyond the stream. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { startRequests } from "../../src/loss_monitor/web/static/js/overview_requests.js";
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

/** What was asked for below a route. */
const asked = (browser, route) => browser.paths.filter((path) => path.startsWith(route));

test("the window's statistics are asked for, the present where the window is all", async () => {
  const { browser, store } = start(echo);
  await rest();
  assert.deepEqual(asked(browser, "api/loss/statistics"), ["api/loss/statistics?last=100"]);
  store.setView({ window: 200 });
  await pass(600);
  assert.equal(store.state.fetched.statistics.last, 200);
  store.setView({ follow: 37 });
  await pass(600);
  assert.equal(store.state.fetched.statistics.last, 37);
});

test("statistics are asked for at most twice a second, and the last state always", async () => {
  const { browser, store } = start(echo);
  for (let change = 0; change < 40; change += 1) {
    store.setData({ ...store.state.data, version: `start-${change}` });
    await pass(100);
  }
  await pass(1000);
  const { length } = asked(browser, "api/loss/statistics");
  assert.ok(length <= 10, `${length} requests in 4 s`);
  assert.ok(length >= 6);
});

test("nothing is asked for while the page is hidden", async () => {
  const { browser, store } = start(echo);
  await rest();
  const before = browser.paths.length;
  browser.document.hidden = true;
  store.setView({ window: 50 });
  await pass(2000);
  assert.equal(browser.paths.length, before);
});

test("nothing is asked for while the page is paused, but what the user does", async () => {
  const { browser, store } = start(echo);
  await rest();
  const before = browser.paths.length;
  store.setPaused(true);
  store.setData({ ...store.state.data, version: "start-9" });
  await pass(2000);
  assert.equal(browser.paths.length, before);
  store.setView({ window: 50 });
  await pass(600);
  assert.equal(browser.paths.length, before + 1);
});

test("what was fetched of old timesteps is fetched again for another snapshot", async () => {
  const { browser, store } = start(echo);
  store.setView({ zoom: [100, 140], chosen: 121 });
  await pass(600);
  const before = browser.paths.length;
  store.setData({ ...store.state.data, version: "start-2" });
  await pass(1200);
  const since = () => browser.paths.slice(before).filter((path) => !path.includes("statistics"));
  assert.deepEqual(since(), [], "an update leaves them as they are");
  // While a directory is read, earlier timesteps are put before these.
  store.setData({ ...store.state.data, version: "start-3", about: { ...store.state.data.about } });
  await pass(1200);
  for (const route of ["api/loss/range", "api/loss/timesteps", "api/loss/by_timestep"]) {
    assert.equal(since().filter((path) => path.startsWith(route)).length, 1, route);
  }
});

test("old timesteps are asked for by whole buckets, up to some that the page has too", async () => {
  const { browser, store } = start(echo);
  await rest();
  const range = "api/loss/range?x=timestep&start=";
  assert.deepEqual(asked(browser, range), [`${range}0&stop=1000&points=1200`]);
  store.setView({ zoom: [801, 899] });
  await pass(600);
  assert.equal(store.state.fetched.range, null, "these are in the page");
  store.setView({ zoom: [101, 303] });
  await pass(600);
  assert.equal(asked(browser, range).at(-1), `${range}100&stop=304&points=1200`);
  store.resetZoom();
  store.setView({ window: 50 });
  assert.equal(store.state.fetched.range, null);
  store.setView({ zoom: [101, 303], window: "all" });
  await pass(600);
  assert.notEqual(store.state.fetched.range, null, "what was let go is asked for again");
});

test("a growing run does not ask for its old timesteps with each update", async () => {
  const { browser, store } = start(echo);
  await rest();
  const grown = (total) => {
    const data = pageData(total, { whole: 500, size: 4 });
    const { about } = store.state.data;
    store.setData({ ...data, about, version: `start-${total}` });
  };
  for (let total = 1201; total < 1240; total += 1) {
    grown(total);
    await pass(600);
  }
  assert.equal(asked(browser, "api/loss/range").length, 1);
  grown(1460);
  await pass(600);
  assert.equal(asked(browser, "api/loss/range").length, 2);
});

test("a moving average is asked for with the data's versions, and let go when off", async () => {
  const { browser, store } = start(echo);
  store.setView({ smoothing: 0.6, window: 100 });
  await pass(1100);
  const range = "api/loss/range?x=timestep&start=1100&stop=1200&points=1200&smoothing=0.6";
  assert.deepEqual(asked(browser, range), [range]);
  store.setData({ ...store.state.data, version: "start-2" });
  await pass(1100);
  assert.equal(asked(browser, range).length, 2);
  store.setView({ smoothing: 0 });
  assert.equal(store.state.fetched.smooth, null);
});

test("batches are asked for one by one where the axis counts them and few are shown", async () => {
  const { browser, store } = start(echo);
  store.setView({ axis: "batch", window: 100 });
  await pass(600);
  const range = "api/loss/range?x=batch&start=";
  assert.deepEqual(asked(browser, range), [`${range}4400&stop=4800&points=1200`]);
  store.setView({ zoom: [10, 13], batches: [41, 50] });
  await pass(600);
  assert.equal(asked(browser, range).at(-1), `${range}41&stop=50&points=1200`);
  store.setView({ axis: "timestep" });
  assert.equal(store.state.fetched.batches, null);
});

test("the signals of online training are asked for while they are shown", async () => {
  const { browser, store } = start(echo);
  await rest();
  assert.deepEqual(asked(browser, "api/loss/online"), []);
  store.setView({ lower: "online", zoom: [10, 40] });
  await pass(1100);
  assert.deepEqual(asked(browser, "api/loss/online"), [
    "api/loss/online?start=10&stop=40&points=250",
  ]);
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
  assert.deepEqual(store.state.fetched.errors, { range: "No such range." });
  store.setData({ ...store.state.data, version: "start-9" });
  await pass(1200);
  assert.deepEqual(store.state.fetched.errors, { range: "No such range." }, "not hidden");
  broken = false;
  requests.retry();
  await pass(600);
  assert.deepEqual(store.state.fetched.errors, {});
  assert.match(store.state.fetched.range.path, /start=0&stop=12&/);
});

test("what failed with the connection is asked for again when it is back", async () => {
  let up = false;
  const { store } = start((path) => (up ? echo(path) : new Error("gone")));
  store.setConnection({ status: "reconnecting" });
  await pass(600);
  assert.equal(store.state.fetched.statistics, null);
  assert.deepEqual(store.state.fetched.errors, {}, "the connection's own state tells it");
  up = true;
  store.setConnection({ status: "live" });
  await pass(600);
  assert.equal(store.state.fetched.statistics.last, 100);
});
