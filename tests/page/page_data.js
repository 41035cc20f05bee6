/**
 * Small page data as the stream sends them, for tests: whole, valid, and easy to change.
 */

const COLUMNS = [
  "label", "x", "count", "non_finite", "inf", "mean", "std", "min", "max", "wall_time",
  "attempt",
];

/**
 * Columns of timesteps `start` up to `stop`, one every ten minutes of model time and every
 * ten seconds of wall time.
 */
export function columns(start, stop, change = {}) {
  const indices = Array.from({ length: stop - start }, (_, row) => start + row);
  const minute = (index) => String((index * 10) % 60).padStart(2, "0");
  const hour = (index) => String(Math.floor(index / 6) % 24).padStart(2, "0");
  const whole = {
    label: indices.map((index) => `2020-01-01 ${hour(index)}:${minute(index)}:00`),
    x: indices.map((index) => index * 600),
    count: indices.map(() => 4),
    non_finite: indices.map(() => 0),
    inf: indices.map(() => 0),
    mean: indices.map((index) => 1 / (index + 1)),
    std: indices.map(() => 0.1),
    min: indices.map((index) => 0.5 / (index + 1)),
    max: indices.map((index) => 2 / (index + 1)),
    wall_time: indices.map((index) => 1_000_000 + 10 * index),
    attempt: indices.map(() => 0),
  };
  return { ...whole, ...change };
}

/** Data of a run of `total` timesteps, of which the newest `whole` are not in buckets. */
export function pageData(total = 3, { whole = total, size = 2, change = {} } = {}) {
  const start = total - whole;
  const bucketStarts = [];
  for (let index = 0; index < start; index += size) bucketStarts.push(index);
  const older = columns(0, start);
  const pick = (values) => bucketStarts.map((index) => values[index]);
  const buckets = Object.fromEntries(COLUMNS.map((name) => [name, pick(older[name])]));
  return {
    schema: 4,
    version: "start-1",
    server_time: "2026-07-03T12:00:00+00:00",
    server_time_s: 2_000_000,
    about: {
      version: "0", user: "ada", host: "node1", directory: "/data", job_logs: [], core: "python",
      refresh_rate_s: 5, max_history_limit: 1000, histogram_bins: 20, demo: false,
      is_open: false,
    },
    source: {
      exists: true, error: "", loading: null, incidents: 0, poll_interval_s: 0.5,
      state: "running", state_text: "Running", usual_interval_s: 10,
      last_update: "2026-07-03T11:59:58+00:00", last_update_s: 1_999_998, batches_per_s: 4,
      heard_s: null, job: null, model_time_at_limit: null, other_job: null,
    },
    sentence: "Running.",
    run: {
      id: "run-1", label: "run", unit: "batch", timesteps: total, batches: 4 * total,
      started: null, attempts: [], dropped: 0, marks: [],
    },
    buckets: {
      ...buckets, size, start: bucketStarts,
      timesteps: bucketStarts.map((index) => Math.min(size, start - index)),
      count: bucketStarts.map((index) => 4 * Math.min(size, start - index)),
      wall_time: bucketStarts.map((index) => older.wall_time[Math.min(index + size, start) - 1]),
    },
    timesteps: { ...columns(start, total), start },
    current: {
      index: total - 1, label: "now", unit: "batch", complete: false, start: 0, count: 2,
      values: [1, 2],
    },
    statistics: { nan_batches: 0, inf_batches: 0 },
    distribution: null,
    recent: [1, 2],
    activity: [],
    alerts: [],
    ...change,
  };
}

/** A mark as the stream tells it. */
export function mark(kind, index, change = {}) {
  return {
    kind, index, level: "warning", from: null, count: 1, time: null, message: kind,
    file: null, line: null, offset: null, ...change,
  };
}

/** An entry of the activity log. */
export function entry(id, change = {}) {
  return {
    id, time: "2026-07-03T12:00:00+00:00", level: "info", kind: "k", message: `entry ${id}`,
    file: null, line: null, offset: null, row: null, incident: false, ...change,
  };
}
