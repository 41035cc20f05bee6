/**
 * The page's data asked for piece by piece, where no stream gets through.
 *
 * Answers of the interface enter, the same data as a snapshot of the stream leaves. What the
 * interface does not tell (attempts, marks) is kept from the data before, where there were any,
 * or is empty.
 */

import { mergeAlerts } from "./apply.js";
import { alongLine } from "./places.js";
import { getJson, getText } from "./requests.js";
import { shownRun } from "./shown_run.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Run} Run */
/** @typedef {import("./types.js").Source} Source */
/** @typedef {import("./types.js").Value} Value */
/** @typedef {import("./types.js").Timesteps} Timesteps */
/** @typedef {import("./types.js").Buckets} Buckets */
/** @typedef {import("./types.js").Bins} Bins */
/** @typedef {import("./types.js").RangeAnswer} RangeAnswer */

const WHOLE_TIMESTEPS = 500;
const BUCKETS_MAX = 384;
const RECENT_MAX = 60;
/** Timesteps whose times are asked for; others lie between two of them. */
const TIMES_MAX = 1000;

/** Labels of older timesteps, which do not change from poll to poll. */
const older = { run: "", labels: /** @type {string[]} */ ([]) };

/**
 * @param {any[]} runs Rows of `api/runs`.
 * @returns {any} That of the run which is shown.
 */
function shownRow(runs) {
  const shown = shownRun();
  return runs.find(({ id, source }) => id === shown || source === shown) ?? runs[0];
}

/**
 * Ask for everything the page shows.
 *
 * @param {Data | null} before Returned with a new state of the source where nothing is new.
 * @returns {Promise<Data>}
 * @throws {import("./requests.js").RequestError}
 */
export async function pollData(before) {
  const status = await getJson("api/status");
  const server_time_s = serverTime(status);
  const now = { server_time_s, server_time: new Date(server_time_s * 1000).toISOString() };
  const current_run = shownRow((await getJson("api/runs")).runs);
  const source = sourceOf(status, current_run, before);
  const version = versionOf(status);
  if (before && before.version === version) return { ...before, ...now, source };

  const limit = Math.min(WHOLE_TIMESTEPS, before?.about.max_history_limit ?? WHOLE_TIMESTEPS);
  const [history, statistics, current, activity, alerts, sentence] = await Promise.all([
    getJson(`api/loss/history?limit=${limit}`),
    getJson("api/loss/statistics"),
    getJson("api/loss/current"),
    getJson("api/activity"),
    getJson("api/alerts"),
    getText("api/summary.txt"),
  ]);
  const run = runOf(status, current_run, before);
  const start = Math.max(0, run.timesteps - history.timestamps.length);
  const empty = run.timesteps === 0;
  const [times, newest, oldest, labels, latest, linear, log] = await Promise.all([
    empty ? null : getJson(`api/loss/online?points=${TIMES_MAX}`),
    empty ? null : rangeOf(start, run.timesteps, WHOLE_TIMESTEPS),
    start === 0 ? null : rangeOf(0, start, BUCKETS_MAX),
    start === 0 ? [] : olderLabels(run.id, start),
    current.error ? null : getJson(byTimestep(current.timestamp)),
    empty ? null : getJson("api/loss/distribution?scale=linear"),
    empty ? null : getJson("api/loss/distribution?scale=log"),
  ]);
  const at = timesOf(times);
  const timesteps = timestepsOf(history, newest, start, at);
  return {
    schema: 4,
    version,
    ...now,
    about: before?.about ?? aboutOf(status),
    source,
    sentence,
    run,
    timesteps,
    buckets: bucketsOf(oldest, labels, timesteps.label, at),
    current: latest && {
      index: run.timesteps - 1,
      label: latest.timestamp,
      unit: latest.unit ?? "batch",
      complete: current.complete ?? true,
      start: Math.max(0, run.batches - latest.num_batches),
      count: latest.num_batches,
      values: latest.losses,
    },
    statistics: statistics.error ? null : statistics,
    distribution: linear && log && {
      linear: binsOf(linear),
      log: { ...binsOf(log), left_out: sum(linear.counts) - sum(log.counts) },
    },
    recent: (history.all_losses ?? []).slice(-RECENT_MAX),
    activity: activity.entries.slice(-100),
    alerts: mergeAlerts([], [...alerts.closed, ...alerts.open]),
  };
}

/**
 * What differs as soon as anything that the page shows does; never equal to a stream's version.
 *
 * @param {any} status
 */
function versionOf({ run, last_update, total_timesteps, total_batches }) {
  return ["polled", run, last_update, total_timesteps, total_batches].join(" ");
}

/** @param {string} label */
function byTimestep(label) {
  return `api/loss/by_timestep/${encodeURIComponent(label)}`;
}

/**
 * @param {number} start
 * @param {number} stop
 * @param {number} points
 * @returns {Promise<RangeAnswer>}
 */
function rangeOf(start, stop, points) {
  return getJson(`api/loss/range?x=timestep&start=${start}&stop=${stop}&points=${points}`);
}

/**
 * @param {string} run
 * @param {number} count
 * @returns {Promise<string[]>}
 */
async function olderLabels(run, count) {
  if (older.run !== run || older.labels.length < count) {
    older.labels = (await getJson("api/loss/timesteps")).timesteps;
    older.run = run;
  }
  return older.labels;
}

/**
 * The server's time of its answer: when data last changed, and how long ago that was.
 *
 * @param {any} status
 */
