/** Colours and dashes of runs. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { styleRuns } from "../../../src/loss_monitor/web/static/js/views/runs.js";

const look = ({ colour, dash }) => `${colour} ${dash}`;

test("runs that share a tag never look the same, as far as the looks go", () => {
  const tags = new Map(Array.from({ length: 20 }, (_, i) => [`run ${i}`, new Set(["loss"])]));
  assert.equal(new Set(styleRuns(tags).map(look)).size, 20);
});

test("beyond the colours lines differ by their dash, too", () => {
  const tags = new Map(Array.from({ length: 7 }, (_, i) => [`run ${i}`, new Set(["loss"])]));
  const styles = styleRuns(tags);
  assert.equal(styles[6].colour, styles[0].colour);
  assert.notDeepEqual(styles[6].dash, styles[0].dash);
});

test("runs without a tag in common may look the same", () => {
  const [a, b] = styleRuns(new Map([["a", new Set(["x"])], ["b", new Set(["y"])]]));
  assert.equal(look(a), look(b));
});
