/** What changed since this browser last looked. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { seenOf, sinceSeen } from "../../src/loss_monitor/web/static/js/sentence.js";
import { pageData } from "./page_data.js";

const HOUR_S = 3600;
const plain = (text) => text.replaceAll("\u202f", " ");

function later(total, hours, change = {}) {
  return pageData(total, { change: { server_time_s: 2_000_000 + hours * HOUR_S, ...change } });
}

test("a first visit and a short absence are not told", () => {
  assert.equal(sinceSeen(null, pageData()), "");
  assert.equal(sinceSeen(seenOf(pageData(3)), later(9, 0.05)), "");
});

test("a night is told: new timesteps, the loss, what went wrong", () => {
  const now = later(9, 9, { statistics: { nan_batches: 2, inf_batches: 1 } });
  now.run.attempts = [{}];
  assert.equal(
    plain(sinceSeen(seenOf(pageData(3)), now)),
    "Since you last looked 9 h ago: 6 new timesteps, mean loss 0.3333 → 0.1111, " +
      "3 more non-finite values, one restart.",
  );
});

test("a night without news says so", () => {
  assert.match(sinceSeen(seenOf(pageData(3)), later(3, 9)), /no new timesteps\.$/);
});

test("another run is told as one", () => {
  const seen = { ...seenOf(pageData(3)), run: "older" };
  assert.match(sinceSeen(seen, later(5, 9)), /a new run has begun\.$/);
});
