/**
 * Everything the page asks the server for, besides the stream.
 *
 * Watches the state and fetches what the user's view needs beyond the stream: the values of a
 * zoomed range, the batches of a chosen timestep, the statistics of a window. Answers enter
 * the store; panels never fetch. At most two requests of a kind a second, the latest wins.
 */

import { shownTimesteps } from "./shown.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Statistics} Statistics */
/** @typedef {import("./types.js").RangeAnswer} RangeAnswer */
/** @typedef {import("./types.js").TimestepAnswer} TimestepAnswer */
/** @typedef {import("./store.js").Store} Store */

const LEAST_INTERVAL_MS = 500;
const TIMEOUT_MS = 20_000;
/** More buckets than a chart has pixels would not be seen. */
const RANGE_POINTS = 1200;
/** The second column of the statistics while the window is the whole run: the present. */
export const PRESENT_TIMESTEPS = 100;

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
 * Fetch an address of the interface.
 *
 * @param {string} path Relative to the page.
 * @returns {Promise<Response>} An answer of status 200.
 * @throws {RequestError} With the server's own words where it gave any.
 */
async function get(path) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new RequestError(late ? "The server did not answer in time." : "No connection.", 0);
  }
  if (response.ok) return response;
  /** @type {unknown} */
  const body = await response.json().catch(() => null);
  const told = body && typeof body === "object" && "error" in body ? String(body.error) : "";
  throw new RequestError(told || `The server answered ${response.status}.`, response.status);
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
 * @returns {Promise<string>}
 */
export async function getText(path) {
  const response = await get(path);
  return (await response.text()).trim();
}

/**
 * The window whose statistics stand beside those of all timesteps.
 *
 * @param {State} state
 * @returns {number}
 */
export function statisticsWindow(state) {
  const { window } = state.view;
  return window === "all" ? PRESENT_TIMESTEPS : window;
}

/**
 * Fetch for a store from now on.
 *
 * @param {Store} store
 * @returns {{retry: () => void, destroy: () => void}} `retry` asks again for what failed.
 */
export function startRequests(store) {
  /** @type {string[]} */
  let labels = [];
  let labelsOf = "";

  const range = latest(store, rangeKey, async (state) => {
    const [lo, hi] = wholeRange(state);
    const path = `api/loss/range?x=timestep&start=${lo}&stop=${hi}&points=${RANGE_POINTS}`;
    const answer = /** @type {RangeAnswer} */ (await getJson(path));
    const zoom = state.view.zoom;
    if (zoom) store.setFetched({ range: { zoom, answer } });
  });

  const timestep = latest(store, chosenKey, async (state) => {
    const { chosen } = state.view;
    const data = state.data;
    if (chosen === null || !data) return;
    let label = labelAt(data, chosen);
    if (label === null) {
      if (labelsOf !== data.run.id || labels.length <= chosen) {
        labels = (await getJson("api/loss/timesteps")).timesteps;
        labelsOf = data.run.id;
      }
      label = labels[chosen] ?? null;
    }
    if (label === null) throw new RequestError(`There is no timestep ${chosen}.`, 404);
    const path = `api/loss/by_timestep/${encodeURIComponent(label)}`;
    const answer = /** @type {TimestepAnswer} */ (await getJson(path));
    store.setFetched({ timestep: { index: chosen, answer } });
  });

  const statistics = latest(store, statisticsKey, async (state) => {
    const last = statisticsWindow(state);
    const answer = /** @type {Statistics} */ (await getJson(`api/loss/statistics?last=${last}`));
    store.setFetched({ statistics: { last, answer } });
  });

  const all = [range, timestep, statistics];
  const unsubscribe = store.subscribe((state, previous) => {
    if (state.connection.status !== previous.connection.status && isHeard(state)) {
      for (const one of all) one.again();
    }
    if (state.data === previous.data && state.view === previous.view) return;
    if (state.view.zoom === null && state.fetched.range) store.setFetched({ range: null });
    if (state.view.chosen === null && state.fetched.timestep) store.setFetched({ timestep: null });
    for (const one of all) one.look();
  });
  for (const one of all) one.look();
  return {
    retry() {
      for (const one of all) one.again();
    },
    destroy() {
      unsubscribe();
      for (const one of all) one.stop();
    },
  };
}

/**
 * A request that is made whenever its key changes: one at a time, not more often than
 * `LEAST_INTERVAL_MS`, and always with the newest state.
 *
 * @param {Store} store
 * @param {(state: State) => string | null} keyOf What the request depends on; null: not needed.
 * @param {(state: State) => Promise<void>} request
 */
function latest(store, keyOf, request) {
  /** @type {string | null} */
  let done = null;
  let failure = "";
  let busy = false;
  let stopped = false;
  let lastBegan = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function look() {
    clearTimeout(timer);
    const key = keyOf(store.state);
    if (stopped || busy || key === null || key === done || document.hidden) return;
    const wait = lastBegan + LEAST_INTERVAL_MS - performance.now();
    if (wait > 0) timer = setTimeout(look, wait);
    else void run(key);
  }

  /** @param {string} key */
  async function run(key) {
    busy = true;
    lastBegan = performance.now();
    try {
      await request(store.state);
      if (failure && failure === store.state.fetched.error) store.setFetched({ error: "" });
      failure = "";
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      failure = error.message;
      // Without an answer the stream's own state tells it; words here are the server's.
      if (error.status > 0 && isHeard(store.state)) store.setFetched({ error: failure });
    } finally {
      busy = false;
      done = key;
      look();
    }
  }

  return {
    look,
    again() {
      if (!failure) return;
      if (failure === store.state.fetched.error) store.setFetched({ error: "" });
      failure = "";
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

/** @param {State} state */
function rangeKey(state) {
  const { data, view } = state;
  if (!data || !view.zoom) return null;
  const [lo, hi] = wholeRange(state);
  if (lo >= hi) return null;
  // The newest timesteps are in the page whole; only what lies before them has to be asked for.
  if (lo >= data.timesteps.start || data.buckets.size === 1) return null;
  const growing = hi >= data.run.timesteps ? data.version : "";
  return [data.run.id, data.run.attempts.length, view.zoom[0], view.zoom[1], growing].join(" ");
}

/** @param {State} state */
function chosenKey(state) {
  const { data, view } = state;
  if (!data || view.chosen === null || view.chosen >= data.run.timesteps) return null;
  if (view.chosen === data.current?.index && data.current.values) return null;
  const growing = view.chosen >= data.run.timesteps - 1 ? data.version : "";
  return [data.run.id, data.run.attempts.length, view.chosen, growing].join(" ");
}

/** @param {State} state */
function statisticsKey(state) {
  const { data } = state;
  if (!data?.statistics || data.run.timesteps <= statisticsWindow(state)) return null;
  return [data.run.id, statisticsWindow(state), data.version].join(" ");
}

/**
 * @param {State} state
 * @returns {[number, number]}
 */
function wholeRange(state) {
  const total = state.data?.run.timesteps ?? 0;
  const [lo, hi] = shownTimesteps(total, state.view);
  return [Math.max(0, Math.floor(lo)), Math.min(total, Math.ceil(hi))];
}

/**
 * The label of a timestep, where the page has it.
 *
 * @param {Data} data
 * @param {number} index
 * @returns {string | null}
 */
export function labelAt(data, index) {
  const { timesteps, buckets } = data;
  if (index >= timesteps.start) return timesteps.label[index - timesteps.start] ?? null;
  if (buckets.size !== 1) return null;
  const row = buckets.start.indexOf(index);
  return row < 0 ? null : buckets.label[row];
}
