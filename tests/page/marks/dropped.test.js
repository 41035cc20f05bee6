/** What earlier attempts left behind, as lines. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = new EventTarget();
const { droppedLines } = await import(
  "../../../src/loss_monitor/web/static/js/marks/dropped.js"
);

test("each attempt has lines of its own, broken where a mean is not finite", () => {
  const answer = {
    place: [5, 6, 7, 8, 6, 7], attempt: [0, 0, 0, 0, 1, 1], mean: [1, null, 2, 3, 4, 5],
  };
  assert.deepEqual(droppedLines(answer), [
    [{ place: 5, mean: 1 }],
    [{ place: 7, mean: 2 }, { place: 8, mean: 3 }],
    [{ place: 6, mean: 4 }, { place: 7, mean: 5 }],
  ]);
  assert.deepEqual(droppedLines({ place: [], attempt: [], mean: [] }), []);
});
