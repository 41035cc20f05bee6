/**
 * The stream's events applied to the page's data: pure functions, no state of their own.
 *
 * Enter: the data so far and one event of the server's stream (schema 4). Leaves: new data, or
 * `null` where the event does not continue what is there; the caller then asks for a snapshot.
 * Parts that an event does not touch stay the same objects, so `===` tells what changed.
 */

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Update} Update */
/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Alert} Alert */
/** @typedef {import("./types.js").Value} Value */

export const SCHEMA = 4;

/** Rows of the activity log that are kept, as in the server's snapshot. */
export const ENTRIES_MAX = 100;

/** Alerts that are kept, as in the server's snapshot. */
export const ALERTS_MAX = 50;

/** @type {readonly (keyof import("./types.js").TimestepColumns)[]} */
const COLUMNS = [
  "label", "x", "count", "non_finite", "inf", "mean", "std", "min", "max", "wall_time",
  "attempt",
];

/** Top-level parts that an update may replace whole. */
const REPLACEABLE = new Set([
  "source", "sentence", "run", "statistics", "distribution", "current",
]);

/** @type {readonly ("source" | "run" | "statistics")[]} */
const MERGEABLE = ["source", "run", "statistics"];

/**
 * @typedef {{type: "snapshot", data: Data}
 *   | {type: "update", data: Update}
 *   | {type: "activity", data: {version: string, entries: Entry[]}}
 *   | {type: "alert", data: {version: string, alerts: Alert[]}}
 *   | {type: "run", data: {id: string, label: string}}
 *   | {type: "heartbeat", data: {version: string, age_s: number | null, server_time: string,
 *       server_time_s: number}}} StreamEvent
 */

/**
 * Apply one event.
 *
 * @param {Data | null} data
 * @param {StreamEvent} event
 * @returns {Data | null} `null` where only a new snapshot can help.
 */
export function apply(data, event) {
  if (event.type === "snapshot") return event.data;
  if (!data) return null;
  switch (event.type) {
    case "update":
      return applyUpdate(data, event.data);
    case "activity":
      return { ...data, activity: mergeEntries(data.activity, event.data.entries) };
    case "alert":
      return { ...data, alerts: mergeAlerts(data.alerts, event.data.alerts) };
    case "run":
      // The snapshot of the new run follows at once; until then the old one stays in view.
      return data;
    case "heartbeat":
      return {
        ...data,
        server_time: event.data.server_time,
        server_time_s: event.data.server_time_s,
      };
  }
}

/**
 * @param {Data} data
 * @param {Update} update
 * @returns {Data | null}
 */
function applyUpdate(data, update) {
  /** @type {Data} */
  const next = {
    ...data,
    version: update.version,
    server_time: update.server_time,
    server_time_s: update.server_time_s,
  };
  for (const [name, value] of Object.entries(update.set ?? {})) {
    if (REPLACEABLE.has(name)) Object.assign(next, { [name]: value });
  }
  for (const name of MERGEABLE) {
    const fields = update.merge?.[name];
    if (fields) Object.assign(next, { [name]: { ...data[name], ...fields } });
  }
  if (update.recent_splice) {
    const { drop, append } = update.recent_splice;
    next.recent = [...data.recent.slice(drop), ...append];
  }
  const { timesteps, buckets } = update.splice ?? {};
  if (buckets) {
    const columns = [...COLUMNS, "start", "timesteps"];
    const spliced = splice(data.buckets, columns, 0, buckets.keep, buckets.append);
    if (!spliced) return null;
    next.buckets = { ...data.buckets, ...spliced };
  }
  if (timesteps) {
    const { drop, keep, start, append } = timesteps;
    const spliced = splice(data.timesteps, COLUMNS, drop, keep, append);
    if (!spliced) return null;
    next.timesteps = { ...data.timesteps, ...spliced, start };
  }
  if (update.current_append) {
    const { index, keep, values, complete, count } = update.current_append;
    const { current } = next;
    if (!current?.values || current.index !== index || keep > current.values.length) return null;
    const grown = [...current.values.slice(0, keep), ...values];
    next.current = { ...current, complete, count, values: grown };
  }
  return next;
}

/**
 * Columns with rows removed at the front, then cut to `keep` rows, then with rows appended.
 *
 * @template {object} T
 * @param {T} columns
 * @param {readonly string[]} names
 * @param {number} drop
 * @param {number} keep
 * @param {object} append
 * @returns {Partial<T> | null} `null` where the rows do not fit together.
 */
function splice(columns, names, drop, keep, append) {
  const before = /** @type {Record<string, unknown[]>} */ (columns);
  const added = /** @type {Record<string, unknown[] | undefined>} */ (append);
  /** @type {Record<string, unknown[]>} */
  const after = {};
  const more = added[names[0]]?.length ?? 0;
  for (const name of names) {
    const rows = before[name];
    const newRows = added[name] ?? [];
    if (drop + keep > rows.length || newRows.length !== more) return null;
    after[name] = rows.slice(drop, drop + keep).concat(newRows);
  }
  return /** @type {Partial<T>} */ (after);
}

/**
 * The alerts with others put in: one takes the place of the older one of its id, and the
 * newest are kept.
 *
 * @param {readonly Alert[]} alerts In the order of their opening.
 * @param {readonly Alert[]} changed
 * @returns {Alert[]}
 */
export function mergeAlerts(alerts, changed) {
  const byId = new Map([...alerts, ...changed].map((alert) => [alert.id, alert]));
  return [...byId.values()].sort((a, b) => a.id - b.id).slice(-ALERTS_MAX);
}

/**
 * The activity log with entries added: one with a `row` takes the place of the older one of
 * that row, one that is known already is not doubled, and the newest are kept.
 *
 * @param {readonly Entry[]} entries Oldest first.
 * @param {readonly Entry[]} added Oldest first.
 * @returns {Entry[]}
 */
export function mergeEntries(entries, added) {
  /** @type {Map<string | number, Entry>} */
  const rows = new Map();
  for (const entry of [...entries, ...added]) {
    const key = entry.row === null ? entry.id : `row ${entry.row}`;
    const known = rows.get(key);
    if (known && known.id >= entry.id) continue;
    rows.delete(key); // The replacing entry stands at its own, newer place.
    rows.set(key, entry);
  }
  return [...rows.values()].sort((a, b) => a.id - b.id).slice(-ENTRIES_MAX);
}
