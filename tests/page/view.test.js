/** The view in the address of the page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_VIEW } from "../../src/loss_monitor/web/static/js/store.js";
import {
  addressFromView, number, viewFromAddress,
} from "../../src/loss_monitor/web/static/js/view.js";

/** An address that holds these parameters. */
const address = (parameters) => ({ read: (name) => new Map(parameters).get(name) ?? null });

test("a view survives the way through the address", () => {
  for (const view of [
    { window: 200, scale: "log", axis: "wall_time", zoom: [12, 340.5], chosen: 17 },
    { scale: "symlog", axis: "batch", zoom: [3, 9], batches: [41, 97], smoothing: 0.6 },
    { follow: 37, yRange: "robust", lower: "online" },
    { yRange: [-0.25, 1e-7] },
  ]) {
    const written = addressFromView({ ...DEFAULT_VIEW, ...view });
    const kept = Object.entries(written).filter(([, value]) => value !== null);
    assert.deepEqual(viewFromAddress(address(kept)), view);
  }
});

test("the default view leaves nothing in the address", () => {
  assert.ok(Object.values(addressFromView(DEFAULT_VIEW)).every((value) => value === null));
  assert.deepEqual(viewFromAddress(address([])), {});
});

test("what an address should not ask for is left out", () => {
  for (const hash of [
    "#window=7", "#scale=cubic", "#axis=__proto__", "#zoom=9,2", "#zoom=5.5", "#zoom=-1,4",
    "#zoom=1e3,2e3", "#zoom=1,2,3", "#batches=4,9", "#smoothing=1", "#smoothing=-1", "#y=2,1",
    "#y=a,b", "#y=auto", "#y=1", "#lower=statistics",
    "#zoom=NaN,2", "#timestep=1.5", "#timestep=<script>", "#main", "#=&=",
  ]) {
    assert.deepEqual(viewFromAddress(address(new URLSearchParams(hash.slice(1)))), {}, hash);
  }
});

test("batches are of a zoom on their own axis only", () => {
  const read = (text) => viewFromAddress(address(new URLSearchParams(text)));
  assert.deepEqual(read("axis=batch&batches=4,9"), { axis: "batch" });
  assert.deepEqual(read("zoom=1,3&batches=4,9"), { zoom: [1, 3] });
});

test("a number is read in the forms that people write it", () => {
  assert.deepEqual(
    ["1e-3", " .5 ", "\u22122", "+4.", "1e999", "", "0x10", "1,5", "5 apples"].map(number),
    [0.001, 0.5, -2, 4, null, null, null, null, null],
  );
});
