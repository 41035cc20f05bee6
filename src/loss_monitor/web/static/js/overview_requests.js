/**
 * What the overview asks the server for, besides the stream.
 *
 * The state enters; a table of wishes, each with what it depends on, is kept fulfilled: the
 * timesteps of the shown range as fine as they can be seen, its batches, the moving average,
 * the signals of online training, a chosen timestep, the statistics of a window, what earlier
 * attempts left behind.
 */

import { shownAxis } from "./axes.js";
import { getJson, keepAnswer, RequestError } from "./requests.js";
import { shownTimesteps } from "./shown.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Asked} Asked */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./requests.js").Wish} Wish */

/** More buckets than a chart has pixels would not be seen. */
const POINTS = globalThis.innerWidth < 720 ? 600 : 1200;
/** Batches are told from each other as long as no more than so many share a bucket. */
const BATCHES_A_POINT = 4;
const ONLINE_COLUMNS = 250;
/** Newest timesteps may still change: they are left to the stream. */
const SETTLED_TIMESTEPS = 50;
/** So many timesteps are fetched at once when they leave those that the stream has whole. */
const FETCHED_TOGETHER = 200;
/** The second column of the statistics while the window is the whole run: the present. */
export const PRESENT_TIMESTEPS = 100;

/**
 * The newest timesteps whose statistics stand beside those of all.
 *
 * @param {State} state
 * @returns {number}
 */
export function statisticsWindow({ view }) {
  if (view.follow !== null) return view.follow;
  return view.window === "all" ? PRESENT_TIMESTEPS : view.window;
}

/**
 * Fetch for a store from now on.
 *
 * @param {Store} store
 * @returns {{retry: () => void, destroy: () => void}} `retry` asks again for what failed.
 */
export function startRequests(store) {
  const all = wishes().map((wish) => keepAnswer(store, wish));
  const unsubscribe = store.subscribe((state, previous) => {
    const { status } = state.connection;
    if (status !== previous.connection.status && (status === "live" || status === "polling")) {
      for (const one of all) one.again();
    }
    if (state.data !== previous.data || state.view !== previous.view) look();
  });
  const look = () => {
    for (const one of all) one.look();
  };
  // While the page was hidden nothing was asked for; one that is paused gets no data on return.
  document.addEventListener("visibilitychange", look);
  look();
  return {
    retry() {
      for (const one of all) one.again();
    },
    destroy() {
      unsubscribe();
      document.removeEventListener("visibilitychange", look);
      for (const one of all) one.stop();
    },
  };
}

/** @returns {Wish[]} */
function wishes() {
  const labels = { of: 0, known: /** @type {string[]} */ ([]) };
  return [
    wish("range", fineRange, 500, (range) => getJson(rangePath("timestep", range))),
    wish("batches", batchRange, 500, (range) => getJson(rangePath("batch", range))),
    wish("smooth", smoothRange, 1000, (range) => getJson(rangePath("timestep", range))),
    wish("online", onlineRange, 1000, ({ start, stop }) =>
      getJson(`api/loss/online?start=${start}&stop=${stop}&points=${ONLINE_COLUMNS}`)),
    wish("dropped", droppedOf, 1000, () => getJson("api/loss/dropped")),
    wish("statistics", statisticsOf, 500, async ({ last }) => ({
      last, answer: await getJson(`api/loss/statistics?last=${last}`),
    })),
    wish("timestep", chosenTimestep, 500, async ({ index }, data) => {
      const label = labelAt(data, index) ?? (await labelOf(data, index));
      const answer = await getJson(`api/loss/by_timestep/${encodeURIComponent(label)}`);
      return { index, answer };
    }),
  ];

  /**
   * @param {Data} data
   * @param {number} index
   * @returns {Promise<string>}
   */
  async function labelOf(data, index) {
    if (labels.of !== snapshotNumber(data) || labels.known.length <= index) {
      labels.known = (await getJson("api/loss/timesteps")).timesteps;
      labels.of = snapshotNumber(data);
    }
    const label = labels.known[index];
    if (label === undefined) throw new RequestError(`There is no timestep ${index + 1}.`, 404);
    return label;
  }
}

/**
 * @param {"batch" | "timestep"} axis
 * @param {{start: number, stop: number, smoothing?: number}} range
 */
function rangePath(axis, { start, stop, smoothing = 0 }) {
  const path = `api/loss/range?x=${axis}&start=${start}&stop=${stop}&points=${POINTS}`;
  return smoothing === 0 ? path : `${path}&smoothing=${smoothing}`;
}

/** @type {WeakMap<object, number>} */
const snapshots = new WeakMap();
let snapshotsMet = 0;

/**
 * The number of the snapshot that data go back to. Within one, timesteps are only added at the
 * end; another one may tell of timesteps that were put in before, or written again, so that what
 * was fetched for an index is of another one.
 *
 * @param {Data} data
 */
function snapshotNumber({ about }) {
  // Updates leave this part as it came with the snapshot.
  const known = snapshots.get(about) ?? (snapshotsMet += 1);
  snapshots.set(about, known);
  return known;
}

