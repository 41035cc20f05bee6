/** Tags searched, grouped and put in order. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  filterOf, groupTags, inOrder,
} from "../../../src/loss_monitor/web/static/js/views/tag_list.js";

const found = (text, tags) => tags.filter(filterOf(text).matches);

test("a regular expression chooses tags", () => {
  const tags = ["Loss/batch", "Loss/mean", "Learning_rate", "Gradients/w"];
  assert.deepEqual(found("^Loss/(batch|max)", tags), ["Loss/batch"]);
  assert.deepEqual(found("", tags), tags);
});

test("case counts only where a capital letter was typed", () => {
  const tags = ["Loss/batch", "loss/eval"];
  assert.deepEqual(found("loss", tags), tags);
  assert.deepEqual(found("Loss", tags), ["Loss/batch"]);
});

test("what is no regular expression is searched for as it stands, and said", () => {
  const { matches, problem } = filterOf("grad(");
  assert.equal(matches("all/Grad(x)"), true);
  assert.equal(matches("all/grad"), false);
  assert.match(problem, /unterminated/i);
  assert.equal(filterOf("grad").problem, "");
});

test("tags are grouped by what stands before the first slash; those without one come last", () => {
  const groups = groupTags(["loss", "b/y/2", "a/x", "b/y/10", "b/c", "/odd"]);
  assert.deepEqual(groups, [
    { name: "a", tags: ["a/x"] },
    { name: "b", tags: ["b/c", "b/y/2", "b/y/10"] },
    { name: "", tags: ["/odd", "loss"] },
  ]);
});

test("numbers in names count as numbers", () => {
  assert.deepEqual(inOrder(["run10", "run9", "Run1"]), ["Run1", "run9", "run10"]);
});
