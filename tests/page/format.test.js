/** Numbers and times as people read them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as format from "../../src/loss_monitor/web/static/js/format.js";

/** Spaces as plain ones, for readable expectations. */
const plain = (text) => text.replaceAll("\u202f", " ");

test("a loss has four significant digits between a thousandth and a hundred thousand", () => {
  for (const [value, text] of [
    [0.0012346, "0.001235"], [0.01288, "0.01288"], [0.1, "0.1000"], [1, "1.000"],
    [9.99996, "10.00"], [123.456, "123.5"], [1234.5, "1235"], [12345.6, "12346"],
    [0.001, "0.001000"], [99999, "99999"],
  ]) assert.equal(format.formatNumber(value), text);
});

test("smaller and larger losses are written with a power of ten", () => {
  assert.equal(format.formatNumber(3e-10), "3.000×10⁻¹⁰");
  assert.equal(format.formatNumber(0.00012345), "1.234×10⁻⁴");
  assert.equal(format.formatNumber(1e5), "1.000×10⁵");
  assert.equal(format.formatNumber(1.7976931348623157e308), "1.798×10³⁰⁸");
  assert.equal(format.formatNumber(5e-324), "4.941×10⁻³²⁴");
});

test("rounding never leaves the range it rounded into", () => {
  assert.equal(format.formatNumber(0.00099999), "0.001000");
  assert.equal(format.formatNumber(99999.6), "1.000×10⁵");
  assert.equal(format.formatNumber(999.96), "1000");
});

test("four digits of any value are within half of the last one", () => {
  for (let power = -12; power <= 12; power += 1) {
    for (const factor of [1, 1.00005, 2.34565, 9.99949, 9.99951]) {
      const value = factor * 10 ** power;
      const text = format.formatNumber(value);
      const superscripts = (digits) => [...digits].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(d)).join("");
      const [, mantissa, minus, exponent] = /^([\d.]+)(?:×10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+))?$/.exec(text);
      const back = exponent === undefined
        ? Number(mantissa)
        : Number(`${mantissa}e${minus ? "-" : ""}${superscripts(exponent)}`);
      assert.ok(Math.abs(back / value - 1) <= 0.5001e-3, `${value} became ${text}`);
    }
  }
});

test("zero, nothing and what is not finite have their own texts", () => {
  assert.equal(format.formatNumber(0), "0");
  assert.equal(format.formatNumber(-0), "0");
  assert.equal(format.formatNumber(null), "–");
  assert.equal(format.formatNumber(undefined), "–");
  assert.equal(format.formatNumber(NaN), "NaN");
  assert.equal(format.formatNumber(Infinity), "∞");
  assert.equal(format.formatNumber(-Infinity), "−∞");
});

test("the minus is a true minus everywhere", () => {
  const texts = [
    format.formatNumber(-0.5), format.formatNumber(-5e-9), format.formatExact(-0.5),
    format.formatExact(-5e-9), format.formatCount(-1234), format.formatPercent(-0.5),
    format.formatLogTick(-0.1), ...format.formatLinearTicks([-1, 0, 1]),
  ];
  for (const text of texts) assert.ok(!text.includes("-"), text);
  assert.equal(format.formatNumber(-0.5), "−0.5000");
});

test("the exact text keeps every digit", () => {
  assert.equal(format.formatExact(0.1 + 0.2), "0.30000000000000004");
  assert.equal(format.formatExact(1.2345678901234e-10), "1.2345678901234×10⁻¹⁰");
  assert.equal(format.formatExact(1e21), "1×10²¹");
  assert.equal(format.formatExact(null), "–");
});

test("counts are grouped by commas, as in the sentences of the server", () => {
  assert.equal(format.formatCount(20544), "20,544");
  assert.equal(format.formatCount(1234567), "1,234,567");
  assert.equal(format.formatCount(999), "999");
  assert.equal(format.formatCount(0), "0");
  assert.equal(format.formatCount(null), "–");
});

