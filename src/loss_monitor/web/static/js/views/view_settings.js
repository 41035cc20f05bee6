/** The settings that several views have: what they stand in, the scale of values, the zoom. */

import { element, icon } from "../element.js";
import { radiogroup } from "../radiogroup.js";
import { nextSmoothing } from "../tools/smoothing.js";

/** @typedef {"auto" | "linear" | "log"} ChosenScale */

/**
 * The settings of a view, with a button that ends all zooms.
 *
 * @param {string} view Its name.
 * @param {readonly HTMLElement[]} groups
 * @param {() => void} onReset
 * @returns {{element: HTMLElement, close: HTMLElement, showZoomed: (zoomed: boolean) => void}}
 */
export function viewSettings(view, groups, onReset) {
  const reset = element("button", { type: "button", class: "button tools-zoomed" });
  reset.append(icon("reset"), "Reset zoom");
  const close = element("button", { type: "button", class: "button tools-close" }, "Done");
  const root = element(
    "section",
    { class: "tools", id: `${view}-tools`, "aria-label": "Chart settings" },
    ...[...groups, reset, close],
  );
  reset.addEventListener("click", () => {
    onReset();
    // The button goes; the focus must not.
    root.querySelector("button")?.focus({ preventScroll: true });
  });
  return { element: root, close, showZoomed: (zoomed) => void (reset.hidden = !zoomed) };
}

/** @param {(scale: ChosenScale) => void} onChoose */
export function scaleChoice(onChoose) {
  return radiogroup(
    "Scale of the values",
    [
      { value: /** @type {ChosenScale} */ ("auto"), text: "Auto" },
      { value: /** @type {ChosenScale} */ ("linear"), text: "Linear" },
      { value: /** @type {ChosenScale} */ ("log"), text: "Log", name: "Logarithmic" },
    ],
    onChoose,
  );
}

/**
 * What the keys of a chart's settings do.
 *
 * @typedef {object} PressedSettings
 * @property {Partial<{scale: ChosenScale, counts: "linear" | "log", smoothing: number,
 *   zoom: {}}>} part To be set.
 * @property {string} said
 */

/**
 * @param {string} key `l`, `r`, `[` or `]`.
 * @param {{scale?: ChosenScale, counts?: "linear" | "log", smoothing?: number}} now
 * @returns {PressedSettings | null}
 */
export function pressedSettings(key, { scale, counts, smoothing }) {
  if (key === "r") return { part: { zoom: {} }, said: "Zoom reset" };
  if (key === "l") {
    const next = (scale ?? counts) === "log" ? "linear" : "log";
    const said = next === "log" ? "Logarithmic scale" : "Linear scale";
    return { part: scale === undefined ? { counts: next } : { scale: next }, said };
  }
  if (smoothing === undefined || (key !== "[" && key !== "]")) return null;
  const next = nextSmoothing(smoothing, key === "]" ? 1 : -1);
  return { part: { smoothing: next }, said: next === 0 ? "No smoothing" : `Smoothing ${next}` };
}

/**
 * A zoom put among those of other tags, or taken out of them.
 *
 * @param {Readonly<Record<string, [number, number]>>} zooms
 * @param {string} name
 * @param {[number, number] | null} range
 * @returns {Record<string, [number, number]>}
 */
export function withZoom(zooms, name, range) {
  const others = Object.entries(zooms).filter(([one]) => one !== name);
  return Object.fromEntries(range === null ? others : [...others, [name, range]]);
}
