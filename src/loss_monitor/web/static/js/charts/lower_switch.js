/**
 * What the lower time chart shows: the figures of each timestep, or the signals of online
 * training. Each of the two panels has this switch, at the same place.
 */

import { radiogroup } from "../radiogroup.js";

/** @typedef {import("../types.js").View} View */
/** @typedef {import("../store.js").Store} Store */

/** @type {readonly {value: View["lower"], text: string, name: string}[]} */
const CHOICES = [
  { value: "statistics", text: "Mean", name: "Mean ± deviation" },
  { value: "online", text: "Online", name: "Online training" },
];

/**
 * @param {Store} store
 * @param {View["lower"]} own What the panel shows that has it.
 * @returns {HTMLElement}
 */
export function lowerSwitch(store, own) {
  const group = radiogroup(
    "Lower chart",
    CHOICES,
    (lower) => {
      store.setView({ lower });
      group.set(own);
      // The other panel takes this one's place, and the focus with it.
      requestAnimationFrame(() => {
        const chosen = document.querySelectorAll(".lower-switch [aria-checked=true]");
        const seen = [...chosen].find((one) => one.checkVisibility());
        if (seen instanceof HTMLElement) seen.focus({ preventScroll: true });
      });
    },
  );
  group.set(own);
  group.element.classList.add("lower-switch");
  return group.element;
}