test("counts on an axis are short", () => {
  const texts = [0, 950, 1500, 20000, 2.5e6, 3e9].map(format.formatShortCount).map(plain);
  assert.deepEqual(texts, ["0", "950", "1.5 k", "20 k", "2.5 M", "3 G"]);
});

test("percents carry a sign where a change is meant", () => {
  assert.equal(plain(format.formatPercent(0.1235)), "12.35 %");
  assert.equal(plain(format.formatPercent(0.0249, { signed: true })), "+2.49 %");
  assert.equal(plain(format.formatPercent(-0.9886, { signed: true })), "−98.86 %");
  assert.equal(plain(format.formatPercent(-0.000001, { signed: true })), "0.00 %");
  assert.equal(format.formatPercent(null), "–");
  assert.equal(format.formatPercent(NaN), "–");
});

test("lengths of time have at most two units", () => {
  for (const [seconds, text] of [
    [0, "0.0 s"], [0.4, "0.4 s"], [0.97, "1 s"], [12.3, "12 s"], [59.7, "1 min"], [240, "4 min"],
    [3599, "1 h"], [3600, "1 h"], [12000, "3 h 20 min"], [86399, "1 d"], [187200, "2 d 4 h"],
    [-5, "0.0 s"],
  ]) assert.equal(plain(format.formatDuration(seconds)), text, String(seconds));
  assert.equal(format.formatDuration(null), "–");
});

test("an age says how long ago something was", () => {
  assert.equal(format.formatAge(0.3), "just now");
  assert.equal(plain(format.formatAge(240)), "4 min ago");
  assert.equal(format.formatAge(null), "–");
});

test("rates and amounts of data have three significant digits", () => {
  assert.equal(format.formatRate(12.44), "12.4");
  assert.equal(format.formatRate(0.0521), "0.0521");
  assert.equal(plain(format.formatRate(1240.4)), "1,240");
  assert.equal(plain(format.formatBytes(812)), "812 B");
  assert.equal(plain(format.formatBytes(1.239e9)), "1.24 GB");
  assert.equal(plain(format.formatBytes(999999)), "1 MB");
});

test("moments are shown in the browser's zone, with date and zone where asked", () => {
  const date = new Date("2026-07-03T14:32:08Z");
  const hours = String(date.getHours()).padStart(2, "0");
  const minutes = String(date.getMinutes()).padStart(2, "0");
  assert.equal(format.formatClock("2026-07-03T14:32:08Z"), `${hours}:${minutes}:08`);
  assert.equal(format.formatClock(date.getTime() / 1000), `${hours}:${minutes}:08`);
  assert.match(format.formatMoment("2026-07-03T14:32:08Z"), /^2026-07-0\d \d\d:\d\d:08 \S+/);
  assert.equal(format.formatClock(null), "–");
  assert.equal(format.formatMoment("yesterday"), "–");
});

test("logarithmic ticks are powers of ten", () => {
  const texts = [1e-10, 1e-5, 0.001, 0.01, 1, 1000, 1e4, 1e12].map(format.formatLogTick);
  assert.deepEqual(texts, ["10⁻¹⁰", "10⁻⁵", "0.001", "0.01", "1", "1000", "10⁴", "10¹²"]);
  assert.equal(format.formatLogTick(0.02), "0.02");
  assert.equal(format.formatLogTick(5e-5), "5×10⁻⁵");
});

test("linear ticks all have the same decimals, or the same power of ten", () => {
  assert.deepEqual(format.formatLinearTicks([0, 0.5, 1, 1.5]), ["0", "0.5", "1.0", "1.5"]);
  assert.deepEqual(format.formatLinearTicks([0.945, 0.95, 0.955]), ["0.945", "0.950", "0.955"]);
  assert.deepEqual(format.formatLinearTicks([0, 1e-10, 2e-10]), ["0", "1×10⁻¹⁰", "2×10⁻¹⁰"]);
  assert.deepEqual(format.formatLinearTicks([0, 50000, 100000]), ["0", "0.5×10⁵", "1.0×10⁵"]);
});
