/**
 * Answers of the interface for what is in sight: a few requests at a time, kept for a while.
 *
 * Owners (panels) say which paths they need; the first come first. An answer is asked for
 * again when the data's version has moved on, at a pace that follows what the answers cost;
 * the old one stays until the new one is there. What failed waits for a new version, or for
 * the user.
 */

import { getJson, RequestError } from "../requests.js";

/**
 * @typedef {object} Kept
 * @property {any} answer `null` until the first one came.
 * @property {string} error Empty after a request that did not fail.
 */

/** A browser has six connections to a host; the stream and the overview need some. */
const AT_ONCE = 3;
const KEPT_MAX = 400;
const AGAIN_MIN_MS = 2_000;
/** Asking again takes at most this share of the time. */
const AGAIN_SHARE = 20;

/** @type {Kept} */
const NOTHING = Object.freeze({ answer: null, error: "" });

/** @typedef {Kept & {version: string, next_ms: number}} Entry */

export class Answers {
  /**
   * @param {(path: string) => void} arrived
   * @param {number} [again_min_ms] Least time between two requests for the same.
   */
  constructor(arrived, again_min_ms = AGAIN_MIN_MS) {
    this.arrived = arrived;
    this.again_min_ms = again_min_ms;
    this.version = "";
    this.paused = false;
    /** In the order of use, the latest last. @type {Map<string, Entry>} */
    this.entries = new Map();
    /** @type {Map<object, readonly string[]>} */
    this.wanted = new Map();
    /** @type {Set<string>} */
    this.asked = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.look = () => this.askNext();
    document.addEventListener("visibilitychange", this.look);
  }

  /**
   * What is known of a path.
   *
   * @param {string} path
   * @returns {Kept}
   */
  of(path) {
    return this.entries.get(path) ?? NOTHING;
  }

  /**
   * Say which paths an owner needs from now on.
   *
   * @param {object} owner
   * @param {readonly string[]} paths
   */
  want(owner, paths) {
    if (paths.length === 0) this.wanted.delete(owner);
    else this.wanted.set(owner, paths);
    this.askNext();
  }

  /** @param {string} version Of the data, as the stream tells it. */
  setVersion(version) {
    if (version === this.version) return;
    this.version = version;
    this.askNext();
  }

  /** @param {boolean} paused Whether the server cannot be reached. */
  setPaused(paused) {
    if (paused === this.paused) return;
    this.paused = paused;
    if (!paused) this.retry();
  }

  /** Ask again for everything that failed. */
  retry() {
    for (const [path, entry] of this.entries) {
      if (entry.error) this.entries.set(path, { ...entry, version: "", next_ms: 0 });
    }
    this.askNext();
  }

  destroy() {
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.look);
    this.wanted.clear();
  }

  askNext() {
    clearTimeout(this.timer);
    if (this.paused || document.hidden) return;
    const now_ms = performance.now();
    let soonest = Infinity;
    /** @type {string[]} */
    const again = [];
    for (const path of [...this.wanted.values()].flat()) {
      if (this.asked.has(path)) continue;
      const entry = this.entries.get(path);
      if (entry === undefined) {
        if (this.asked.size < AT_ONCE) void this.ask(path);
      } else if (entry.version !== this.version) {
        if (entry.next_ms <= now_ms) again.push(path);
        else soonest = Math.min(soonest, entry.next_ms);
      }
    }
    // What is not there at all comes before what is a moment old.
    for (const path of again) {
      if (this.asked.size < AT_ONCE) void this.ask(path);
    }
    if (soonest < Infinity) this.timer = setTimeout(this.look, soonest - now_ms);
  }

  /** @param {string} path */
  async ask(path) {
    const { version } = this;
    const began = performance.now();
    this.asked.add(path);
    let { answer } = this.of(path);
    let error = "";
    try {
      answer = await getJson(path);
    } catch (caught) {
      if (!(caught instanceof RequestError)) throw caught;
      error = caught.message;
    } finally {
      this.asked.delete(path);
    }
    const took = performance.now() - began;
    const wait = Math.max(this.again_min_ms, took * AGAIN_SHARE);
    this.entries.delete(path);
    this.entries.set(path, { answer, error, version, next_ms: performance.now() + wait });
    this.forget();
    this.arrived(path);
    this.askNext();
  }

  /** Let go of what was not used for longest. */
  forget() {
    if (this.entries.size <= KEPT_MAX) return;
    const needed = new Set([...this.wanted.values()].flat());
    for (const path of this.entries.keys()) {
      if (this.entries.size <= KEPT_MAX) return;
      if (!needed.has(path)) this.entries.delete(path);
    }
  }
}
