/**
 * The page's one observable state.
 *
 * Changes enter by the setters, each with a part of the state; whoever subscribed is told
 * the whole new state and which parts changed. States are never modified in place, so `===`
 * on a part tells whether it changed. Written by the stream, the requests and the user's
 * actions; read by every panel.
 */

import { NO_ZOOM } from "./shown.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Fetched} Fetched */
/** @typedef {import("./types.js").Connection} Connection */
/** @typedef {(state: State, previous: State) => void} Listener */

/** @type {View} */
export const DEFAULT_VIEW = Object.freeze({
  window: "all",
  scale: "auto",
  axis: "auto",
  ...NO_ZOOM,
  chosen: null,
  smoothing: 0,
  yRange: "auto",
  lower: "statistics",
  dropped: false,
});

/** @type {Fetched} */
const NOTHING_FETCHED = Object.freeze({
  ...{ range: null, batches: null, smooth: null, online: null, timestep: null, statistics: null },
  dropped: null,
  errors: {},
});

/**
 * @typedef {object} Store
 * @property {State} state The present state; never modify it.
 * @property {(listener: Listener) => () => void} subscribe Returns the way to unsubscribe.
 * @property {(data: Data | null) => void} setData The newest; shown unless paused.
 * @property {(paused: boolean) => void} setPaused Let what is shown stand, or catch up.
 * @property {(part: Partial<View>) => void} setView
 * @property {() => void} resetZoom Follow the newest data again.
 * @property {(part: Partial<Fetched>) => void} setFetched
 * @property {(part: Partial<Connection>) => void} setConnection
 */

/**
 * Make a store.
 *
 * @param {Partial<View>} [view] What the address of the page asks for.
 * @returns {Store}
 */
export function createStore(view = {}) {
  /** @type {Set<Listener>} */
  const listeners = new Set();

  /** @type {Store} */
  const store = {
    state: {
      data: null,
      view: { ...DEFAULT_VIEW, ...view },
      live: null,
      paused: false,
      fetched: NOTHING_FETCHED,
      connection: {
        status: "connecting",
        retry_at_ms: null,
        heard_at_ms: null,
        clock_offset_s: 0,
        error: "",
      },
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    setData(live) {
      const { state } = store;
      if (live === state.live) return;
      // A page that is paused before there was anything to see waits for that.
      const data = state.paused && state.data !== null ? state.data : live;
      publish({ ...state, data, live });
    },
    setPaused(paused) {
      const { state } = store;
      if (paused === state.paused) return;
      publish({ ...state, paused, data: paused ? state.data : state.live });
    },
    setView(part) {
      const view = changed(store.state.view, part);
      if (view) publish({ ...store.state, view });
    },
    resetZoom() {
      store.setView(NO_ZOOM);
    },
    setFetched(part) {
      const fetched = changed(store.state.fetched, part);
      if (fetched) publish({ ...store.state, fetched });
    },
    setConnection(part) {
      const connection = changed(store.state.connection, part);
      if (connection) publish({ ...store.state, connection });
    },
  };

  /** @param {State} state */
  function publish(state) {
    const previous = store.state;
    store.state = state;
    for (const listener of [...listeners]) listener(state, previous);
  }

  return store;
}

/**
 * The object with the part put in, or null where that changes nothing.
 *
 * @template {object} T
 * @param {T} whole
 * @param {Partial<T>} part
 * @returns {T | null}
 */
function changed(whole, part) {
  const keys = /** @type {(keyof T)[]} */ (Object.keys(part));
  if (keys.every((key) => same(whole[key], part[key]))) return null;
  return { ...whole, ...part };
}

/**
 * Whether two values are the same; pairs of numbers (a zoom) are compared by content.
 *
 * @param {unknown} a
 * @param {unknown} b
 */
function same(a, b) {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== 2 || b.length !== 2) return false;
  return a[0] === b[0] && a[1] === b[1];
}
