/** Ranges and ticks of axes, and ranges while they are zoomed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  dateAt, modelTimeTicks, shortLabel,
} from "../../src/loss_monitor/web/static/js/chart/calendar.js";
import { wallMoment, wallTicks } from "../../src/loss_monitor/web/static/js/chart/clock.js";
import {
  symlogRange, symlogThreshold, symlogTicks,
} from "../../src/loss_monitor/web/static/js/chart/symlog.js";
import { rowsBeyond, yRange } from "../../src/loss_monitor/web/static/js/chart/y_range.js";
import * as ticks from "../../src/loss_monitor/web/static/js/chart/ticks.js";
import { keepWithin, zoomAround } from "../../src/loss_monitor/web/static/js/chart/zoom.js";

/** Timesteps of a calendar in which every month has 30 days. */
function anchors(count, step_s, start_s = 0) {
  const two = (value) => String(Math.floor(value)).padStart(2, "0");
  const places = Array.from({ length: count }, (_, i) => i * step_s);
  return {
    index: places.map((_, i) => i),
    x: places,
    label: places.map((x) => {
      const total = x + start_s;
      const day = Math.floor(total / 86400);
      const [year, month] = [2020 + Math.floor(day / 360), two((day / 30) % 12 + 1)];
      const date = `${year}-${month}-${two(day % 30 + 1)}`;
      const second = total % 86400;
      return `${date} ${two(second / 3600)}:${two((second / 60) % 60)}:${two(second % 60)}`;
    }),
  };
}

test("a linear range begins at zero unless that would flatten the data", () => {
  assert.equal(ticks.linearRange(0.2, 1)[0], 0);
  assert.ok(ticks.linearRange(0.95, 0.97)[0] > 0.94);
  const [low, high] = ticks.linearRange(-2, 5);
  assert.ok(low < -2 && high > 5);
  assert.equal(ticks.linearRange(-5, -1)[1], 0);
});

test("constant values, and none, have a range around them", () => {
  for (const value of [0, 5, -3, 1e-10]) {
    const [low, high] = ticks.linearRange(value, value);
    assert.ok(low < value && value < high);
  }
  const [low, high] = ticks.logRange(2, 2);
  assert.ok(0 < low && low < 2 && 2 < high);
  assert.deepEqual(ticks.linearRange(Infinity, -Infinity), [0, 1]);
  assert.deepEqual(ticks.logRange(Infinity, -Infinity), [0.1, 1]);
});

test("no axis has more ticks than there is room for, and few have none", () => {
  for (const [min, max] of [[0, 1], [0, 2.14], [0.93, 0.97], [-3, 8], [0, 3e-10], [0, 7e8]]) {
    for (const most of [2, 4, 8]) {
      const { at, text } = ticks.linearTicks(min, max, most);
      assert.ok(at.length >= 1 && at.length <= most + 1, `${min} ${max} ${most}: ${at}`);
      assert.equal(new Set(text).size, at.length, "different ticks have different texts");
    }
  }
});

test("over decades only powers of ten are named, and only as many as fit", () => {
  const { at, text } = ticks.logTicks(0.005, 3, 8);
  assert.deepEqual(text.filter(Boolean), ["0.01", "0.1", "1"]);
  assert.ok(at.length > 3, "between them are lines without a text");
  assert.ok(ticks.logTicks(1e-12, 1e12, 5).text.filter(Boolean).length <= 6);
});

test("less than a decade has ticks to read by, too", () => {
  for (const [min, max] of [[0.007, 0.031], [0.95, 1.02], [1.1, 1.9], [2, 9], [0.02, 0.7]]) {
    assert.ok(ticks.logTicks(min, max, 6).text.filter(Boolean).length >= 2, `${min} to ${max}`);
  }
});

test("timesteps are counted from one, steps of a job log by their own numbers", () => {
  const rows = { axis: "timestep", anchors: anchors(100, 600) };
  assert.deepEqual(ticks.timestepTicks(rows, 0, 99, 5).at, [19, 39, 59, 79, 99]);
  assert.deepEqual(ticks.timestepTicks(rows, 0, 99, 5).text, ["20", "40", "60", "80", "100"]);
  const label = Array.from({ length: 100 }, (_, i) => `step ${i + 400}`);
  const steps = { axis: "timestep", anchors: { ...rows.anchors, label } };
  assert.deepEqual(ticks.timestepTicks(steps, 0, 99, 5).text, ["400", "420", "440", "460", "480"]);
  assert.deepEqual(ticks.timestepTicks(steps, 0, 99, 5).at[0], 0);
});

