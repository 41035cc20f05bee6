/** The one plain sentence under the header: the server's, as `api/summary.txt` has it. */

import { setText } from "./element.js";

/** @typedef {import("./types.js").Panel} Panel */

/**
 * @param {HTMLElement} host
 * @returns {Panel}
 */
export function mountSentence(host) {
  return {
    update({ data }) {
      host.hidden = !data?.sentence;
      if (data) setText(host, data.sentence);
    },
    destroy() {},
  };
}
