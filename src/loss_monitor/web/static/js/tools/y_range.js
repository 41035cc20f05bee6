/**
 * The y-range of the time charts: automatic, from zero, robust, or by hand.
 *
 * "By hand" opens two fields, filled with the range that was set before; what cannot be a range
 * is told beside them.
 */

import { dropdown } from "../dropdown.js";
import { element, setText } from "../element.js";
import { number } from "../view.js";

/** @typedef {import("../types.js").YRange} YRange */
/** @typedef {"auto" | "zero" | "robust" | "fixed" | "edit"} Choice */

/**
 * @param {(range: YRange) => void} onChoose
 * @returns {{element: HTMLElement, set: (range: YRange) => void}}
 */
export function yRangeControl(onChoose) {
  let open = false;
  /** @type {YRange} */
  let shown = "auto";
  const low = field("Least value of the y-axis");
  const high = field("Largest value of the y-axis");
  const wrong = element("p", { class: "y-range-wrong", role: "alert" });
  const fields = element(
    "form",
    { class: "y-range-fields", hidden: true, novalidate: true },
    element("label", {}, "from ", low),
    element("label", {}, "to ", high),
    element("button", { type: "submit", class: "button" }, "Apply"),
    wrong,
  );
  const choice = dropdown("Range of the y-axis", (/** @type {Choice} */ chosen) => {
    setOpen(chosen === "edit");
    if (chosen === "edit") low.focus();
    else if (chosen !== "fixed") onChoose(chosen);
  });
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = [number(low.value), number(high.value)];
    if (from === null || to === null || from >= to) {
      setText(wrong, "Two numbers, the second one larger: 1e-3 and 0.5");
      return;
    }
    setOpen(false);
    onChoose([from, to]);
    choice.list.focus();
  });
  fields.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // The sheet around it stays.
    setOpen(false);
    choice.list.focus();
  });

  /** @param {boolean} wanted */
  function setOpen(wanted) {
    open = wanted;
    fields.hidden = !open;
    setText(wrong, "");
    show();
  }

  function show() {
    const choices = [
      { value: /** @type {Choice} */ ("auto"), text: "Auto" },
      { value: /** @type {Choice} */ ("zero"), text: "From zero" },
      { value: /** @type {Choice} */ ("robust"), text: "Robust" },
    ];
    const fixed = Array.isArray(shown);
    if (fixed) choices.push({ value: "fixed", text: `${shown[0]} to ${shown[1]}` });
    choices.push({ value: "edit", text: "By hand …" });
    const value = /** @type {Choice} */ (fixed ? "fixed" : shown);
    choice.set(choices, open ? "edit" : value);
  }

  return {
    element: element("span", { class: "y-range" }, choice.element, fields),
    set(range) {
      shown = range;
      if (Array.isArray(range) && !open) {
        low.value = String(range[0]);
        high.value = String(range[1]);
      }
      show();
    },
  };
}

/** @param {string} label */
function field(label) {
  return element("input", {
    ...{ type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false" },
    ...{ class: "y-range-field", "aria-label": label },
  });
}
