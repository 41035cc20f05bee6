/**
 * What the page says when not everything is well: loading, refused, disconnected, polling, and
 * nothing there yet.
 *
 * Notices stand above the figures; the last good data stay in view below them.
 */

import { element, icon, setText } from "../element.js";
import { formatBytes, formatCount, formatDuration, formatMoment } from "../format.js";
import { countdown } from "../status.js";
import { watchedPlace } from "../tools.js";

/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Data} Data */
/** @typedef {import("../types.js").Loading} Loading */

/**
 * Mount notices and the empty page.
 *
 * @param {HTMLElement} notices
 * @param {HTMLElement} empty
 * @param {HTMLElement} charts Hidden while there is nothing to draw.
 * @param {() => void} reconnect
 * @returns {Panel}
 */
export function mount(notices, empty, charts, reconnect) {
  const disconnected = notice("tone-err", "error", "Try now", reconnect);
  const refused = notice("tone-err", "error");
  const polling = notice("tone-warn", "warning");
  const loading = notice("tone-accent", "folder");
  const progress = element("progress", { max: "1", "aria-label": "Files read" });
  loading.root.append(progress);
  const all = [disconnected, refused, polling, loading];
  const showEmpty = emptyPage(empty);

  return {
    update(state) {
      const { data, live, connection } = state;
      const now_ms = Date.now();
      disconnected.say(disconnectedWords(state, now_ms));
      refused.say(live ? refusedWords(live) : "");
      polling.say(connection.status === "polling" && live ? pollingWords(live) : "");
      const read = live?.source.loading ?? null;
      loading.say(read ? loadingWords(read) : "");
      if (read) progress.value = loadingShare(read);
      document.documentElement.toggleAttribute("data-partial", read !== null);
      arrange(notices, all);

      const nothing = data !== null && data.run.timesteps === 0;
      empty.hidden = !nothing;
      charts.hidden = nothing;
      if (nothing) showEmpty(data);
    },
    destroy() {
      notices.replaceChildren();
      empty.replaceChildren();
    },
  };
}

/**
 * @typedef {object} Notice
 * @property {HTMLElement} root
 * @property {boolean} shown
 * @property {(words: string) => void} say Empty words hide it.
 */

/**
 * @param {string} tone
 * @param {string} iconName
 * @param {string} [action]
 * @param {() => void} [act]
 * @returns {Notice}
 */
function notice(tone, iconName, action, act) {
  const text = element("span", { class: "notice-text" });
  const root = element("div", { class: `notice ${tone}` }, icon(iconName), text);
  if (action && act) {
    const button = element("button", { type: "button", class: "button" }, icon("retry"), action);
    button.addEventListener("click", act);
    root.append(button);
  }
  const made = {
    root,
    shown: false,
    say(/** @type {string} */ words) {
      made.shown = words !== "";
      if (words) setText(text, words);
    },
  };
  return made;
}

/**
 * Put the notices that are shown in place, and touch nothing that stands already.
 *
 * @param {HTMLElement} host
 * @param {readonly Notice[]} all
 */
function arrange(host, all) {
  for (const one of all) {
    if (one.shown && !one.root.parentNode) host.append(one.root);
    if (!one.shown && one.root.parentNode) one.root.remove();
  }
}

/**
 * @param {State} state
 * @param {number} now_ms
 */
export function disconnectedWords(state, now_ms) {
  const { data, connection } = state;
  if (connection.status !== "reconnecting") return "";
  const why = connection.error || "No connection to the monitor.";
  const kept = data ? ` What is shown is from ${formatMoment(data.server_time_s)}.` : "";
  const when = countdown(connection.retry_at_ms, now_ms);
  return `${why}${kept} ${when ? `Trying again ${when}.` : ""}`.trim();
}

/** @param {Data} data */
export function refusedWords(data) {
  const { source } = data;
  if (!source.error) return "";
  const again = source.poll_interval_s > 0
    ? ` The monitor looks again every ${formatDuration(source.poll_interval_s)}.`
    : "";
  const stop = /[.!?]$/.test(source.error) ? "" : ".";
  return `${watchedPlace(data)} cannot be read: ${source.error}${stop}${again}`;
}

/** @param {Data} data */
export function pollingWords(data) {
  const every = formatDuration(data.about.refresh_rate_s);
  return `Live updates do not get through, a proxy may hold them back. Asking every ${every}.`;
}

/** @param {Loading} loading */
export function loadingWords({ files_done, files_total, bytes_done, bytes_total }) {
  const files = `${formatCount(files_done)} of ${formatCount(files_total)} files`;
  const bytes = `${formatBytes(bytes_done)} of ${formatBytes(bytes_total)}`;
  return `Reading ${files}, ${bytes}. The charts show what was read so far, newest first.`;
}

/** @param {Loading} loading */
export function loadingShare({ files_done, files_total, bytes_done, bytes_total }) {
  if (bytes_total > 0) return bytes_done / bytes_total;
  return files_total > 0 ? files_done / files_total : 0;
}

/**
 * The page of a directory without losses: what is watched, what is expected, how to see a demo.
 *
 * @param {HTMLElement} host
 * @returns {(data: Data) => void}
 */
function emptyPage(host) {
  const title = element("h2", { id: "empty-title" });
  const words = element("p");
  const directory = element("code");
  const jobLogs = element("code");
  const job = element("b");
  const follow = element("code", { class: "command" });
  const otherJob = [
    element("p", {}, "Your job ", job, " is running. Its log is followed with"),
    follow,
  ];
  const jobLogsRow = [element("dt", {}, "Watched job logs"), element("dd", {}, jobLogs)];
  host.append(
    title,
    words,
    element(
      "dl",
      {},
      ...jobLogsRow,
      element("dt", {}, "Watched directory"),
      element("dd", {}, directory),
      element("dt", {}, "Expected there"),
      element("dd", {}, ...names([
        "log_<model time>.txt", "log_detailed_<model time>.txt",
        "log_session_<number>_<model time>.txt", "summary_<model time>.txt",
      ])),
      element("dt", {}, "TensorBoard events"),
      element("dd", {}, ...names(["runs/…/events.out.tfevents.…"])),
      element("dt", {}, "Job logs"),
      element("dd", {}, ...names(["LOG.exp.<experiment>.run.<job>.o", "slurm.<job>.out"])),
    ),
    ...otherJob,
    element("p", {}, "No training at hand? A demo of one starts with"),
    element("code", { class: "command" }, "./scripts/start_monitor.sh --demo"),
  );
  return (data) => {
    const { exists, loading, other_job, state, state_text } = data.source;
    for (const part of otherJob) part.hidden = !other_job;
    setText(job, other_job ? `${other_job.id} ${other_job.name}`.trim() : "");
    setText(follow, other_job?.command ?? "");
    const waits = state === "empty" || !state_text ? "Waiting for the first losses" : state_text;
    setText(title, loading ? "Reading the first files" : waits);
    setText(words, exists
      ? "Nothing with a loss has been written here yet. The page fills by itself once it is."
      : "This place does not exist yet. The page fills by itself once the model writes to it.");
    for (const part of jobLogsRow) part.hidden = data.about.job_logs.length === 0;
    setText(jobLogs, data.about.job_logs.join(", "));
    setText(directory, data.about.directory);
  };
}

/**
 * @param {readonly string[]} texts
 * @returns {(Node | string)[]}
 */
function names(texts) {
  return texts.flatMap((text, index) => [index > 0 ? ", " : "", element("code", {}, text)]);
}