function serverTime(status) {
  const changed_s = Date.parse(status.last_update) / 1000;
  const known = Number.isFinite(changed_s) && typeof status.age_s === "number";
  return known ? changed_s + status.age_s : Date.now() / 1000;
}

/**
 * @param {any} status
 * @param {any} current Row of `api/runs`.
 * @param {Data | null} before
 * @returns {Source}
 */
function sourceOf(status, current, before) {
  const changed_s = Date.parse(status.last_update) / 1000;
  const state = current?.state ?? "waiting";
  return {
    exists: true,
    error: "",
    poll_interval_s: 0,
    usual_interval_s: null,
    batches_per_s: null,
    heard_s: null,
    job: null,
    model_time_at_limit: null,
    other_job: null,
    ...before?.source,
    loading: status.loading ?? null,
    incidents: status.incidents ?? 0,
    state,
    state_text: before && state === before.source.state ? before.source.state_text : "",
    last_update: status.last_update ?? null,
    last_update_s: Number.isFinite(changed_s) ? changed_s : null,
  };
}

/**
 * @param {any} status
 * @param {any} current Row of `api/runs`.
 * @param {Data | null} before
 * @returns {Run}
 */
function runOf(status, current, before) {
  const id = current?.id ?? "";
  const same = before && before.run.id === id ? before.run : null;
  return {
    unit: "batch",
    started: current?.started ?? null,
    attempts: [],
    dropped: 0,
    marks: [],
    ...same,
    id,
    label: current?.label ?? "",
    params: current?.params ?? {},
    timesteps: status.total_timesteps,
    batches: status.total_batches,
  };
}

/**
 * @param {any} status
 * @returns {import("./types.js").About}
 */
function aboutOf(status) {
  return {
    version: status.monitor_version ?? "",
    user: status.user ?? "",
    host: status.host ?? "",
    directory: status.monitoring_dir ?? "",
    job_logs: [],
    core: status.core ?? "",
    refresh_rate_s: 5,
    max_history_limit: 1000,
    histogram_bins: 20,
    demo: false,
    is_open: status.is_open ?? false,
  };
}

/**
 * @typedef {object} Times By index of a timestep; null where none is known.
 * @property {(index: number) => Value} model Seconds since the first timestep.
 * @property {(index: number) => Value} wall
 */

/**
 * When timesteps are and were, between those that the answer tells by straight lines.
 *
 * @param {Pick<import("./types.js").OnlineAnswer, "start" | "timesteps"> & {model_time: Value[],
 *   wall_time: Value[]} | null} answer
 * @returns {Times}
 */
function timesOf(answer) {
  const { start = [], timesteps = [], model_time = [], wall_time = [] } = answer ?? {};
  // A column's model time is of its first timestep, its wall time of the last.
  const last = start.map((first, i) => first + (timesteps[i] ?? 1) - 1);
  return { model: timeAt(start, model_time), wall: timeAt(last, wall_time) };
}

/**
 * @param {number[]} index
 * @param {Value[]} times
 * @returns {(index: number) => Value}
 */
function timeAt(index, times) {
  const known = times.filter((time) => time !== null);
  if (known.length === 0 || known.length < times.length) return () => null;
  return (at) => alongLine(index, known, at);
}

/**
 * @param {any} history
 * @param {RangeAnswer | null} range One bucket per timestep.
 * @param {number} start
 * @param {Times} at
 * @returns {Timesteps}
 */
function timestepsOf(history, range, start, at) {
  const label = /** @type {string[]} */ (history.timestamps);
  const counted = range && range.count.length === label.length ? range : null;
  return {
    start,
    label,
    x: label.map((_, row) => at.model(start + row)),
    count: counted?.count ?? label.map(() => 0),
    non_finite: counted?.non_finite ?? label.map(() => 0),
    inf: label.map(() => null),
    mean: history.mean_losses,
    std: history.std_losses,
    min: history.min_losses,
    max: history.max_losses,
    wall_time: label.map((_, row) => at.wall(start + row)),
    attempt: label.map(() => 0),
  };
}

/**
 * @param {RangeAnswer | null} range
 * @param {string[]} labels Of all timesteps.
 * @param {string[]} newest Labels of the whole timesteps behind the buckets.
 * @param {Times} at
 * @returns {Buckets}
 */
function bucketsOf(range, labels, newest, at) {
  const starts = range?.x_start ?? [];
  const lengths = starts.map((from, row) => (range?.x_stop[row] ?? from) - from);
  return {
    size: Math.max(1, ...lengths),
    start: starts,
    timesteps: lengths,
    label: starts.map((from) => labels[from] ?? newest[0] ?? ""),
    x: starts.map(at.model),
    count: range?.count ?? [],
    non_finite: range?.non_finite ?? [],
    inf: starts.map(() => null),
    mean: range?.mean ?? [],
    std: range?.std ?? starts.map(() => null),
    min: range?.min ?? [],
    max: range?.max ?? [],
    wall_time: starts.map((from, row) => at.wall(from + (lengths[row] ?? 1) - 1)),
    attempt: starts.map(() => 0),
  };
}

/**
 * @param {{edges: number[], counts: number[]}} answer
 * @returns {Bins}
 */
function binsOf(answer) {
  const { edges, counts } = answer;
  return { lo: edges[0] ?? null, hi: edges[edges.length - 1] ?? null, counts };
}

/** @param {number[]} counts */
function sum(counts) {
  return counts.reduce((total, count) => total + count, 0);
}
