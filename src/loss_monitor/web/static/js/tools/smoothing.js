/** How much the drawn mean is smoothed: a slider, and the steps that keys take. */

import { element, setText } from "../element.js";
import { SMOOTHING_MAX } from "../view.js";

/** Beyond 0.9 each step doubles the memory of the average, about. */
const STEPS = [0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, SMOOTHING_MAX];

/**
 * The next step up or down from a smoothing.
 *
 * @param {number} smoothing
 * @param {1 | -1} direction
 * @returns {number}
 */
export function nextSmoothing(smoothing, direction) {
  const next = direction > 0
    ? STEPS.find((step) => step > smoothing + 1e-9)
    : STEPS.findLast((step) => step < smoothing - 1e-9);
  return next ?? smoothing;
}

/**
 * @param {(smoothing: number) => void} onChange
 * @returns {{element: HTMLElement, set: (smoothing: number) => void}}
 */
export function smoothingSlider(onChange) {
  const slider = element("input", {
    ...{ type: "range", min: "0", max: String(SMOOTHING_MAX), step: "0.01", value: "0" },
    ...{ class: "slider", "aria-label": "Smoothing of the mean" },
  });
  const shown = element("output", { class: "slider-value" });
  slider.addEventListener("input", () => {
    const smoothing = Number(slider.value);
    tell(smoothing);
    onChange(smoothing);
  });

  /** @param {number} smoothing */
  function tell(smoothing) {
    const text = smoothing === 0 ? "off" : smoothing.toFixed(2);
    setText(shown, text);
    slider.setAttribute("aria-valuetext", text);
    slider.style.setProperty("--share", `${(100 * smoothing) / SMOOTHING_MAX}%`);
  }

  return {
    element: element("span", { class: "slider-place" }, slider, shown),
    set(smoothing) {
      if (Number(slider.value) !== smoothing) slider.value = String(smoothing);
      tell(smoothing);
    },
  };
}
