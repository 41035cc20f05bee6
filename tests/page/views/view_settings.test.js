/** What keys do to the settings of a view. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  pressedSettings, withZoom,
} from "../../../src/loss_monitor/web/static/js/views/view_settings.js";

test("one key turns a scale, of values or of counts", () => {
  assert.deepEqual(pressedSettings("l", { scale: "auto" }).part, { scale: "log" });
  assert.deepEqual(pressedSettings("l", { scale: "log" }).part, { scale: "linear" });
  assert.deepEqual(pressedSettings("l", { counts: "linear" }).part, { counts: "log" });
});

test("smoothing goes up and down, where there is any", () => {
  assert.deepEqual(pressedSettings("]", { smoothing: 0 }).part, { smoothing: 0.2 });
  assert.equal(pressedSettings("[", { smoothing: 0.2 }).said, "No smoothing");
  assert.equal(pressedSettings("]", { counts: "log" }), null);
});

test("other keys are left to others", () => {
  assert.equal(pressedSettings("x", { scale: "log", smoothing: 0 }), null);
});

test("a zoom is put among those of other tags, or taken out", () => {
  assert.deepEqual(withZoom({ a: [1, 2] }, "b", [3, 4]), { a: [1, 2], b: [3, 4] });
  assert.deepEqual(withZoom({ a: [1, 2], b: [3, 4] }, "a", null), { b: [3, 4] });
});
