/**
 * The page's state in words: connection, training, title and icon of the tab.
 *
 * Pure: the state and this browser's clock enter, words and tones leave. The connection (does
 * the page hear the server?) and the training (does the model write?) are never mixed.
 */

import { formatAge, formatCount, formatDuration, formatMoment } from "./format.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Source} Source */

/** @typedef {"ok" | "warn" | "err" | "accent" | "plain"} Tone */
/** @typedef {"dot" | "live" | "ring" | "square" | "diamond" | "bars"} Shape */

/**
 * @typedef {object} Status
 * @property {string} word
 * @property {string} detail Changes with time; not announced.
 * @property {Tone} tone
 * @property {Shape} shape
 * @property {string} [title] More of it, for a pointer that rests on it.
 * @property {boolean} [spare] Whether the detail is left out where there is little room.
 */

const NAME = "ICON ML Training Loss Monitor";

/**
 * The server's present time in seconds, as far as this browser knows it.
 *
 * @param {State} state
 * @param {number} now_ms
 */
export function serverNow(state, now_ms) {
  return now_ms / 1000 + state.connection.clock_offset_s;
}

/**
 * Seconds since data last changed, or null while there are none.
 *
 * @param {State} state
 * @param {number} now_ms
 * @returns {number | null}
 */
export function dataAge(state, now_ms) {
  const source = state.live?.source;
  const changed_s = source?.last_update_s ?? source?.heard_s ?? null;
  return changed_s === null ? null : Math.max(0, serverNow(state, now_ms) - changed_s);
}

/**
 * Whether the page hears the server.
 *
 * @param {State} state
 * @param {number} now_ms
 * @returns {Status}
 */
export function connectionStatus(state, now_ms) {
  const { connection } = state;
  const age_s = dataAge(state, now_ms);
  // While nothing new comes the training's own words tell how long.
  const told = age_s === null || state.live?.source.state === "stale";
  const updated = told ? "" : `updated ${formatAge(age_s)}`;
  if (state.paused && connection.status !== "reconnecting") {
    return { word: "Paused", detail: missedWords(state), tone: "accent", shape: "bars" };
  }
  switch (connection.status) {
    case "live":
      return { word: "Live", detail: updated, tone: "ok", shape: "live" };
    case "polling":
      return { word: "Polling", detail: updated, tone: "warn", shape: "ring" };
    case "connecting":
      return { word: "Connecting", detail: "", tone: "plain", shape: "ring" };
    case "reconnecting":
      return {
        word: "Reconnecting",
        detail: countdown(connection.retry_at_ms, now_ms),
        tone: "err",
        shape: "square",
      };
  }
}

/**
 * What came since the page was paused: `14 new`; empty while nothing did.
 *
 * @param {State} state
 * @returns {string}
 */
export function missedWords({ data, live }) {
  if (!data || !live) return "";
  if (data.run.id !== live.run.id) return "new run";
  const missed = live.run.batches - data.run.batches;
  return missed > 0 ? `${formatCount(missed)} new` : "";
}

/**
 * @param {number | null} retry_at_ms
 * @param {number} now_ms
 */
export function countdown(retry_at_ms, now_ms) {
  if (retry_at_ms === null) return "";
  const seconds = Math.ceil((retry_at_ms - now_ms) / 1000);
  return seconds > 0 ? `in ${formatDuration(seconds)}` : "now";
}

/** @type {Record<string, {word: string, tone: Tone, shape: Shape}>} */
const TRAINING = {
  starting: { word: "Starting", tone: "plain", shape: "ring" },
  empty: { word: "Waiting for data", tone: "plain", shape: "ring" },
  pending: { word: "Queued", tone: "plain", shape: "ring" },
  suspended: { word: "Suspended", tone: "warn", shape: "bars" },
  dry_run: { word: "Dry run", tone: "plain", shape: "ring" },
  running: { word: "Running", tone: "ok", shape: "dot" },
  waiting: { word: "Waiting", tone: "plain", shape: "ring" },
  stale: { word: "No new data", tone: "warn", shape: "diamond" },
  finished: { word: "Finished", tone: "accent", shape: "dot" },
  failed: { word: "Failed", tone: "err", shape: "square" },
};

/**
 * Whether the model trains, as far as its files tell.
 *
 * @param {State} state
 * @param {number} now_ms
 * @returns {Status | null} `null` until the server was heard.
 */
export function trainingStatus(state, now_ms) {
  const source = state.live?.source;
  if (!source) return null;
  const known = TRAINING[source.state] ?? TRAINING.waiting;
  const age_s = dataAge(state, now_ms);
  if (source.state === "stale") {
    // What is wrong (a directory that is gone, too) the server says; its age counts on here.
    const word = source.state_text || known.word;
    const detail = age_s === null ? "" : `for ${formatDuration(age_s)}`;
    return { ...known, word, detail, title: jobWords(source) };
  }
  const title = jobWords(source);
  // What counts up, or says why, is a detail: a screen reader is told the state once.
  const [, state_word = "", why = ""] = /^([^(]+) \((.+)\)$/.exec(source.state_text) ?? [];
  if (state_word) return { ...known, word: state_word, detail: why, title };
  const detail = limitWords(source, serverNow(state, now_ms));
  return { ...known, word: source.state_text || known.word, detail, spare: true, title };
}

/**
 * What is known of the job: `Job 4711 on l40123: RUNNING. Its limit ends ..., at model time ...`.
 *
 * @param {Source} source
 */
export function jobWords({ job, model_time_at_limit }) {
  if (!job?.state) return "";
  const words = `Job ${job.id}${job.node && ` on ${job.node}`}: ${job.state}`;
  if (job.ends_s === null) return words;
  const reached = model_time_at_limit ? `, at model time ${model_time_at_limit}` : "";
  return `${words}. Its limit ends ${formatMoment(job.ends_s)}${reached}`;
}

/**
 * How much of its limit a job that runs has used: `2 h 10 min of 8 h`; else empty.
 *
 * @param {Source} source
 * @param {number} now_s By the server's clock.
 */
export function limitWords({ job, state }, now_s) {
  if (!job || job.limit_s === null || job.counts_from_s === null) return "";
  if (state === "finished" || state === "failed") return "";
  const used_s = job.used_s + Math.max(0, now_s - job.counts_from_s);
  return `${formatDuration(used_s)} of ${formatDuration(job.limit_s)}`;
}

/**
 * The title of the tab: how it stands, which run, whose.
 *
 * @param {State} state
 * @param {number} now_ms
 */
export function pageTitle(state, now_ms) {
  const { live: data } = state;
  if (!data) return NAME;
  const training = trainingStatus(state, now_ms);
  const lost = state.connection.status === "reconnecting";
  const word = lost ? "Reconnecting" : state.paused ? "Paused" : (training?.word ?? "");
  const owner = data.about.user && `${data.about.user}@${data.about.host}`;
  return [word, data.run.label, owner, "Loss Monitor"].filter(Boolean).join(" · ");
}

/**
 * The icon of the tab, by name of its file.
 *
 * @param {State} state
 * @returns {"live" | "waiting" | "warning" | "error" | "finished" | "paused"}
 */
export function pageIcon(state) {
  if (state.connection.status === "reconnecting") return "error";
  if (state.paused) return "paused";
  switch (state.live?.source.state) {
    case "running":
      return "live";
    case "stale":
      return "warning";
    case "failed":
      return "error";
    case "finished":
      return "finished";
    default:
      return "waiting";
  }
}
