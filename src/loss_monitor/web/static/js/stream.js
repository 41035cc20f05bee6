/**
 * The connection to the server: events in, data and connection state into the store.
 *
 * Live is a server-sent event stream. Where nothing is heard for 25 s (heartbeats come every
 * ten, so something between buffers them) or the stream cannot be opened while other requests
 * are answered, the page polls instead and tries the stream again every minute. A hidden page
 * holds no stream: browsers allow six connections to one host.
 */

import { apply, SCHEMA } from "./apply.js";
import { RequestError } from "./requests.js";
import { ofShownRun } from "./shown_run.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./apply.js").StreamEvent} StreamEvent */
/** @typedef {import("./types.js").Data} Data */

const STREAM_URL = "api/stream";
const SILENCE_MAX_MS = 25_000;
/** While polling, the stream is tried again: soon at first, then every minute. */
const STREAM_AGAIN_MIN_MS = 5_000;
const STREAM_AGAIN_MAX_MS = 60_000;
/** A stream that the server ended on purpose is back before anybody has to be told. */
const GRACE_MS = 2_500;
const RETRY_MAX_MS = 15_000;
const POLL_DEFAULT_S = 5;
const EVENT_TYPES = /** @type {const} */ ([
  "snapshot", "update", "activity", "alert", "run", "heartbeat",
]);
/** Attempts to fetch the poller that failed. */
let pollerFailures = 0;
const RELOADED_KEY = "loss-monitor-reloaded-for-schema";

/**
 * What polls, fetched where it is needed: most streams get through. A browser may remember that
 * a module could not be fetched, so another attempt has another address.
 *
 * @returns {Promise<typeof import("./poll.js")>}
 */
async function poller() {
  try {
    return await import(pollerFailures === 0 ? "./poll.js" : `./poll.js?${pollerFailures}`);
  } catch {
    pollerFailures += 1;
    throw new RequestError("No connection.", 0);
  }
}

/**
 * Milliseconds until the next attempt after so many failures in a row.
 *
 * @param {number} failures From 1.
 */
export function retryDelay(failures) {
  return Math.min(RETRY_MAX_MS, 1000 * 2 ** Math.max(0, failures - 1));
}

/**
 * Keep a store connected.
 *
 * @param {Store} store
 * @param {(event: StreamEvent) => void} [passOn] Told each event after it entered the store;
 *   what was polled is told as a snapshot.
 * @returns {{retryNow: () => void, destroy: () => void}}
 */