test("within a day ticks are round times, and midnight is its date", () => {
  const times = modelTimeTicks(anchors(144, 600, 15000), 0, 85800, 5);
  assert.deepEqual(times.text, ["06:00", "12:00", "18:00", "01-02"]);
  assert.deepEqual(times.at, [6600, 28200, 49800, 71400]);
});

test("where no midnight is in sight the first tick says the date", () => {
  assert.deepEqual(modelTimeTicks(anchors(144, 600), 3600, 14400, 4).text, [
    "01-01 01:00", "02:00", "03:00", "04:00",
  ]);
});

test("over days ticks are midnights, with the year where it is new", () => {
  const { text } = modelTimeTicks(anchors(1000, 3600, 357 * 86400), 0, 8 * 86400, 9);
  assert.deepEqual(text.slice(0, 5), ["2020-12-28", "12-29", "12-30", "2021-01-01", "01-02"]);
});

test("months and years are read from the labels, whatever the calendar", () => {
  const days = anchors(1000, 86400);
  assert.deepEqual(modelTimeTicks(days, 0, 150 * 86400, 6).text, [
    "2020-01", "2020-02", "2020-03", "2020-04", "2020-05", "2020-06",
  ]);
  assert.deepEqual(modelTimeTicks(days, 1, 999 * 86400, 2).text, ["2021", "2022"]);
});

test("timesteps that are days apart carry their own dates", () => {
  for (const apart of [4, 9, 25]) {
    const sparse = anchors(8, apart * 86400, 43200);
    const { at, text } = modelTimeTicks(sparse, 0, sparse.x.at(-1), 8);
    assert.ok(text.length >= 2, `${apart} days apart`);
    at.forEach((x, i) => {
      const day = sparse.x.findIndex((place) => place >= x && place < x + 86400);
      assert.ok(sparse.label[day].includes(text[i]), `${text[i]} at ${sparse.label[day]}`);
    });
  }
});

test("labels that are no dates give no ticks of model time", () => {
  const steps = { ...anchors(3, 600), label: ["step 1", "step 2", "step 3"] };
  assert.equal(modelTimeTicks(steps, 0, 1200, 4), null);
});

test("a place between known timesteps has a date of its day", () => {
  const known = anchors(4, 7200, 15000);
  assert.equal(dateAt(known, 600), "2020-01-01 04:20:00");
  assert.equal(dateAt(known, 12345), "2020-01-01 07:35:45");
  assert.equal(dateAt(known, 5 * 86400), "");
  assert.equal(dateAt({ index: [0], x: [NaN], label: ["step 1"] }, 5), "");
});

test("a label loses its seconds only where they are zero", () => {
  assert.equal(shortLabel("2020-01-09 21:50:00"), "2020-01-09 21:50");
  assert.equal(shortLabel("2020-01-09 21:50:30"), "2020-01-09 21:50:30");
  assert.equal(shortLabel("step 12"), "step 12");
});

test("zooming keeps the place under the pointer where it is", () => {
  const [from, to] = zoomAround([10, 50], 0.5, 20);
  assert.equal((20 - from) / (to - from), (20 - 10) / (50 - 10));
});

test("a range never leaves what there is, and never gets too narrow", () => {
  const limits = { full: /** @type {[number, number]} */ ([0, 100]), least: 3 };
  assert.deepEqual(keepWithin([-20, 20], limits), [0, 40]);
  assert.deepEqual(keepWithin([90, 130], limits), [60, 100]);
  assert.deepEqual(keepWithin([-50, 500], limits), [0, 100]);
  assert.deepEqual(keepWithin([49.9, 50.1], limits), [48.5, 51.5]);
  assert.deepEqual(keepWithin([0, 1], { full: [0, 2], least: 3 }), [0, 2]);
});

test("the symmetric scale is linear up to a power of ten, five decades down at most", () => {
  assert.equal(symlogThreshold([[-3, 0.02], [0, null]]), 0.01);
  assert.equal(symlogThreshold([[1e-20, 40]]), 1e-4);
  assert.equal(symlogThreshold([[0, null]]), 1);
  const [low, high] = symlogRange(-10, 1000, 0.1);
  assert.ok(low < -10 && high > 1000);
  assert.deepEqual(symlogRange(Infinity, -Infinity, 0.1), [-0.1, 0.1]);
});

