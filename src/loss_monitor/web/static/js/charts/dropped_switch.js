/**
 * Whether what earlier attempts left behind is drawn under the loss history; shown only where
 * there is something.
 */

import { element, icon } from "../element.js";
import { formatCount } from "../format.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../store.js").Store} Store */

/**
 * @param {Store} store
 * @returns {{element: HTMLElement, update: (state: State) => void}}
 */
export function droppedSwitch(store) {
  const button = element(
    "button",
    { type: "button", class: "icon-button chart-button", "aria-pressed": "false", hidden: true },
    icon("reset"),
  );
  button.addEventListener("click", () => store.setView({ dropped: !store.state.view.dropped }));
  return {
    element: button,
    update({ data, view }) {
      const count = data?.run.dropped ?? 0;
      button.hidden = count === 0;
      const noun = count === 1 ? "timestep" : "timesteps";
      const words = `Earlier attempts: ${formatCount(count)} ${noun} that were done again`;
      button.setAttribute("aria-pressed", String(view.dropped));
      button.setAttribute("aria-label", words);
      button.title = words;
    },
  };
}
