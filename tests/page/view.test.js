/** The view in the address of the page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_VIEW } from "../../src/loss_monitor/web/static/js/store.js";
import {
  addressFromView, modelTimeKnown, shownAxis, viewFromAddress,
} from "../../src/loss_monitor/web/static/js/view.js";
import { columns, pageData } from "./page_data.js";

/** An address that holds these parameters. */
const address = (parameters) => ({ read: (name) => new Map(parameters).get(name) ?? null });

test("a view survives the way through the address", () => {
  const view = { window: 200, scale: "log", axis: "timestep", zoom: [12, 340.5], chosen: 17 };
  assert.deepEqual(viewFromAddress(address(Object.entries(addressFromView(view)))), view);
});

test("the default view leaves nothing in the address", () => {
  assert.ok(Object.values(addressFromView(DEFAULT_VIEW)).every((value) => value === null));
  assert.deepEqual(viewFromAddress(address([])), {});
});

test("what an address should not ask for is left out", () => {
  for (const hash of [
    "#window=7", "#scale=cubic", "#axis=__proto__", "#zoom=9,2", "#zoom=5", "#zoom=-1,4",
    "#zoom=1e3,2e3", "#zoom=NaN,2", "#timestep=1.5", "#timestep=<script>", "#main", "#=&=",
  ]) {
    assert.deepEqual(viewFromAddress(address(new URLSearchParams(hash.slice(1)))), {}, hash);
  }
});

test("model time is an axis only where every timestep has one and it rises", () => {
  const state = (timesteps, axis = "auto") => ({
    data: pageData(3, { change: { timesteps: { ...timesteps, start: 0 } } }),
    view: { ...DEFAULT_VIEW, axis },
  });
  assert.equal(modelTimeKnown(null), false);
  assert.equal(shownAxis(state(columns(0, 3))), "model_time");
  assert.equal(shownAxis(state(columns(0, 3), "timestep")), "timestep");
  assert.equal(shownAxis(state(columns(0, 3, { x: [0, null, 2] }))), "timestep");
  assert.equal(shownAxis(state(columns(0, 3, { x: [0, 5, 5] }), "model_time")), "timestep");
});
