/**
 * Pinned tags: those of the address, else those this browser pinned last.
 *
 * A link shows what its sender had pinned, and changes nothing here until something is pinned
 * or let go.
 */

import { element, icon } from "../element.js";

const KEY = "loss-monitor-pinned-tags";

/** @returns {string[]} */
export function storedPins() {
  try {
    /** @type {unknown} */
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((one) => typeof one === "string") : [];
  } catch {
    return []; // Storage may be forbidden, or hold what something else wrote.
  }
}

/**
 * The button in a panel that pins its tag, or lets go of it.
 *
 * @param {string} tag
 * @param {() => void} onPress
 * @returns {{element: HTMLElement, set: (pinned: boolean) => void}}
 */
export function pinButton(tag, onPress) {
  const button = element(
    "button",
    {
      ...{ type: "button", class: "icon-button chart-button", "data-tool": "pin" },
      "aria-label": `Pin ${tag} to the top`,
    },
    icon("pin"),
  );
  button.addEventListener("click", onPress);
  return {
    element: button,
    set(pinned) {
      button.setAttribute("aria-pressed", String(pinned));
      button.title = pinned ? "Unpin" : "Pin to the top";
    },
  };
}

/** @param {readonly string[]} pins */
export function storePins(pins) {
  try {
    localStorage.setItem(KEY, JSON.stringify(pins));
  } catch {
    // Without storage the pins last as long as the address.
  }
}
