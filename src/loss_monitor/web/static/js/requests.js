/**
 * Requests to the server's interface: one by one, or made again whenever what they depend on
 * changes.
 *
 * Paths enter, answers leave; those of repeated requests enter the store. Panels never fetch.
 */

import { ofShownRun } from "./shown_run.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Asked} Asked */
/** @typedef {import("./store.js").Store} Store */

const TIMEOUT_MS = 20_000;

/** A request that failed: `status` is that of the answer, 0 where none came. */
export class RequestError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.name = "RequestError";
    this.status = status;
  }
}

/**
 * Fetch an address of the interface, for the run that is shown.
 *
 * @param {string} path Relative to the page.
 * @param {Record<string, string>} [headers]
 * @returns {Promise<Response>} An answer of status 200.
 * @throws {RequestError} With the server's own words where it gave any.
 */
async function get(path, headers) {
  /** @type {Response} */
  let response;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(ofShownRun(path), { signal, headers });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new RequestError(late ? "The server did not answer in time." : "No connection.", 0);
  }
  if (response.ok) return response;
  /** @type {unknown} */
  const body = await response.json().catch(() => null);
  const told = body && typeof body === "object" && "error" in body ? String(body.error) : "";
  throw new RequestError(told || wordsOf(response.status), response.status);
}

/**
 * What an answer without words means; a proxy tells that there is nothing behind it.
 *
 * @param {number} status
 */
function wordsOf(status) {
  return status >= 502 && status <= 504
    ? `No connection to the monitor: the proxy in between answers ${status}.`
    : `The server answered ${status}.`;
}

/**
 * @param {string} path
 * @returns {Promise<any>} Whatever JSON the server answers; its shape is the interface's.
 */
export async function getJson(path) {
  const response = await get(path);
  return response.json();
}

/**
 * @param {string} path
 * @param {Record<string, string>} [headers]
 * @returns {Promise<string>}
 */
export async function getText(path, headers) {
  const response = await get(path, headers);
  return (await response.text()).trim();
}

/**
 * @typedef {object} Wish An answer that the page wants to have.
 * @property {Asked} kind Where it stands in the store's `fetched`.
 * @property {(state: State) => string | null} key What it depends on; null: not needed.
 * @property {(state: State) => Promise<any>} ask Gives what is to be stored.
 * @property {number} least_interval_ms
 */

/**
 * Keep an answer in the store up to date: one request at a time, not more often than its
 * interval, and always with the newest state. What is not needed any more is let go.
 *
 * @param {Store} store
 * @param {Wish} wish
 */
export function keepAnswer(store, { kind, key: keyOf, ask, least_interval_ms }) {
  /** @type {string | null} */
  let done = null;
  let busy = false;
  let stopped = false;
  let lost = false;
  let lastBegan = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function look() {
    clearTimeout(timer);
    const key = keyOf(store.state);
    if (key === null) forget();
    if (stopped || busy || key === null || key === done || document.hidden) return;
    const wait = lastBegan + least_interval_ms - performance.now();
    if (wait > 0) timer = setTimeout(look, wait);
    else void run(key);
  }

  /** @param {string} key */
  async function run(key) {
    busy = true;
    lastBegan = performance.now();
    try {
      const answer = await ask(store.state);
      if (stopped) return;
      if (keyOf(store.state) !== null) store.setFetched({ [kind]: answer });
      tell("");
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      // Without an answer the connection's own state tells it; words here are the server's.
      if (error.status > 0 && isHeard(store.state)) tell(error.message);
      else lost = true;
    } finally {
      busy = false;
      done = key;
      look();
    }
  }

  function forget() {
    done = null;
    if (store.state.fetched[kind] !== null) store.setFetched({ [kind]: null });
    tell("");
  }

  /** @param {string} words Empty after an answer. */
  function tell(words) {
    lost = false;
    const { [kind]: known = "", ...others } = store.state.fetched.errors;
    if (known === words) return;
    store.setFetched({ errors: words ? { ...others, [kind]: words } : others });
  }

  return {
    look,
    /** Ask again for what was not answered. */
    again() {
      if (!lost && !store.state.fetched.errors[kind]) return;
      tell("");
      done = null;
      look();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Whether the server answers: a failed request while it does not is no news.
 *
 * @param {State} state
 */
function isHeard(state) {
  return state.connection.status === "live" || state.connection.status === "polling";
}
