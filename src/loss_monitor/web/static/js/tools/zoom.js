/**
 * What a zoom needs: a way to the newest timesteps, and a way back to all. On phones these
 * stand above the charts, elsewhere among the settings.
 */

import { element, icon } from "../element.js";
import { followNewest, isZoomed } from "../shown.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../store.js").Store} Store */

/**
 * @param {Store} store
 * @returns {{element: HTMLElement, update: (state: State) => void}}
 */
export function zoomButtons(store) {
  const follow = button("newest", "Follow newest", () => {
    const total = store.state.data?.run.timesteps ?? 0;
    store.setView(followNewest(store.state.view, total));
  });
  const reset = button("reset", "Reset zoom", () => store.resetZoom());
  const place = element("div", { class: "zoom-buttons", hidden: true }, follow, reset);

  /**
   * @param {string} iconName
   * @param {string} text
   * @param {() => void} act
   */
  function button(iconName, text, act) {
    const made = element("button", { type: "button", class: "button" }, icon(iconName), text);
    made.addEventListener("click", () => {
      act();
      // The button goes; the focus must not.
      const tools = document.querySelector("#tools button");
      const near = tools?.checkVisibility() ? tools : document.querySelector("#ribbon [tabindex]");
      if (near instanceof HTMLElement) near.focus({ preventScroll: true });
    });
    return made;
  }

  return {
    element: place,
    update({ view }) {
      follow.hidden = view.zoom === null;
      place.hidden = !isZoomed(view);
    },
  };
}
