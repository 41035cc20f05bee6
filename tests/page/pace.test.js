/** How often the charts are drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { pace, REDRAW_INTERVAL_MS } from "../../src/loss_monitor/web/static/js/pace.js";

/** A clock with frames every 16 ms, driven by the test. */
function driven() {
  let now_ms = 0;
  const waiting = [];
  const frames = {
    now: () => now_ms,
    nextFrame: (callback) => waiting.push({ at: now_ms + 16, callback }),
    later: (callback, ms) => waiting.push({ at: now_ms + ms, callback }),
  };
  function advance(ms) {
    const until = now_ms + ms;
    for (;;) {
      waiting.sort((a, b) => a.at - b.at);
      if (waiting.length === 0 || waiting[0].at > until) break;
      const next = waiting.shift();
      now_ms = next.at;
      next.callback();
    }
    now_ms = until;
  }
  const drawn = [];
  return { advance, drawn, pacer: pace(() => drawn.push(now_ms), frames) };
}

test("the first change after a rest is drawn in the next frame", () => {
  const { pacer, advance, drawn } = driven();
  advance(5000);
  pacer.data();
  advance(16);
  assert.deepEqual(drawn, [5016]);
});

test("a flood of changes is drawn at most twice a second, the last one too", () => {
  const { pacer, advance, drawn } = driven();
  for (let i = 0; i < 300; i += 1) {
    pacer.data();
    advance(10);
  }
  assert.ok(drawn.length >= 5 && drawn.length <= 7, `${drawn.length} drawings in 3 s`);
  for (let i = 1; i < drawn.length; i += 1) {
    assert.ok(drawn[i] - drawn[i - 1] >= REDRAW_INTERVAL_MS);
  }
  const before = drawn.length;
  pacer.data();
  advance(2 * REDRAW_INTERVAL_MS);
  assert.ok(drawn.length > before, "no change is forgotten");
});

test("what the user does is drawn in the next frame, once", () => {
  const { pacer, advance, drawn } = driven();
  pacer.data();
  advance(20);
  pacer.now();
  pacer.now();
  advance(20);
  assert.equal(drawn.length, 2);
});
