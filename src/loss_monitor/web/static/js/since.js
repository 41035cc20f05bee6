/**
 * What changed since this browser last looked at a run: one line, until it is dismissed.
 *
 * A few figures of what was shown are kept in this browser alone, for each instance and run;
 * after an absence of some minutes they are told against what there is now.
 */

import { element, icon, setText } from "./element.js";
import { formatCount, formatDuration, formatNumber } from "./format.js";
import { shownRun } from "./shown_run.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Value} Value */
/** @typedef {import("./store.js").Store} Store */

/**
 * @typedef {object} Seen What this browser saw last.
 * @property {string} run
 * @property {string} version
 * @property {number} at_s By the server's clock.
 * @property {number} timesteps
 * @property {Value} mean Of the newest timestep that has one.
 * @property {number} attempts
 */

/** After a shorter absence nobody has to be told what happened. */
const ABSENCE_MIN_S = 300;
/** A browser that is killed tells no end: what is shown is remembered now and then. */
const REMEMBER_EVERY_S = 60;

/**
 * The figures to remember of a state.
 *
 * @param {Data} data
 * @returns {Seen}
 */
export function seenOf(data) {
  return {
    run: data.run.id,
    version: data.version,
    at_s: data.server_time_s,
    timesteps: data.run.timesteps,
    mean: data.timesteps.mean.findLast((mean) => mean !== null) ?? null,
    attempts: data.run.attempts.length,
  };
}

/**
 * What changed since the page was last seen, in words; empty where nothing needs telling.
 *
 * @param {Seen | null} seen
 * @param {Data} data
 * @returns {string}
 */
export function sinceSeen(seen, data) {
  if (!seen || !(data.server_time_s - seen.at_s >= ABSENCE_MIN_S)) return "";
  const when = `Since you last looked (${formatDuration(data.server_time_s - seen.at_s)} ago):`;
  const now = seenOf(data);
  if (seen.run !== now.run) {
    return `${when} a new run has begun, ${counted(now.timesteps, "timestep")} so far.`;
  }
  const added = now.timesteps - seen.timesteps;
  const parts = [
    added === 0
      ? "no new timesteps"
      : `${counted(Math.abs(added), "timestep")} ${added > 0 ? "more" : "fewer"}`,
  ];
  if (added !== 0 && seen.mean !== null && now.mean !== null) {
    parts.push(`mean loss ${formatNumber(seen.mean)} → ${formatNumber(now.mean)}`);
  }
  const alerts = data.alerts.filter(({ level, opened }) =>
    (level === "warning" || level === "error") && Date.parse(opened) / 1000 > seen.at_s);
  const open = alerts.filter(({ closed }) => closed === null).length;
  if (alerts.length > 0) {
    const some = open === 0 ? "over" : `${open} still open`;
    const still = open === alerts.length ? "still open" : some;
    parts.push(`${counted(alerts.length, "alert")} (${still})`);
  }
  const again = now.attempts - seen.attempts;
  if (again > 0) parts.push(counted(again, "new attempt"));
  return `${when} ${parts.join(", ")}.`;
}

/**
 * @param {number} number
 * @param {string} noun
 */
function counted(number, noun) {
  return `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Mount the line.
 *
 * @param {HTMLElement} host
 * @param {Store} store
 * @returns {Panel}
 */
export function mountSince(host, store) {
  const said = element("span");
  const close = element(
    "button",
    { type: "button", class: "icon-button since-close", "aria-label": "Dismiss what changed" },
    icon("close"),
  );
  host.append(said, close);
  host.hidden = true;
  let key = keyOfRun();
  let seen = recall(key);
  /** Whether what changed is yet to be told. */
  let due = true;
  let remembered_s = -Infinity;

  close.addEventListener("click", () => (host.hidden = true));

  function leave() {
    const { data } = store.state;
    // What was not told yet is not seen.
    if (!data || due) return;
    seen = seenOf(data);
    remember(key, seen);
  }

  function turned() {
    if (document.hidden) return leave();
    // Another tab may have been looked at meanwhile.
    const other = recall(key);
    if (other && other.at_s > (seen?.at_s ?? -Infinity)) seen = other;
    due = true;
  }
  document.addEventListener("visibilitychange", turned);
  addEventListener("pagehide", leave);

  return {
    update({ data }) {
      if (key !== keyOfRun()) {
        key = keyOfRun();
        seen = recall(key);
        due = true;
        host.hidden = true;
      }
      // What is shown of before the absence, or read in part, tells no change.
      if (!data || document.hidden || data.source.loading) return;
      if (due && data.server_time_s > (seen?.at_s ?? -Infinity)) {
        const text = sinceSeen(seen, data);
        due = false;
        // After a look elsewhere for a moment what was told stays.
        if (text) {
          setText(said, text);
          host.hidden = false;
        }
      }
      if (!due && data.server_time_s - remembered_s >= REMEMBER_EVERY_S) {
        remembered_s = data.server_time_s;
        leave();
      }
    },
    destroy() {
      document.removeEventListener("visibilitychange", turned);
      removeEventListener("pagehide", leave);
    },
  };
}

/** Monitors behind one proxy share their storage: the page's path tells them apart. */
function keyOfRun() {
  return `loss-monitor-seen ${location.pathname} ${shownRun()}`.trimEnd();
}

/**
 * @param {string} key
 * @returns {Seen | null}
 */
function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {Seen} seen
 */
function remember(key, seen) {
  try {
    localStorage.setItem(key, JSON.stringify(seen));
  } catch {
    // Without storage nothing is told next time.
  }
}
