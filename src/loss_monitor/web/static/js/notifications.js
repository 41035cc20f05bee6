/**
 * Notifications of the browser: each alert of level warning or error once, while nobody looks
 * at the page.
 *
 * Off until the user turns them on in the box behind the bell; the browser's question is asked
 * only then. A hidden page has no stream, so that it asks for alerts once a minute instead.
 * Several tabs tell each alert once: equal tags replace each other.
 */

import { element, icon } from "./element.js";
import { formatCount } from "./format.js";
import { getJson, RequestError } from "./requests.js";

/** @typedef {import("./types.js").Alert} Alert */
/** @typedef {import("./store.js").Store} Store */

const KEY = "loss-monitor-notifications";
/** As often as browsers let a hidden page do anything. */
const ASK_INTERVAL_MS = 60_000;
/** Alerts of one look that are told each by itself. */
const TOLD_MAX = 3;

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
    {
      ...{ type: "button", class: "icon-button chart-button", "aria-haspopup": "dialog" },
      ...{ "aria-label": "Browser notifications", "aria-expanded": "false" },
    },
    icon("bell"),
  );
  const place = element("div", { class: "menu-place" }, bell);
  let wanted = remembered();
  /** Alerts that need no telling; none before the first look. @type {Set<string> | null} */
  let known = null;
  let runKnown = "";

  const on = () => wanted && isPossible() && Notification.permission === "granted";

  function show() {
    bell.classList.toggle("is-on", on());
    bell.title = on()
      ? "The browser tells warnings and errors while nobody looks at the page"
      : "Let the browser tell warnings and errors while nobody looks at the page";
  }

  /** @param {boolean} now */
  function set(now) {
    wanted = now;
    remember(wanted);
    show();
  }

  /** @param {readonly Alert[]} alerts In the order of their opening. */
  function hear(alerts) {
    const before = known;
    known = new Set(alerts.map(nameOf));
    if (before === null || !on() || (!document.hidden && document.hasFocus())) return;
    const fresh = alerts.filter((alert) =>
      (alert.level === "warning" || alert.level === "error") && !before.has(nameOf(alert)));
    const told = fresh.slice(-TOLD_MAX);
    told.forEach((alert, i) => {
      const more = i === 0 ? fresh.length - told.length : 0;
      try {
        tell(wordsOf(alert) + (more > 0 ? ` (and ${formatCount(more)} before it)` : ""), {
          tag: `loss-monitor ${runKnown} ${nameOf(alert)}`,
          icon: `icons/${alert.level}.svg`,
        });
      } catch (error) {
        // Chromium on Android shows those of service workers only; the test has said so.
        if (!(error instanceof TypeError)) throw error;
      }
    });
  }

  /**
   * @param {string} body
   * @param {{tag: string, icon: string}} looks
   */
  function tell(body, looks) {
    const title = store.state.live?.run.label || "Loss Monitor";
    const told = new Notification(title, { body, ...looks });
    told.onclick = () => {
      window.focus();
      told.close();
    };
    return told;
  }

  const unsubscribe = store.subscribe(({ live }, previous) => {
    if (live === null || live.alerts === previous.live?.alerts) return;
    // What was there before the first look, and of an old run read anew, is known.
    if (live.run.id !== runKnown || live.source.loading) known = null;
    runKnown = live.run.id;
    hear(live.alerts);
  });

  const asking = setInterval(async () => {
    if (!document.hidden || known === null || !on()) return;
    try {
      const { open, closed } = await getJson("api/alerts");
      hear([...closed, ...open]);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error; // Asked again in a minute.
    }
  }, ASK_INTERVAL_MS);

  /** @type {{open: () => void} | null} */
  let box = null;
  bell.addEventListener("click", async () => {
    if (box === null) {
      const { notificationBox } = await import("./notification_box.js");
      const test = () => tell("This is a test: alerts of the training are told like this.", {
        ...{ tag: "loss-monitor test", icon: "icons/warning.svg" },
      });
      box ??= notificationBox(bell, announcer, { isPossible, on, set, test });
    }
    box.open();
  });
  show();
  return {
    element: place,
    destroy() {
      unsubscribe();
      clearInterval(asking);
    },
  };
}

/** Undefined on pages that came by plain HTTP from another host, whatever the types say. */
function isPossible() {
  return Boolean(globalThis.isSecureContext && globalThis.Notification);
}

/**
 * The same after a restart of the monitor, which numbers its alerts anew.
 *
 * @param {Alert} alert
 */
function nameOf({ rule, opened }) {
  return `${rule} ${opened}`;
}

/** @param {Alert} alert */
function wordsOf({ rule, message, evidence }) {
  const name = rule.charAt(0).toUpperCase() + rule.slice(1).replaceAll("-", " ");
  return `${name}${evidence.timestamp ? ` at ${evidence.timestamp}` : ""}: ${message}`;
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
