/** The figures of the cards. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bestMean, compareLast, median, nonFiniteOf,
} from "../../src/loss_monitor/web/static/js/figures.js";
import { unitWords } from "../../src/loss_monitor/web/static/js/units.js";
import { columns, pageData } from "./page_data.js";

test("the last value is compared with the median of those before it", () => {
  const compared = compareLast([1, 3, 2, null, 4]);
  assert.equal(compared.value, 4);
  assert.equal(compared.usual, 2);
  assert.equal(compared.change, 1);
  assert.equal(compared.sample, 3);
});

test("ordinary noise is no exception, a spike is", () => {
  const noise = [1, 1.1, 0.9, 1.05, 0.95, 1.02, 0.98, 1.1, 0.9];
  assert.equal(compareLast([...noise, 1.3]).exceptional, false);
  assert.equal(compareLast([...noise, 5]).exceptional, true);
  assert.equal(compareLast([...noise, 0.1]).exceptional, false, "lower is never alarming");
  assert.equal(compareLast([1, 5]).exceptional, false, "two values know no usual");
});

test("a value that is not finite has no change", () => {
  assert.deepEqual(
    { ...compareLast([1, null]), usual: undefined },
    { value: null, usual: undefined, change: null, exceptional: false, sample: 1 },
  );
  assert.equal(compareLast([]).value, null);
  assert.equal(compareLast([0, 1]).change, null, "nothing is a share of zero");
});

test("the median of an even number of values lies between the middle ones", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([]), null);
});

function withNonFinite(non_finite, recent = [1]) {
  const timesteps = { ...columns(0, 4, { non_finite }), start: 0 };
  const statistics = { nan_batches: non_finite.reduce((sum, n) => sum + n, 0), inf_batches: 0 };
  return pageData(4, { change: { timesteps, statistics, recent } });
}

test("non-finite values are located, and the recovery is dated", () => {
  const found = nonFiniteOf(withNonFinite([0, 2, 1, 0]));
  assert.deepEqual(
    [found.first, found.last, found.recovered_at_s, found.state],
    [1, 2, 1_000_030, "recovered"],
  );
});

test("a run whose last value is not finite has not recovered", () => {
  assert.equal(nonFiniteOf(withNonFinite([0, 0, 0, 1], [1, null])).state, "now");
  assert.equal(nonFiniteOf(withNonFinite([0, 0, 0, 1], [null, 1])).state, "recovered");
  assert.equal(nonFiniteOf(withNonFinite([0, 0, 0, 0])).state, "none");
});

test("the first non-finite value may be known by its bucket only", () => {
  const data = pageData(8, { whole: 2, size: 4 });
  data.buckets.non_finite[1] = 3;
  const found = nonFiniteOf(data);
  assert.deepEqual([found.first, found.first_span], [4, 2]);
});

test("the best mean is the server's where it tells one, else the lowest row", () => {
  const data = pageData(6, { whole: 2 });
  const latest = { mean: 1 / 6, index: 5, label: "2020-01-01 00:50:00", exact: true };
  assert.deepEqual(bestMean(data), latest);
  data.run.best = { mean: 0.01, index: 1, label: "b" };
  assert.deepEqual(bestMean(data), { mean: 0.01, index: 1, label: "b", exact: true });
  const old = pageData(6, { whole: 2 });
  old.buckets.mean[0] = 0.001;
  assert.equal(bestMean(old).exact, false);
  const timesteps = { ...columns(0, 1, { mean: [null] }), start: 0 };
  const none = pageData(1, { change: { timesteps } });
  assert.equal(bestMean(none), null);
});

test("one loss is called by the singular of its unit", () => {
  assert.equal(unitWords("batch", 1), "batch");
  assert.equal(unitWords("epoch", 2), "epochs");
  assert.equal(unitWords("rank", 0), "rank values");
  assert.equal(unitWords(undefined), "batches");
});
