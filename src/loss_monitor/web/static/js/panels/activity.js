/**
 * The activity log: newest first, the level by shape and word, filtered by level; and, on
 * phones, the last alert above the charts.
 */

import { element, putChildren, setText } from "../element.js";
import { formatAge, formatClock, formatMoment } from "../format.js";
import { logPlaceOf, showLogLines } from "../marks_later.js";
import { notifications } from "../notifications.js";
import { expandButton } from "../panel_tools.js";
import { radiogroup } from "../radiogroup.js";
import { serverNow } from "../status.js";

/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../types.js").Entry} Entry */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../store.js").Store} Store */

/** @typedef {"all" | "warning" | "error"} Least */

/** @type {Record<Entry["level"], {word: string, shape: string, tone: string}>} */
const LEVELS = {
  info: { word: "", shape: "shape-ring", tone: "tone-plain" },
  ok: { word: "", shape: "shape-dot", tone: "tone-ok" },
  warning: { word: "Warning", shape: "shape-diamond", tone: "tone-warn" },
  error: { word: "Error", shape: "shape-square", tone: "tone-err" },
};

/**
 * The entries of a level or worse, newest first: by the time they tell, as what happened
 * before the monitor looked is read later than it happened.
 *
 * @param {readonly Entry[]} entries
 * @param {Least} least
 * @returns {Entry[]}
 */
export function shownEntries(entries, least) {
  return entries
    .filter(({ level }) => least === "all" || level === "error" || level === least)
    .sort((a, b) => Date.parse(b.time) - Date.parse(a.time) || b.id - a.id);
}

/**
 * Where in a file an entry points, in words; empty where it names no file, or the message
 * has named it already.
 *
 * @param {Entry} entry
 */
export function placeOf(entry) {
  if (!entry.file) return "";
  const parts = entry.message.includes(entry.file) ? [] : [entry.file];
  if (entry.line !== null && entry.line !== undefined) parts.push(`line ${entry.line}`);
  else if (entry.offset !== null && entry.offset !== undefined) {
    parts.push(`offset ${entry.offset}`);
  }
  return parts.join(", ");
}

/**
 * Mount the log.
 *
 * @param {HTMLElement} host
 * @param {HTMLElement} lastAlert
 * @param {HTMLElement} announcer Told of new warnings and errors.
 * @param {Store} store
 * @returns {Panel}
 */
export function mount(host, lastAlert, announcer, store) {
  const bell = notifications(store, announcer);
  /** @type {Least} */
  let least = "all";
  /** @type {readonly Entry[] | null} */
  let shown = null;
  /** @type {number | null} */
  let newest = null;
  const filter = radiogroup(
    "Entries shown",
    [
      { value: /** @type {Least} */ ("all"), text: "All" },
      { value: /** @type {Least} */ ("warning"), text: "Warnings", name: "Warnings and errors" },
      { value: /** @type {Least} */ ("error"), text: "Errors" },
    ],
    (chosen) => {
      least = chosen;
      if (shown) fill(shown);
    },
  );
  filter.set(least);
  const list = element("ol", { class: "activity-list" });
  host.replaceChildren(
    element(
      "header",
      { class: "panel-header" },
      element("h2", { class: "panel-title", id: "activity-title" }, "Activity"),
      element("div", { class: "activity-filter", "aria-keyshortcuts": "/" }, filter.element),
      element("div", { class: "chart-actions" }, bell.element,
        expandButton(host, () => "Activity")),
    ),
    element(
      "div",
      { class: "activity-scroll", role: "log", "aria-live": "off", tabindex: "0",
        "aria-labelledby": "activity-title" },
      list,
    ),
  );
  const alert = alertLine(lastAlert);
  /** Rows that stand there, by what is told in them. @type {Map<string, HTMLElement>} */
  let made = new Map();
  /** @type {Map<string, HTMLElement>} */
  const days = new Map();

  /** @param {readonly Entry[]} entries */
  function fill(entries) {
    const rows = [];
    const before = made;
    made = new Map();
    let day = "";
    for (const entry of shownEntries(entries, least)) {
      const its = dayOf(entry.time);
      if (its !== day) {
        const head = days.get(its) ?? element("li", { class: "activity-day" }, its);
        days.set(its, head);
        rows.push(head);
      }
      day = its;
      // Told again after a lost connection it is the same entry.
      const told = JSON.stringify(entry);
      const row = before.get(told) ?? line(entry);
      made.set(told, row);
      rows.push(row);
    }
    if (rows.length === 0) {
      const what = least === "all" ? "Nothing yet." : `No ${least}s.`;
      rows.push(element("li", { class: "activity-none" }, what));
    }
    putChildren(list, rows);
  }

  /** @param {readonly Entry[]} entries */
  function announceNew(entries) {
    const known = newest;
    newest = entries.at(-1)?.id ?? 0;
    if (known === null) return;
    const bad = entries.findLast(({ id, level }) => id > known && LEVELS[level]?.word);
    if (bad) setText(announcer, `${LEVELS[bad.level].word}: ${bad.message}`);
  }

  return {
    update(state) {
      const entries = state.data?.activity ?? [];
      alert(entries, state);
      // Told also while the page is paused.
      if (state.live) announceNew(state.live.activity);
      if (entries === shown) return;
      shown = entries;
      fill(entries);
    },
    destroy() {
      bell.destroy();
      host.replaceChildren();
    },
  };
}

/**
 * @param {Entry} entry
 * @returns {HTMLElement}
 */
function line(entry) {
  const { word, shape, tone } = LEVELS[entry.level] ?? LEVELS.info;
  const place = placeOf(entry);
  const message = element("span", { class: "activity-message" });
  if (word) message.append(element("b", {}, word), " ");
  message.append(entry.message);
  if (place) message.append(" ", placeElement(entry, place));
  return element(
    "li",
    { class: `activity-entry ${tone}` },
    element("time", { datetime: entry.time, title: formatMoment(entry.time) },
      formatClock(entry.time)),
    element("i", { class: `shape ${shape}`, "aria-hidden": "true" }),
    message,
  );
}

/**
 * @param {Entry} entry
 * @param {string} place
 * @returns {HTMLElement} A button where the place is a line of a job log.
 */
function placeElement(entry, place) {
  const inLog = logPlaceOf(entry);
  if (inLog === null) return element("span", { class: "activity-place mono" }, place);
  const title = "The lines of the log around it";
  const made = element("button", { type: "button", class: "activity-place mono", title }, place);
  made.addEventListener("click", () => void showLogLines(inLog));
  return made;
}

/**
 * The day of an entry with its zone: the log of a night spans two.
 *
 * @param {string} time
 */
function dayOf(time) {
  const [date, , ...zone] = formatMoment(time).split(" ");
  return [date, ...zone].join(" ");
}

/**
 * The last warning or error in one line.
 *
 * @param {HTMLElement} host
 * @returns {(entries: readonly Entry[], state: State) => void}
 */
function alertLine(host) {
  const shape = element("i", { "aria-hidden": "true" });
  const word = element("b");
  const message = element("span");
  const age = element("span", { class: "last-alert-age" });
  host.append(shape, element("span", { class: "last-alert-text" }, word, " ", message), age);
  return (entries, state) => {
    const last = entries.findLast(({ level }) => level === "warning" || level === "error");
    host.hidden = !last;
    if (!last) return;
    const level = LEVELS[last.level];
    host.className = `last-alert ${level.tone}`;
    shape.className = `shape ${level.shape}`;
    setText(word, level.word);
    setText(message, last.message);
    setText(age, formatAge(serverNow(state, Date.now()) - Date.parse(last.time) / 1000));
  };
}
