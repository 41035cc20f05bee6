/**
 * One choice out of a few, in the room of one: the browser's own list, which keyboards,
 * screen readers and phones know.
 */

import { element } from "./element.js";

/**
 * @template {string} T
 * @param {string} label For screen readers.
 * @param {(value: T) => void} onChoose Called when the user chooses; `set` does not call it.
 * @returns {{element: HTMLElement, list: HTMLSelectElement,
 *   set: (choices: readonly {value: T, text: string}[], value: T) => void}}
 */
export function dropdown(label, onChoose) {
  const list = element("select", { class: "dropdown", "aria-label": label });
  let offered = "";
  list.addEventListener("change", () => onChoose(/** @type {T} */ (list.value)));
  return {
    element: element("span", { class: "dropdown-place" }, list),
    list,
    set(choices, value) {
      const texts = choices.map(({ value: its, text }) => `${its} ${text}`).join("\n");
      // An open list must not be rebuilt under the user's hand.
      if (texts !== offered) {
        offered = texts;
        list.replaceChildren(...choices.map((choice) =>
          element("option", { value: choice.value }, choice.text)));
      }
      if (list.value !== value) list.value = value;
    },
  };
}
