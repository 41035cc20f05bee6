/** What the build takes from npm. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const lock = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");

test("the lock file pins every package by its checksum", () => {
  const { packages } = JSON.parse(lock);
  for (const [name, entry] of Object.entries(packages)) {
    if (name !== "") assert.match(entry.integrity, /^sha512-/, name);
  }
});

test("the lock file names no registry: each site has its own", () => {
  assert.doesNotMatch(lock, /"resolved"|:\/\//);
});
