/** Answers for what is in sight: few at a time, again when the data move on. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Answers } from "../../../src/loss_monitor/web/static/js/views/answers.js";
import { fakeBrowser, pass, realBrowser, rest } from "../fake_browser.js";

afterEach(realBrowser);

/** Answers over a server that holds each request until it is let go. */
function held() {
  const open = [];
  const browser = fakeBrowser();
  globalThis.fetch = (path) => {
    browser.paths.push(path);
    return new Promise((resolve) => open.push({ path, resolve }));
  };
  const arrived = [];
  const answers = new Answers((path) => arrived.push(path));
  async function letGo(body = {}, status = 200) {
    const { resolve } = open.shift();
    resolve(new Response(JSON.stringify(body), { status }));
    await rest();
  }
  return { answers, browser, arrived, open, letGo };
}

test("a few requests at a time, in the order in which they are needed", async () => {
  const { answers, browser, letGo } = held();
  answers.want("panel", ["a", "b", "c", "d"]);
  assert.deepEqual(browser.paths, ["a", "b", "c"]);
  await letGo();
  assert.deepEqual(browser.paths, ["a", "b", "c", "d"]);
});

test("what nobody needs any more is not asked for", async () => {
  const { answers, browser, letGo } = held();
  answers.want("one", ["a", "b", "c", "d"]);
  answers.want("two", ["e"]);
  answers.want("one", []);
  await letGo();
  assert.deepEqual(browser.paths, ["a", "b", "c", "e"]);
});

test("what two panels need is asked for once", () => {
  const { answers, browser } = held();
  answers.want("pinned", ["a"]);
  answers.want("grouped", ["a"]);
  assert.deepEqual(browser.paths, ["a"]);
});

test("an answer stays until a newer one is there", async () => {
  const { answers, letGo, browser } = held();
  answers.setVersion("s-1");
  answers.want("panel", ["a"]);
  await letGo({ n: 1 });
  answers.setVersion("s-2");
  await pass(3000);
  assert.equal(browser.paths.length, 2);
  assert.deepEqual(answers.of("a").answer, { n: 1 });
  await letGo({ n: 2 });
  assert.deepEqual(answers.of("a").answer, { n: 2 });
});

test("however fast the data change, the same is not asked for again at once", async () => {
  const { answers, browser } = held();
  globalThis.fetch = async (path) => {
    browser.paths.push(path);
    return new Response("{}");
  };
  answers.want("panel", ["a"]);
  for (let version = 1; version <= 40; version += 1) {
    answers.setVersion(`s-${version}`);
    await pass(100);
  }
  assert.ok(browser.paths.length >= 2 && browser.paths.length <= 3, String(browser.paths.length));
  await pass(3000);
  const { length } = browser.paths;
  await pass(10_000);
  assert.equal(browser.paths.length, length, "nothing changed, and it asked again");
});

test("a failure is told, keeps the last answer, and is asked again by hand", async () => {
  const { answers, browser, letGo } = held();
  answers.setVersion("s-1");
  answers.want("panel", ["a"]);
  await letGo({ n: 1 });
  answers.setVersion("s-2");
  await pass(3000);
  await letGo({ error: "the disk is gone" }, 500);
  assert.equal(answers.of("a").error, "the disk is gone");
  assert.deepEqual(answers.of("a").answer, { n: 1 });
  await pass(10_000);
  assert.equal(browser.paths.length, 2);
  answers.retry();
  assert.equal(browser.paths.length, 3);
  await letGo({ n: 3 });
  assert.equal(answers.of("a").error, "");
});

test("nothing is asked for while the server cannot be reached or the page is hidden", async () => {
  const { answers, browser } = held();
  answers.setPaused(true);
  answers.want("panel", ["a"]);
  assert.deepEqual(browser.paths, []);
  browser.hide(true);
  answers.setPaused(false);
  assert.deepEqual(browser.paths, []);
  browser.hide(false);
  assert.deepEqual(browser.paths, ["a"]);
});

test("answers that nobody uses are let go of in the end", async () => {
  const { answers } = held();
  globalThis.fetch = async () => new Response("{}");
  for (let i = 0; i < 500; i += 1) {
    answers.want("panel", [`path ${i}`]);
    await new Promise((done) => setImmediate(done));
  }
  await rest();
  assert.ok(answers.entries.size <= 400, String(answers.entries.size));
  assert.notEqual(answers.of("path 499").answer, null);
});