/**
 * A wish that depends on the run's snapshot and on what `wanted` gives; null: not needed.
 *
 * @template {object} T
 * @param {Asked} kind
 * @param {(data: Data, state: State) => T | null} wanted
 * @param {number} least_interval_ms
 * @param {(wanted: T, data: Data) => Promise<unknown>} ask
 * @returns {Wish}
 */
function wish(kind, wanted, least_interval_ms, ask) {
  const of = (/** @type {State} */ state) =>
    state.data === null || state.data.run.timesteps === 0 ? null : wanted(state.data, state);
  return {
    kind,
    least_interval_ms,
    key(state) {
      const values = of(state);
      if (values === null || state.data === null) return null;
      const { attempts } = state.data.run;
      return [snapshotNumber(state.data), attempts.length, ...Object.values(values)].join(" ");
    },
    ask(state) {
      const values = of(state);
      if (values === null || state.data === null) throw new RequestError("Not needed.", 0);
      return ask(values, state.data);
    },
  };
}

/**
 * Timesteps that the stream has in buckets, by whole buckets; the newest are in the page.
 *
 * @param {Data} data
 * @param {State} state
 */
function fineRange({ run, buckets, timesteps }, { view }) {
  const { size } = buckets;
  const [from, to] = shownTimesteps(run.timesteps, view);
  if (size === 1 || from >= timesteps.start) return null;
  // What leaves the newest is in the answer already: it reaches beyond their first.
  const settled = run.timesteps - SETTLED_TIMESTEPS;
  const known = Math.max(timesteps.start, settled - (settled % FETCHED_TOGETHER));
  const start = Math.floor(from / size) * size;
  const stop = Math.min(Math.ceil(to / size) * size, known);
  return stop > start ? { start, stop, size } : null;
}

/**
 * @param {Data} data
 * @param {State} state
 */
function batchRange(data, { view }) {
  if (shownAxis(data, view.axis) !== "batch") return null;
  const [start, stop] = view.batches ?? batchesShown(data, view);
  if (stop - start > BATCHES_A_POINT * POINTS || stop <= start) return null;
  const growing = stop >= data.run.batches ? data.version : "";
  return { start, stop, smoothing: view.smoothing, growing };
}

/**
 * Batches of the timesteps that a view shows, at least.
 *
 * @param {Data} data
 * @param {State["view"]} view
 * @returns {[number, number]} Over the run, half open.
 */
function batchesShown({ run, buckets, timesteps }, view) {
  const [from, to] = shownTimesteps(run.timesteps, view);
  let [start, stop, batches] = [0, 0, 0];
  const pass = (/** @type {number} */ index, /** @type {number} */ count) => {
    if (index <= from) start = batches;
    if (index < to) stop = batches + count;
    batches += count;
  };
  buckets.start.forEach((index, row) => pass(index, buckets.count[row] ?? 0));
  timesteps.count.forEach((count, row) => pass(timesteps.start + row, count));
  return [start, stop];
}

/**
 * @param {Data} data
 * @param {State} state
 */
function smoothRange(data, state) {
  const { view } = state;
  if (view.smoothing === 0) return null;
  const { start, stop, growing } = shownRange(data, state);
  return { start, stop, smoothing: view.smoothing, growing };
}

/**
 * @param {Data} data
 * @param {State} state
 */
function onlineRange(data, state) {
  return state.view.lower === "online" ? shownRange(data, state) : null;
}

/**
 * What was dropped has a place among what is kept: both may change it.
 *
 * @param {Data} data
 * @param {State} state
 */
function droppedOf({ run }, { view }) {
  const { dropped, timesteps } = run;
  return view.dropped && dropped > 0 ? { dropped, timesteps } : null;
}

/**
 * @param {Data} data
 * @param {State} state
 */
function shownRange({ run, version }, { view }) {
  const [from, to] = shownTimesteps(run.timesteps, view);
  const [start, stop] = [Math.max(0, Math.floor(from)), Math.min(run.timesteps, Math.ceil(to))];
  return { start, stop, growing: stop >= run.timesteps ? version : "" };
}

/**
 * @param {Data} data
 * @param {State} state
 */
function chosenTimestep({ run, current, version }, { view }) {
  const index = view.chosen;
  if (index === null || index >= run.timesteps) return null;
  if (index === current?.index && current.values) return null;
  return { index, growing: index >= run.timesteps - 1 ? version : "" };
}

/**
 * @param {Data} data
 * @param {State} state
 */
function statisticsOf({ run, statistics, version }, state) {
  const last = statisticsWindow(state);
  return statistics !== null && run.timesteps > last ? { last, version } : null;
}

/**
 * The label of a timestep, where the page has it.
 *
 * @param {Data} data
 * @param {number} index
 * @returns {string | null}
 */
function labelAt({ timesteps, buckets }, index) {
  if (index >= timesteps.start) return timesteps.label[index - timesteps.start] ?? null;
  if (buckets.size !== 1) return null;
  const row = buckets.start.indexOf(index);
  return row < 0 ? null : (buckets.label[row] ?? null);
}
