/**
 * Keys that work anywhere on the page.
 *
 * Two kinds: those that belong to an element say so themselves (`aria-keyshortcuts`), are seen
 * by screen readers, and press or focus it; those without an element are in the table below.
 * Nothing is taken from who is typing, and no key that the focused element has a use for.
 */

import { byId, setText } from "./element.js";
import { decideScale, NO_ZOOM } from "./shown.js";
import { nextSmoothing } from "./tools/smoothing.js";
import { WINDOWS } from "./view.js";

/** @typedef {import("./store.js").Store} Store */

/**
 * @typedef {object} Key
 * @property {string} key As the event names it.
 * @property {(store: Store, event: KeyboardEvent) => string | void} act What it says is read
 *   out.
 */

/** Of the overview alone. @type {readonly Key[]} */
const OVERVIEW_KEYS = [
  ...WINDOWS.map((window, i) => ({
    key: String(i + 1),
    act: (/** @type {Store} */ store) => {
      store.setView({ window, ...NO_ZOOM });
      return window === "all" ? "All timesteps" : `Newest ${window} timesteps`;
    },
  })),
  { key: "l", act: toggleScale },
  { key: "[", act: (store) => smooth(store, -1) },
  { key: "]", act: (store) => smooth(store, 1) },
  {
    key: "r",
    act(store) {
      store.resetZoom();
      return "Zoom reset";
    },
  },
  ...["ArrowLeft", "ArrowRight", "+", "=", "-"].map((key) => ({ key, act: passToChart })),
];

/**
 * Listen from now on.
 *
 * @param {Store} store
 * @param {(key: string) => string | null} [pressView] Given the keys that a view other than the
 *   overview may have a use for; what it says is read out, `null` where it has none.
 * @returns {{destroy: () => void}}
 */
export function listenToKeys(store, pressView = () => null) {
  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (isTakenBy(target, key) || document.querySelector("dialog[open].help") !== null) return;
    if (key === "f") {
      expandPanel(target);
    } else if (!pressElement(key)) {
      const overview = document.documentElement.dataset.view === "overview";
      const found = OVERVIEW_KEYS.find((one) => one.key === key);
      if (overview && found === undefined) return;
      const said = overview ? found?.act(store, event) : pressView(key);
      if (said === null) return;
      if (said) setText(byId("announcer"), said);
    }
    event.preventDefault();
  }

  document.addEventListener("keydown", pressed);
  return { destroy: () => document.removeEventListener("keydown", pressed) };
}

/**
 * Whether the focused element has a use for a key of its own.
 *
 * @param {HTMLElement} target
 * @param {string} key
 */
function isTakenBy(target, key) {
  if (target.matches("input:not([type=range]), textarea, select, [contenteditable]")) return true;
  if (target.closest("[role=menu]") !== null) return true;
  const pressed = target.matches("button, a[href], summary, [role=radio]");
  if (key === " ") return pressed || target.matches("input");
  if (!key.startsWith("Arrow")) return false;
  return pressed || target !== document.body && target !== byId("main");
}

/**
 * Press or focus the element whose key it is.
 *
 * @param {string} key
 * @returns {boolean} Whether there is one.
 */
function pressElement(key) {
  const name = key === " " ? "Space" : key.toUpperCase();
  const found = [...document.querySelectorAll(`[aria-keyshortcuts="${CSS.escape(name)}"]`)].find(
    (one) => one instanceof HTMLElement && one.checkVisibility({ visibilityProperty: true }),
  );
  if (!(found instanceof HTMLElement)) return false;
  const inner = found.querySelector("[tabindex='0']");
  if (found.matches("button, a")) found.click();
  else if (inner instanceof HTMLElement) inner.focus();
  else found.focus();
  return true;
}

/**
 * Let the panel that has the focus, or the pointer, or else the first one, fill the page; or
 * bring back the one that does.
 *
 * @param {HTMLElement} target
 */
function expandPanel(target) {
  const tool = "[data-tool=expand]";
  const places = [
    document.querySelector("dialog[open]"),
    target.closest(".panel"),
    document.querySelector(".panel:hover"),
    document.querySelector(".view:not([hidden])"),
  ];
  const button = places.map((place) => place?.querySelector(tool)).find(Boolean);
  if (button instanceof HTMLElement) button.click();
}

/** @param {Store} store */
function toggleScale(store) {
  const { data, view } = store.state;
  const scale = decideScale(data, view.scale) === "log" ? "linear" : "log";
  store.setView({ scale });
  return scale === "log" ? "Logarithmic scale" : "Linear scale";
}

/**
 * @param {Store} store
 * @param {1 | -1} direction
 */
function smooth(store, direction) {
  const smoothing = nextSmoothing(store.state.view.smoothing, direction);
  store.setView({ smoothing });
  return smoothing === 0 ? "No smoothing" : `Smoothing ${smoothing}`;
}

/**
 * Keys that move a chart's cursor or zoom it work without looking for a chart first.
 *
 * @param {Store} _store
 * @param {KeyboardEvent} event
 */
function passToChart(_store, event) {
  const focused = document.activeElement?.closest(".chart-plot");
  const chart = focused ?? document.querySelector("#panel-history .chart-plot");
  if (!(chart instanceof HTMLElement) || !chart.checkVisibility()) return;
  chart.focus({ preventScroll: true });
  const { key, shiftKey } = event;
  chart.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, cancelable: true }));
}
