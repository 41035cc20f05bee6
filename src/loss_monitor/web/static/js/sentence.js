/**
 * The one plain sentence under the header, and what changed since this browser last looked.
 *
 * The sentence is the server's (`api/summary.txt`); what changed is told against a few figures
 * that were kept in this browser when the page was last hidden or closed.
 */

import { element, setText } from "./element.js";
import { formatCount, formatDuration, formatNumber } from "./format.js";
import { shownRun } from "./shown_run.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Value} Value */
/** @typedef {import("./store.js").Store} Store */

/**
 * @typedef {object} Seen What this browser saw last.
 * @property {string} run
 * @property {number} at_s By the server's clock.
 * @property {number} timesteps
 * @property {Value} mean Of the newest timestep that has one.
 * @property {number} non_finite
 * @property {number} attempts
 */

const KEY = "loss-monitor-seen";
/** Each run that a server has was seen at a time of its own. */
const keyOfRun = () => `${KEY} ${shownRun()}`.trimEnd();
/** After a shorter absence nobody has to be told what happened. */
const ABSENCE_MIN_S = 300;

/**
 * The figures to remember of a state.
 *
 * @param {Data} data
 * @returns {Seen}
 */
export function seenOf(data) {
  const { statistics } = data;
  return {
    run: data.run.id,
    at_s: data.server_time_s,
    timesteps: data.run.timesteps,
    mean: data.timesteps.mean.findLast((mean) => mean !== null) ?? null,
    non_finite: (statistics?.nan_batches ?? 0) + (statistics?.inf_batches ?? 0),
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
  if (!seen || data.server_time_s - seen.at_s < ABSENCE_MIN_S) return "";
  const when = `Since you last looked ${formatDuration(data.server_time_s - seen.at_s)} ago:`;
  if (seen.run !== data.run.id) return `${when} a new run has begun.`;
  const now = seenOf(data);
  const added = now.timesteps - seen.timesteps;
  if (added === 0 && now.attempts === seen.attempts) return `${when} no new timesteps.`;
  const parts = [`${formatCount(added)} new timestep${added === 1 ? "" : "s"}`];
  if (seen.mean !== null && now.mean !== null) {
    parts.push(`mean loss ${formatNumber(seen.mean)} → ${formatNumber(now.mean)}`);
  }
  const bad = now.non_finite - seen.non_finite;
  if (bad > 0) parts.push(`${formatCount(bad)} more non-finite value${bad === 1 ? "" : "s"}`);
  const again = now.attempts - seen.attempts;
  if (again > 0) parts.push(again === 1 ? "one restart" : `${again} restarts`);
  return `${when} ${parts.join(", ")}.`;
}

/**
 * Mount the sentence.
 *
 * @param {HTMLElement} host
 * @param {Store} store
 * @returns {Panel}
 */
export function mountSentence(host, store) {
  const said = element("span");
  const since = element("span", { class: "since" });
  host.replaceChildren(said, " ", since);
  let seen = recall();
  let told = false;

  function hidden() {
    const { data } = store.state;
    if (!document.hidden || !data) return;
    seen = seenOf(data);
    told = false;
    remember(seen);
  }
  document.addEventListener("visibilitychange", hidden);
  addEventListener("pagehide", leave);

  function leave() {
    if (store.state.data) remember(seenOf(store.state.data));
  }

  return {
    update({ data }) {
      host.hidden = !data?.sentence;
      if (!data) return;
      setText(said, data.sentence);
      if (told || document.hidden) return;
      setText(since, sinceSeen(seen, data));
      // Told once for each absence; it stays in view until the next one.
      told = data.source.loading === null;
    },
    destroy() {
      document.removeEventListener("visibilitychange", hidden);
      removeEventListener("pagehide", leave);
    },
  };
}

/** @returns {Seen | null} */
function recall() {
  try {
    return JSON.parse(localStorage.getItem(keyOfRun()) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Seen} seen */
function remember(seen) {
  try {
    localStorage.setItem(keyOfRun(), JSON.stringify(seen));
  } catch {
    // Without storage nothing is told next time.
  }
}
