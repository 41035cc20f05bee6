/** Named parameters in the address of a tab. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { createUrlState } from "../../src/loss_monitor/web/static/js/url_state.js";

/** A tab with an address and nothing else. */
class FakeTab extends EventTarget {
  constructor(hash = "") {
    super();
    this.location = { pathname: "/user/anna/proxy/5000/", search: "?a=b", hash };
    this.entries = [];
    this.history = { state: null, replaceState: (_state, _title, to) => this.replace(to) };
  }

  replace(to) {
    this.entries.push(to);
    this.location.hash = to.startsWith("#") ? to : "";
  }

  go(hash) {
    this.location.hash = hash;
    this.dispatchEvent(new Event("hashchange"));
  }
}

test("what is written can be read, and stands in the address", () => {
  const tab = new FakeTab("#view=scalars&zoom=20,60");
  const url = createUrlState(tab);
  assert.equal(url.read("zoom"), "20,60");
  assert.equal(url.read("scale"), null);
  url.write({ scale: "log", view: null });
  assert.equal(url.read("scale"), "log");
  assert.equal(tab.location.hash, "#zoom=20,60&scale=log");
});

test("an address without parameters loses its number sign and keeps the rest", () => {
  const tab = new FakeTab("#scale=log");
  createUrlState(tab).write({ scale: null });
  assert.deepEqual(tab.entries, ["/user/anna/proxy/5000/?a=b"]);
});

test("any text survives the way through the address", () => {
  for (const text of ["^loss/(train|val)$", "a&b=c#d%e+f g", "ä\u{1f642}", "\\d+", ""]) {
    const tab = new FakeTab();
    createUrlState(tab).write({ "scalars.filter": text });
    assert.equal(createUrlState(tab).read("scalars.filter"), text);
  }
  const tab = new FakeTab();
  createUrlState(tab).write({ filter: "half \ud800" });
  assert.equal(createUrlState(tab).read("filter"), "half \ufffd");
});

test("a name that nobody owns is kept", () => {
  const tab = new FakeTab("#of_tomorrow=1&window=50");
  createUrlState(tab).write({ window: null });
  assert.equal(tab.location.hash, "#of_tomorrow=1");
});

test("many writes in a row change the address at once, and then now and then", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1000 });
  const tab = new FakeTab();
  const url = createUrlState(tab);
  for (let i = 1; i <= 100; i += 1) {
    url.write({ filter: "x".repeat(i) });
    mock.timers.tick(10);
  }
  assert.ok(tab.entries.length <= 4, `${tab.entries.length} changes in a second`);
  assert.equal(url.read("filter").length, 100);
  mock.timers.tick(400);
  assert.equal(tab.location.hash.length, "#filter=".length + 100);
  mock.timers.reset();
});

test("what was written last is in the address when the page goes", () => {
  const tab = new FakeTab();
  const url = createUrlState(tab);
  url.write({ filter: "a" });
  url.write({ filter: "ab" });
  tab.dispatchEvent(new Event("pagehide"));
  assert.equal(tab.location.hash, "#filter=ab");
});

test("subscribers are told where the user went, not what was written", () => {
  const tab = new FakeTab();
  const url = createUrlState(tab);
  const told = [];
  const unsubscribe = url.subscribe(() => told.push(url.read("view")));
  url.write({ view: "scalars" });
  assert.deepEqual(told, []);
  tab.go("#view=compare");
  unsubscribe();
  tab.go("");
  assert.deepEqual(told, ["compare"]);
  assert.equal(url.read("view"), null);
});

test("a link holds all that the address holds besides", () => {
  const url = createUrlState(new FakeTab("#view=scalars&window=50"));
  assert.equal(url.link({ view: null }), "#window=50");
  assert.equal(url.link({ view: null, window: null }), "#");
  assert.equal(url.read("view"), "scalars");
});
