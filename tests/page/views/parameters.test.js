/** What the user set in a view, in the address. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  keepParameters, names, numberWithin, oneOf, ranges, text,
} from "../../../src/loss_monitor/web/static/js/views/parameters.js";

/** An address as `url_state.js` keeps it. */
function fakeUrl(start = {}) {
  const held = new Map(Object.entries(start));
  const listeners = [];
  return {
    held,
    read: (name) => held.get(name) ?? null,
    write(parameters) {
      for (const [name, value] of Object.entries(parameters)) {
        if (value === null) held.delete(name);
        else held.set(name, value);
      }
    },
    subscribe: (listener) => listeners.push(listener),
    go(parameters) {
      held.clear();
      for (const [name, value] of Object.entries(parameters)) held.set(name, value);
      for (const listener of listeners) listener();
    },
  };
}

const TABLE = { axis: oneOf(["step", "wall_time"]), smoothing: numberWithin(0, 0.99) };

test("each kind of parameter survives the way through the address", () => {
  const cases = [
    [text, "^loss, (a|b)%$"],
    [numberWithin(0, 0.99), 0.95],
    [names, ["Loss/batch", "a,b", "50%", "x:y"]],
    [ranges, { "Loss/batch": [12, 340.5], "a,b:c": [-3, 1e12] }],
  ];
  for (const [kind, value] of cases) assert.deepEqual(kind.read(kind.write(value)), value);
});

test("defaults leave nothing in the address", () => {
  assert.equal(text.write(""), null);
  assert.equal(names.write([]), null);
  assert.equal(ranges.write({}), null);
  assert.equal(numberWithin(0, 1).write(0), null);
  assert.equal(TABLE.axis.write("step"), null);
});

test("rubbish in the address gives the default", () => {
  assert.equal(TABLE.axis.read("__proto__"), "step");
  for (const rubbish of ["2", "-1", "1e-1", "NaN", "", "0x1"]) {
    assert.equal(TABLE.smoothing.read(rubbish), 0, rubbish);
  }
  assert.deepEqual(ranges.read("a:5:1,b:1,c:x:2,:,d:1:2"), { d: [1, 2] });
  assert.deepEqual(names.read("%E0%A4%A,b"), ["%E0%A4%A", "b"]);
});

test("a change is written under the view's name, and told with what was before", () => {
  const url = fakeUrl();
  const told = [];
  const kept = keepParameters(url, "scalars", TABLE, (before) => told.push(before.axis));
  kept.set({ axis: "wall_time" });
  assert.deepEqual([...url.held], [["scalars.axis", "wall_time"]]);
  assert.deepEqual(told, ["step"]);
  assert.equal(kept.now.axis, "wall_time");
});

test("another address changes the parameters, the same one nothing", () => {
  const url = fakeUrl({ "scalars.smoothing": "0.5" });
  let told = 0;
  const kept = keepParameters(url, "scalars", TABLE, () => (told += 1));
  assert.equal(kept.now.smoothing, 0.5);
  url.go({ "scalars.smoothing": "0.50", window: "100" });
  assert.equal(told, 0);
  url.go({});
  assert.equal(told, 1);
  assert.equal(kept.now.smoothing, 0);
});
