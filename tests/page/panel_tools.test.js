/** What a panel saves: numbers as a file, under a name that every system takes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { csvText } from "../../src/loss_monitor/web/static/js/panel_tools/csv.js";
import { fileName } from "../../src/loss_monitor/web/static/js/panel_tools/save.js";

test("a number is saved with every digit it has, and none where there is none", () => {
  const rows = [["a", 0.1 + 0.2, 3e-10], ["b", null, 1234567]];
  const text = csvText({ heads: ["name", "x", "y"], rows });
  assert.equal(text, "name,x,y\r\na,0.30000000000000004,3e-10\r\nb,,1234567\r\n");
});

test("texts lose the signs that only a page understands", () => {
  const text = csvText({ heads: ["t"], rows: [["1\u202f284"], ["\u22121979-01-01"]] });
  assert.equal(text, "t\r\n1284\r\n-1979-01-01\r\n");
});

test("a comma, a quote and a line break stay in their field", () => {
  const text = csvText({ heads: ["a,b"], rows: [['say "x"'], ["two\nlines"]] });
  assert.equal(text, '"a,b"\r\n"say ""x"""\r\n"two\nlines"\r\n');
});

test("a name from a file does not become a formula of a spreadsheet", () => {
  const rows = [["=1+1"], ["@x"], ["+x"], ["-x"], ["-1979"]];
  assert.equal(csvText({ heads: ["t"], rows }), "t\r\n'=1+1\r\n'@x\r\n'+x\r\n'-x\r\n-1979\r\n");
});

test("a file name is plain and not endless", () => {
  assert.equal(fileName("demo: Loss/batch (µ)", "csv"), "demo-Loss-batch.csv");
  assert.equal(fileName("../..", "png"), "chart.png");
  assert.equal(fileName("x".repeat(500), "png").length, 124);
});
