/** The stream's events applied to the page's data. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, ENTRIES_MAX, mergeEntries } from "../../src/loss_monitor/web/static/js/apply.js";
import { columns, entry, pageData } from "./page_data.js";

const NOW = { version: "start-2", server_time: "later", server_time_s: 2_000_010 };
const update = (fields) => ({ type: "update", data: { ...NOW, ...fields } });

test("a snapshot takes the place of everything", () => {
  const snapshot = pageData(5);
  assert.equal(apply(pageData(3), { type: "snapshot", data: snapshot }), snapshot);
});

test("an event before the first snapshot asks for one", () => {
  assert.equal(apply(null, update({})), null);
});

test("an update replaces the parts it names and leaves the others the same objects", () => {
  const before = pageData();
  const after = apply(before, update({ set: { sentence: "Done.", activity: [], schema: 9 } }));
  assert.equal(after.sentence, "Done.");
  assert.equal(after.version, "start-2");
  assert.equal(after.run, before.run);
  assert.equal(after.activity, before.activity, "the log has events of its own");
  assert.equal(after.schema, before.schema);
  assert.equal(before.sentence, "Running.", "what was there is not modified");
});

test("a splice drops rows in front, cuts, appends, and tells the new start", () => {
  const splice = { timesteps: { drop: 1, keep: 1, start: 1, append: columns(2, 5) } };
  const after = apply(pageData(3), update({ splice }));
  assert.deepEqual(after.timesteps, { ...columns(1, 5), start: 1 });
});

test("any row of splices equals the run they describe", () => {
  let state = 12345;
  const random = (below) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state % below;
  };
  for (let round = 0; round < 200; round += 1) {
    let total = 1 + random(20);
    let start = 0;
    let data = pageData(total);
    for (let change = 0; change < 6; change += 1) {
      const rows = total - start;
      const drop = random(rows);
      const keep = random(rows - drop + 1);
      start += drop;
      total = start + keep + random(5);
      const append = columns(start + keep, total);
      data = apply(data, update({ splice: { timesteps: { drop, keep, start, append } } }));
      assert.deepEqual(data.timesteps, { ...columns(start, total), start });
      if (total === start) break;
    }
  }
});

test("a splice that does not fit asks for a snapshot", () => {
  const tooMany = { timesteps: { drop: 2, keep: 2, start: 2, append: columns(4, 5) } };
  assert.equal(apply(pageData(3), update({ splice: tooMany })), null);
  const ragged = columns(3, 5, { mean: [1] });
  const uneven = { timesteps: { drop: 0, keep: 3, start: 0, append: ragged } };
  assert.equal(apply(pageData(3), update({ splice: uneven })), null);
});

test("buckets are cut and continued, their size stays", () => {
  const before = pageData(8, { whole: 2 });
  const append = { ...columns(4, 5), start: [4], timesteps: [2] };
  const after = apply(before, update({ splice: { buckets: { keep: 2, append } } }));
  assert.deepEqual(after.buckets.start, [0, 2, 4]);
  assert.equal(after.buckets.size, 2);
});

test("the current timestep grows by the values that are new", () => {
  const current_append = { index: 2, keep: 1, values: [7, null], complete: true, count: 3 };
  const after = apply(pageData(3), update({ current_append }));
  assert.deepEqual(after.current.values, [1, 7, null]);
  assert.equal(after.current.complete, true);
  assert.equal(after.current.count, 3);
});

test("growth of another timestep than the one shown asks for a snapshot", () => {
  const current_append = { index: 9, keep: 0, values: [7], complete: false, count: 1 };
  assert.equal(apply(pageData(3), update({ current_append })), null);
});

test("a heartbeat moves the clock only", () => {
  const before = pageData();
  const after = apply(before, { type: "heartbeat", data: { ...NOW, age_s: 1 } });
  assert.equal(after.server_time_s, NOW.server_time_s);
  assert.equal(after.timesteps, before.timesteps);
});

test("an entry with a row takes the place of the older one of that row", () => {
  const counting = (id) => entry(id, { row: "timesteps" });
  const merged = mergeEntries([counting(1), entry(2)], [counting(3)]);
  assert.deepEqual(merged.map(({ id }) => id), [2, 3]);
});

test("an entry that is known already is not doubled, an older one does not come back", () => {
  const merged = mergeEntries(
    [entry(1), entry(4, { row: "a" })],
    [entry(1), entry(2, { row: "a" })],
  );
  assert.deepEqual(merged.map(({ id }) => id), [1, 4]);
});

test("the newest entries are kept", () => {
  const many = Array.from({ length: ENTRIES_MAX + 30 }, (_, index) => entry(index + 1));
  const merged = mergeEntries(many.slice(0, 90), many.slice(90));
  assert.equal(merged.length, ENTRIES_MAX);
  assert.equal(merged[0].id, 31);
});

test("an update replaces fields of a part and leaves the others", () => {
  const before = pageData(3);
  const merge = { run: { timesteps: 4 }, source: { incidents: 2 } };
  const after = apply(before, update({ merge }));
  assert.deepEqual(after.run, { ...before.run, timesteps: 4 });
  assert.equal(after.source.incidents, 2);
  assert.equal(after.source.state, before.source.state);
});

test("recent values move on by what is dropped and appended", () => {
  const before = { ...pageData(3), recent: [1, 2, 3] };
  const after = apply(before, update({ recent_splice: { drop: 2, append: [4, null] } }));
  assert.deepEqual(after.recent, [3, 4, null]);
});
