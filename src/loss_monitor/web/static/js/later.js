/** A panel that is fetched and mounted when the view first asks for it. */

import { panelError } from "./panel_error.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").State} State */

/**
 * @param {HTMLElement} host Says so where the panel does not come.
 * @param {(view: State["view"]) => boolean} wanted
 * @param {() => Promise<Panel>} mount
 * @returns {Panel}
 */
export function later(host, wanted, mount) {
  /** @type {Panel | null} */
  let panel = null;
  /** @type {State | null} */
  let newest = null;
  let asked = false;

  async function fetch() {
    asked = true;
    try {
      panel = await mount();
    } catch {
      // Browsers ask for a module only once; the whole state is in the address.
      const failed = panelError(() => location.reload());
      failed.say("This chart could not be loaded from the monitor.");
      host.replaceChildren(failed.root);
    }
    if (newest !== null) panel?.update(newest);
  }

  return {
    update(state) {
      newest = state;
      if (panel !== null) {
        panel.update(state);
        return;
      }
      host.hidden = !wanted(state.view);
      if (!asked && wanted(state.view)) void fetch();
    },
    destroy() {
      panel?.destroy();
    },
  };
}
