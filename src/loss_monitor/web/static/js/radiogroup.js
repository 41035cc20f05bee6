/**
 * A row of exclusive choices: one tab stop, arrow keys move the choice.
 */

import { element } from "./element.js";

/**
 * @template T
 * @typedef {object} Choice
 * @property {T} value
 * @property {string} text
 * @property {string} [name] Longer words for screen readers.
 */

/**
 * Make a radio group.
 *
 * @template T
 * @param {string} label
 * @param {readonly Choice<T>[]} choices
 * @param {(value: T) => void} onChoose Called when the user chooses; `set` does not call it.
 * @returns {{element: HTMLElement, set: (value: T | null) => void}}
 */
export function radiogroup(label, choices, onChoose) {
  const buttons = choices.map((choice) =>
    element(
      "button",
      { type: "button", role: "radio", "aria-checked": "false", "aria-label": choice.name },
      choice.text,
    ),
  );
  const group = element(
    "div",
    { class: "segments", role: "radiogroup", "aria-label": label },
    ...buttons,
  );

  /** @param {number} chosen */
  function mark(chosen) {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-checked", String(index === chosen));
      button.tabIndex = index === Math.max(0, chosen) ? 0 : -1;
    });
  }

  /** @param {number} index */
  function choose(index) {
    mark(index);
    onChoose(choices[index].value);
  }

  buttons.forEach((button, index) => button.addEventListener("click", () => choose(index)));
  group.addEventListener("keydown", (event) => {
    const present = buttons.findIndex((button) => button === document.activeElement);
    const next = nextIndex(event.key, present, buttons.length);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[next].focus();
    choose(next);
  });
  mark(-1);

  return {
    element: group,
    set(value) {
      mark(choices.findIndex((choice) => choice.value === value));
    },
  };
}

/**
 * Where a key moves the choice; the ends join.
 *
 * @param {string} key
 * @param {number} present
 * @param {number} count
 * @returns {number | null}
 */
export function nextIndex(key, present, count) {
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return (present + 1) % count;
    case "ArrowLeft":
    case "ArrowUp":
      return (present - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