test("ticks of the symmetric scale are zero and powers of ten on both sides", () => {
  assert.deepEqual(symlogTicks(-10, 1000, 9, 0.1).text, [
    "\u221210", "\u22121", "\u22120.1", "0", "0.1", "1", "10", "100", "1000",
  ]);
  assert.deepEqual(symlogTicks(-10, 1000, 5, 0.1).at, [-1, 0, 1, 1000]);
  for (const [min, max] of [[-0.2, 0.25], [3, 8], [-1e5, -1], [0, 1e4]]) {
    const { at } = symlogTicks(min, max, 5, 0.1);
    assert.ok(at.length >= 2 && at.length <= 6, `${min} to ${max}: ${at}`);
    assert.ok(at.every((value) => value >= min && value <= max));
  }
});

test("wall time has round local times, and a date where a day begins or comes into sight", () => {
  const at = (...moment) => new Date(...moment).getTime() / 1000;
  const { text } = wallTicks(at(2026, 6, 3, 21, 10), at(2026, 6, 4, 3, 10), 6);
  assert.deepEqual(text, ["07-03 22:00", "23:00", "07-04", "01:00", "02:00", "03:00"]);
  assert.deepEqual(wallTicks(at(2025, 11, 29, 5), at(2026, 0, 2, 5), 5).text, [
    "2025-12-30", "12-31", "2026-01-01", "01-02",
  ]);
  assert.deepEqual(wallTicks(at(2025, 0, 20), at(2026, 11, 5), 8).text, [
    "2025-04-01", "07-01", "10-01", "2026-01-01", "04-01", "07-01", "10-01",
  ]);
  assert.equal(wallMoment(at(2026, 6, 3, 4, 5, 6)), "07-03 04:05:06");
});

const axis = (chosen, scale = "linear") => ({ chosen, scale, threshold: 0.1 });
const spiky = {
  low: Array.from({ length: 100 }, (_, i) => 2 + i / 100),
  high: Array.from({ length: 100 }, (_, i) => (i === 50 ? 900 : 3 + i / 100)),
};

test("a y-range is what the rows in sight ask for, or the whole run where they are none", () => {
  assert.ok(yRange(spiky, [0, 100], axis("auto"))[1] > 900);
  assert.ok(yRange(spiky, [0, 40], axis("auto"))[1] < 5);
  assert.ok(yRange(spiky, [100, 100], axis("auto"))[1] > 900);
  assert.deepEqual(yRange({ low: [], high: [] }, [0, 0], axis("robust")), [0, 1]);
});

test("a robust y-range leaves out a spike, and says that something lies beyond", () => {
  const range = yRange(spiky, [0, 100], axis("robust"));
  assert.ok(range[0] > 1.8 && range[1] < 5, `${range}`);
  assert.ok(rowsBeyond(spiky, [0, 100], range) >= 1);
  assert.equal(rowsBeyond(spiky, [0, 100], yRange(spiky, [0, 100], axis("auto"))), 0);
});

test("a y-range from zero holds zero, on either side of it", () => {
  assert.equal(yRange(spiky, [0, 100], axis("zero"))[0], 0);
  assert.equal(yRange({ low: [-9], high: [-8] }, [0, 1], axis("zero"))[1], 0);
  const logarithmic = yRange(spiky, [0, 100], axis("zero", "log"));
  assert.deepEqual(logarithmic, yRange(spiky, [0, 100], axis("auto", "log")));
});

test("a y-range by hand is that, but for what a logarithmic axis has not", () => {
  assert.deepEqual(yRange(spiky, [0, 100], axis([-1, 7])), [-1, 7]);
  const [low, high] = yRange(spiky, [0, 100], axis([-1, 7], "log"));
  assert.ok(low > 0 && low < 2 && high === 7);
});

test("a row whose low is below zero still has a high on a logarithmic axis", () => {
  const range = yRange({ low: [-1, 5], high: [0.5, 6] }, [0, 2], axis("auto", "log"));
  assert.ok(range[0] > 0 && range[0] < 0.5 && range[1] > 6);
});
