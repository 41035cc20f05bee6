/** The loss that trainings are to reach: a field that is empty where the server chooses it. */

import { element } from "../element.js";
import { formatNumber } from "../format.js";
import { number } from "../view.js";

/**
 * @param {(reach: string) => void} onChoose A number as it was written, or empty.
 * @returns {{element: HTMLElement, set: (chosen: string,
 *   usual: import("../types.js").Value) => void}}
 */
export function reachField(onChoose) {
  const field = element("input", {
    ...{ type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false" },
    ...{ class: "reach-field", "aria-label": "Loss to reach" },
    title: "Mean loss of a timestep; empty for the one that all have reached",
  });
  field.addEventListener("change", () => {
    const written = field.value.trim();
    const wrong = written !== "" && number(written) === null;
    field.setAttribute("aria-invalid", String(wrong));
    if (!wrong) onChoose(written);
  });
  return {
    element: field,
    set(chosen, usual) {
      field.placeholder = usual === null ? "" : formatNumber(usual);
      if (document.activeElement !== field && field.getAttribute("aria-invalid") !== "true") {
        field.value = chosen;
      }
    },
  };
}
