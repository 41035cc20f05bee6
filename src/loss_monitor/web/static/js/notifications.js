/**
 * Notifications of the browser: new warnings and errors, while nobody looks at the page.
 *
 * Off until the user presses the bell; the browser's question is asked only then. A hidden page
 * has no stream, so that it asks for new entries of the log once a minute instead. Several tabs
 * tell each entry once: equal tags replace each other.
 */

import { element, icon, setText } from "./element.js";
import { formatCount } from "./format.js";
import { getJson, RequestError } from "./requests.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./store.js").Store} Store */

const KEY = "loss-monitor-notifications";
/** As often as browsers let a hidden page do anything. */
const ASK_INTERVAL_MS = 60_000;

/**
 * The bell, and what it turns on.
 *
 * @param {Store} store
 * @param {HTMLElement} announcer
 * @returns {{element: HTMLElement, destroy: () => void}}
 */
export function notifications(store, announcer) {
  const bell = element(
    "button",
    { type: "button", class: "icon-button chart-button", "aria-label": "Browser notifications" },
    icon("bell"),
  );
  // Undefined on pages that came by plain HTTP from another host, whatever the types say.
  bell.hidden = !globalThis.isSecureContext || !globalThis.Notification;
  let wanted = remembered();
  /** Id of the newest entry that needs no telling. @type {number | null} */
  let known = null;
  let runKnown = "";

  const on = () => wanted && !bell.hidden && Notification.permission === "granted";

  function show() {
    bell.setAttribute("aria-pressed", String(on()));
    bell.title = on()
      ? "Warnings and errors are told by the browser; press to stop"
      : "Let the browser tell warnings and errors while the page is not looked at";
  }

  async function pressed() {
    if (on()) {
      wanted = false;
    } else {
      wanted = (await Notification.requestPermission()) === "granted";
      setText(announcer, wanted
        ? "Notifications are on"
        : "This browser does not allow notifications of this page");
    }
    remember(wanted);
    show();
  }

  /** @param {readonly Entry[]} entries Oldest first. */
  function hear(entries) {
    const newest = entries.at(-1)?.id ?? 0;
    const from = known ?? newest;
    known = Math.max(newest, known ?? 0);
    const bad = entries.filter(({ id, level }) =>
      id > from && (level === "warning" || level === "error"));
    const last = bad.at(-1);
    if (last === undefined || !on() || (!document.hidden && document.hasFocus())) return;
    const more = bad.length > 1 ? ` (and ${formatCount(bad.length - 1)} before it)` : "";
    const told = new Notification(store.state.live?.run.label || "Loss Monitor", {
      body: last.message + more,
      tag: `loss-monitor ${runKnown} ${last.id}`,
      icon: `icons/${last.level === "error" ? "error" : "warning"}.svg`,
    });
    told.onclick = () => {
      window.focus();
      told.close();
    };
  }

  const unsubscribe = store.subscribe(({ live }, previous) => {
    if (live === null || live.activity === previous.live?.activity) return;
    if (live.run.id !== runKnown) known = null;
    runKnown = live.run.id;
    hear(live.activity);
  });

  const asking = setInterval(async () => {
    if (!document.hidden || known === null || !on()) return;
    try {
      hear((await getJson(`api/activity?after=${known}`)).entries);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error; // Asked again in a minute.
    }
  }, ASK_INTERVAL_MS);

  bell.addEventListener("click", () => void pressed());
  show();
  return {
    element: bell,
    destroy() {
      unsubscribe();
      clearInterval(asking);
    },
  };
}

function remembered() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

/** @param {boolean} wanted */
function remember(wanted) {
  try {
    localStorage.setItem(KEY, wanted ? "on" : "off");
  } catch {
    // Storage may be forbidden: the choice then lasts until the page is loaded again.
  }
}
