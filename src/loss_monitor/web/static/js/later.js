/** A panel that is fetched and mounted when the view first asks for it. */

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").State} State */

/**
 * @param {(view: State["view"]) => boolean} wanted
 * @param {() => Promise<Panel>} mount
 * @returns {Panel}
 */
export function later(wanted, mount) {
  /** @type {Panel | null} */
  let panel = null;
  /** @type {State | null} */
  let newest = null;
  let asked = false;
  return {
    update(state) {
      newest = state;
      if (panel !== null) panel.update(state);
      else if (!asked && wanted(state.view)) {
        asked = true;
        void mount().then((mounted) => {
          panel = mounted;
          if (newest !== null) panel.update(newest);
        });
      }
    },
    destroy() {
      panel?.destroy();
    },
  };
}