export function startStream(store, passOn = () => {}) {
  /** @type {EventSource | null} */
  let source = null;
  let failures = 0;
  let polling = false;
  let destroyed = false;
  let streamsTried = 0;
  let heardAt = performance.now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let grace;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let nextPoll;
  const watchdog = setInterval(watch, 1000);

  function connect() {
    disconnect();
    heardAt = performance.now();
    const opened = new EventSource(ofShownRun(STREAM_URL));
    source = opened;
    for (const type of EVENT_TYPES) {
      opened.addEventListener(type, (event) => {
        if (source === opened) receive(type, JSON.parse(event.data));
      });
    }
    opened.onerror = () => {
      if (source === opened) failed(opened);
    };
  }

  function disconnect() {
    clearTimeout(grace);
    clearTimeout(retry);
    grace = undefined;
    source?.close();
    source = null;
  }

  /**
   * @param {typeof EVENT_TYPES[number]} type
   * @param {any} payload
   */
  function receive(type, payload) {
    clearTimeout(grace);
    grace = undefined;
    heardAt = performance.now();
    failures = 0;
    streamsTried = 0;
    if (type === "snapshot" && payload.schema !== SCHEMA) {
      disconnect();
      reloadOnce(payload.schema);
      return;
    }
    stopPolling();
    const event = /** @type {StreamEvent} */ ({ type, data: payload });
    const next = apply(store.state.live, event);
    if (!next) {
      // The event does not continue what is here: a new stream begins with a snapshot.
      disconnect();
      retry = setTimeout(connect, 1000);
      return;
    }
    heard("live", next);
    store.setData(next);
    if (document.hidden) disconnect();
    passOn(event);
  }

  /**
   * @param {"live" | "polling"} status
   * @param {Data} data
   */
  function heard(status, data) {
    const now_ms = Date.now();
    store.setConnection({
      status,
      retry_at_ms: null,
      heard_at_ms: now_ms,
      clock_offset_s: data.server_time_s - now_ms / 1000,
      error: "",
    });
  }

  /** @param {EventSource} opened */
  function failed(opened) {
    if (opened.readyState === EventSource.CLOSED || grace !== undefined) {
      void lost();
      return;
    }
    grace = setTimeout(() => void lost(), GRACE_MS);
  }

  async function lost() {
    disconnect();
    failures += 1;
    if (polling) {
      planStream();
      return;
    }
    planRetry("");
    if (failures > 1 || !store.state.live) await poll();
  }

  /** @param {string} error What the server said, if anything. */
  function planRetry(error) {
    const delay = retryDelay(failures);
    clearTimeout(retry);
    retry = setTimeout(connect, delay);
    store.setConnection({ status: "reconnecting", retry_at_ms: Date.now() + delay, error });
  }

  /** Try the stream again some time; meanwhile the page polls. */
  function planStream() {
    const delay = Math.min(STREAM_AGAIN_MAX_MS, STREAM_AGAIN_MIN_MS * 2 ** streamsTried);
    streamsTried += 1;
    clearTimeout(retry);
    retry = setTimeout(connect, delay);
  }

  function watch() {
    if (!source || document.hidden || performance.now() - heardAt < SILENCE_MAX_MS) return;
    disconnect();
    planStream();
    if (!polling) void poll();
  }

  async function poll() {
    clearTimeout(nextPoll);
    if (document.hidden) return;
    /** @type {Data} */
    let data;
    const before = store.state.live;
    try {
      const { pollData } = await poller();
      data = await pollData(before);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (destroyed) return;
      if (store.state.connection.status === "live") return;
      polling = false;
      failures = Math.max(failures, 1);
      if (!source) planRetry(error.status === 0 ? "" : error.message);
      return;
    }
    // A stream that was opened meanwhile is newer than what was asked for before it.
    if (destroyed || store.state.live !== before || document.hidden) return;
    if (!polling && !source) planStream();
    polling = true;
    heard("polling", data);
    store.setData(data);
    nextPoll = setTimeout(() => void poll(), 1000 * (data.about.refresh_rate_s || POLL_DEFAULT_S));
    passOn({ type: "snapshot", data });
  }

  function stopPolling() {
    polling = false;
    clearTimeout(nextPoll);
  }

  function visibility() {
    if (document.hidden) {
      if (!store.state.live) return; // Opened in the background: its title needs one snapshot.
      disconnect();
      stopPolling();
    } else {
      failures = 0;
      connect();
    }
  }

  function online() {
    if (!document.hidden) connect();
  }

  document.addEventListener("visibilitychange", visibility);
  addEventListener("pagehide", disconnect);
  addEventListener("online", online);
  connect();

  return {
    retryNow() {
      failures = 0;
      connect();
    },
    destroy() {
      destroyed = true;
      clearInterval(watchdog);
      stopPolling();
      disconnect();
      document.removeEventListener("visibilitychange", visibility);
      removeEventListener("pagehide", disconnect);
      removeEventListener("online", online);
    },
  };
}

/**
 * Load the page again where the server speaks another schema; not twice for the same one, as
 * a cache that serves an old page would make that endless.
 *
 * @param {unknown} schema
 */
function reloadOnce(schema) {
  try {
    if (sessionStorage.getItem(RELOADED_KEY) === String(schema)) return;
    sessionStorage.setItem(RELOADED_KEY, String(schema));
  } catch {
    return; // Without a memory it could be the second time.
  }
  location.reload();
}
