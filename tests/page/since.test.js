/** What changed since this browser last looked. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { mountSince, seenOf, sinceSeen } from "../../src/loss_monitor/web/static/js/since.js";
import { pageData } from "./page_data.js";

const HOUR_S = 3600;
const LOOKED_S = 2_000_000;
const plain = (text) => text.replaceAll("\u202f", " ");

function later(total, hours, change = {}) {
  return pageData(total, { change: { server_time_s: LOOKED_S + hours * HOUR_S, ...change } });
}

/** An alert that was opened so many hours after the last look. */
function alert(hours, closed, level = "warning") {
  const opened = new Date((LOOKED_S + hours * HOUR_S) * 1000).toISOString();
  return { id: 1, rule: "spike", level, message: "", opened, closed, updated: opened };
}

test("a first visit and a short absence are not told", () => {
  assert.equal(sinceSeen(null, pageData()), "");
  assert.equal(sinceSeen(seenOf(pageData(3)), later(9, 0.05)), "");
  assert.equal(sinceSeen({ ...seenOf(pageData(3)), at_s: undefined }, later(9, 9)), "");
});

test("a night is told: timesteps, the loss, alerts, attempts", () => {
  const alerts = [
    alert(-1, null), alert(1, "2026-01-01T00:00:00Z"), alert(2, null, "error"),
    alert(3, null, "info"),
  ];
  const now = later(9, 9, { alerts });
  now.run.attempts = [{}];
  assert.equal(
    plain(sinceSeen(seenOf(pageData(3)), now)),
    "Since you last looked (9 h ago): 6 timesteps more, mean loss 0.3333 → 0.1111, " +
      "2 alerts (1 still open), 1 new attempt.",
  );
});

test("of alerts it is told whether they are over", () => {
  const told = (...alerts) => plain(sinceSeen(seenOf(pageData(3)), later(9, 9, { alerts })));
  assert.match(told(alert(1, null)), /1 alert \(still open\)\.$/);
  assert.match(told(alert(1, "2026-01-01T00:00:00Z")), /1 alert \(over\)\.$/);
  assert.doesNotMatch(told(), /alert/);
});

test("a night without news says so, and one that took timesteps away too", () => {
  assert.match(sinceSeen(seenOf(pageData(3)), later(3, 9)), /: no new timesteps\.$/);
  assert.match(sinceSeen(seenOf(pageData(9)), later(3, 9)), /: 6 timesteps fewer, mean loss/);
});

test("another run is told as one", () => {
  const seen = { ...seenOf(pageData(3)), run: "older" };
  assert.match(sinceSeen(seen, later(5, 9)), /a new run has begun, 5 timesteps so far\.$/);
});

/** A line in a browser of which only storage and visibility are real. */
function mounted({ stored = new Map() } = {}) {
  const node = () => Object.assign(new EventTarget(), {
    ...{ textContent: "", hidden: false, setAttribute() {}, append() {} },
  });
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), {
    ...{ hidden: false, createElement: node, createElementNS: node },
  });
  Object.assign(globalThis, {
    document,
    location: { pathname: "/user/me/proxy/5000/" },
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
  });
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    value: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, text) => stored.set(key, text),
    },
  });
  const said = node();
  document.createElement = () => said;
  const store = { state: { data: null } };
  const host = node();
  const line = mountSince(host, store);
  return {
    ...{ host, said, stored },
    show(data) {
      store.state = { data };
      line.update({ data });
    },
    turn(hidden) {
      document.hidden = hidden;
      document.dispatchEvent(new Event("visibilitychange"));
    },
  };
}

test("after an absence the data from before it tell nothing; those that come do", () => {
  const page = mounted();
  page.show(later(3, 0));
  page.turn(true);
  page.turn(false);
  page.show(later(3, 0));
  assert.equal(page.host.hidden, true);
  page.show(later(9, 3, { source: { ...pageData().source, loading: { files_done: 1 } } }));
  assert.equal(page.host.hidden, true, "what is read in part tells nothing");
  page.show(later(9, 3));
  assert.match(plain(page.said.textContent), /\(3 h ago\): 6 timesteps more/);
  page.show(later(10, 3.1));
  assert.match(plain(page.said.textContent), /: 6 timesteps more/, "told once an absence");
});

test("what another tab of the browser saw later counts as seen", () => {
  const page = mounted();
  page.show(later(3, 0));
  page.turn(true);
  const [key] = page.stored.keys();
  assert.equal(key, "loss-monitor-seen /user/me/proxy/5000/");
  page.stored.set(key, JSON.stringify(seenOf(later(8, 5))));
  page.turn(false);
  page.show(later(9, 6));
  assert.match(plain(page.said.textContent), /\(1 h ago\): 1 timestep more/);
});
