/**
 * The connection to the server: events in, data and connection state into the store.
 *
 * Live is a server-sent event stream. Where nothing is heard for 25 s (heartbeats come every
 * ten, so something between buffers them), what is heard is old, or the stream cannot be opened
 * while other requests are answered, the page polls instead and tries the stream again every
 * minute. A page that is not live yet polls after a few seconds. A hidden page holds no
 * stream: browsers allow six connections to one host.
 */

import { apply, SCHEMA } from "./apply.js";
import { pollEvents } from "./poll.js";
import { RequestError } from "./requests.js";
import { ofShownRun } from "./shown_run.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./apply.js").StreamEvent} StreamEvent */
/** @typedef {import("./types.js").Data} Data */

const STREAM_URL = "api/stream";
const SILENCE_MAX_MS = 25_000;
/** A page that is not live, or shows nothing yet, does not wait as long. */
const FIRST_EVENT_MAX_MS = 3_000;
/** An event that comes so much later than others did was held back. */
const LATE_MAX_MS = 10_000;
/** What is polled is newer than that. */
const LATE_MAX_POLLING_MS = 2_000;
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
const RELOADED_KEY = "loss-monitor-reloaded-for-schema";
/** A page that is loaded again does not wait for a stream that was held back before. */
const HELD_BACK_KEY = "loss-monitor-held-back";

/**
 * Milliseconds until the next attempt after so many failures in a row.
 *
 * @param {number} failures From 1.
 */
export function retryDelay(failures) {
  return Math.min(RETRY_MAX_MS, 1000 * 2 ** Math.max(0, failures - 1));
}

/** @param {number} server_time_s Milliseconds that it is ahead of the page's clock. */
function aheadNow(server_time_s) {
  return 1000 * server_time_s - performance.now();
}

/**
 * Keep a store connected.
 *
 * @param {Store} store
 * @param {(event: StreamEvent) => void} [passOn] Told each event after it entered the store.
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
  /** Of the last event that was applied; empty where only a snapshot can help. */
  let version = "";
  /** Most that the server's clock was found to be ahead of the page's: without any delay. */
  let ahead_ms = -Infinity;
  let connectedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let grace;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let nextPoll;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let firstPoll;
  const watchdog = setInterval(watch, 1000);

  function connect() {
    disconnect();
    connectedAt = heardAt = performance.now();
    const opened = new EventSource(ofShownRun(STREAM_URL));
    source = opened;
    if (!polling && store.state.connection.status !== "live") {
      const wait_ms = remembered(HELD_BACK_KEY) ? 0 : FIRST_EVENT_MAX_MS;
      firstPoll = setTimeout(() => void poll(), wait_ms);
    }
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
    clearTimeout(firstPoll);
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
    clearTimeout(firstPoll);
    grace = undefined;
    heardAt = performance.now();
    failures = 0;
    if (isLate(payload)) {
      heldBack();
      return;
    }
    if (heardAt - connectedAt > SILENCE_MAX_MS) streamsTried = 0;
    if (polling) remember(HELD_BACK_KEY, "");
    stopPolling();
    const taken = take("live", /** @type {StreamEvent} */ ({ type, data: payload }));
    if (!taken) {
      // The event does not continue what is here: a new stream begins with a snapshot.
      disconnect();
      retry = setTimeout(connect, 1000);
    } else if (document.hidden) {
      disconnect();
    }
  }

  /** @param {{server_time_s?: number}} payload */
  function isLate({ server_time_s }) {
    if (server_time_s === undefined) return false;
    const most_ms = polling ? LATE_MAX_POLLING_MS : LATE_MAX_MS;
    return ahead_ms - aheadNow(server_time_s) > most_ms;
  }

  /**
   * @param {"live" | "polling"} status
   * @param {StreamEvent} event
   * @returns {boolean} False where only a new snapshot can help.
   */
  function take(status, event) {
    if (event.type === "snapshot" && event.data.schema !== SCHEMA) {
      destroy();
      reloadOnce(event.data.schema);
      return true;
    }
    const next = apply(store.state.live, event);
    if (!next) {
      version = "";
      return false;
    }
    if ("version" in event.data) version = event.data.version;
    heard(status, next);
    store.setData(next);
    passOn(event);
    return true;
  }

  /**
   * @param {"live" | "polling"} status
   * @param {Data} data
   */
  function heard(status, data) {
    const now_ms = Date.now();
    ahead_ms = Math.max(ahead_ms, aheadNow(data.server_time_s));
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
    heldBack();
  }

  function heldBack() {
    disconnect();
    planStream();
    if (!polling) void poll();
  }

  async function poll() {
    clearTimeout(nextPoll);
    if (document.hidden) return;
    /** @type {StreamEvent[]} */
    let events;
    const before = store.state.live;
    try {
      events = await pollEvents(before ? version : "");
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
    if (!polling) remember(HELD_BACK_KEY, "yes");
    polling = true;
    for (const event of events) {
      if (destroyed || !take("polling", event)) break;
    }
    if (destroyed) return;
    const every_s = store.state.live?.about.refresh_rate_s || POLL_DEFAULT_S;
    nextPoll = setTimeout(() => void poll(), 1000 * every_s);
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
    destroy,
  };

  function destroy() {
    destroyed = true;
    clearInterval(watchdog);
    stopPolling();
    disconnect();
    document.removeEventListener("visibilitychange", visibility);
    removeEventListener("pagehide", disconnect);
    removeEventListener("online", online);
  }
}

/**
 * Load the page again where the server speaks another schema; not twice for the same one, as
 * a cache that serves an old page would make that endless.
 *
 * @param {unknown} schema
 */
function reloadOnce(schema) {
  // Without a memory it could be the second time.
  const isFirst = remembered(RELOADED_KEY) !== String(schema);
  if (isFirst && remember(RELOADED_KEY, String(schema))) location.reload();
}

/**
 * @param {string} key
 * @returns {string} What this tab remembers, empty where it does not.
 */
function remembered(key) {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {string} key
 * @param {string} value
 * @returns {boolean} Whether this tab can remember anything.
 */
function remember(key, value) {
  try {
    sessionStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}
