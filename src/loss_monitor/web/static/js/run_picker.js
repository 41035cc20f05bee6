/**
 * The choice of the run that the page shows, where the server has several.
 *
 * The rows of `api/runs` enter; another run is another address, with which the page is loaded
 * anew: what was zoomed or chosen in one run means nothing in another.
 */

import { element, icon, setText } from "./element.js";
import { formatParams } from "./format.js";
import { getJson, RequestError } from "./requests.js";
import { addressOfRun, runTitle } from "./run_rows.js";
import { shownRun } from "./shown_run.js";

/** @typedef {import("./url_state.js").UrlState} UrlState */
/** @typedef {import("./run_rows.js").RunRow} RunRow */

/** Runs come and go rarely; whoever opens the list sees the newest at once. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Mount the choice over the run's label in the header.
 *
 * @param {HTMLElement} label
 * @param {UrlState} url
 * @param {RunRow[]} known The first rows.
 */
export function mountRunPicker(label, url, known) {
  const list = element("select", { class: "run-select", "aria-label": "Run shown", hidden: true });
  const more = element("span", { class: "run-badge run-more", hidden: true });
  const chevron = icon("chevron", "icon run-chevron");
  label.append(more, chevron, list);
  let offered = "";

  /** @param {RunRow[]} runs */
  function show(runs) {
    const several = runs.length > 1;
    list.hidden = !several;
    more.hidden = !several;
    label.classList.toggle("is-choice", several);
    setText(more, `+${runs.length - 1}`);
    const rows = JSON.stringify(runs.map(optionOf));
    // An open list must not be rebuilt under the user's hand.
    if (rows !== offered) {
      offered = rows;
      list.replaceChildren(...runs.map(optionOf).map(({ value, text }) =>
        element("option", { value }, text)));
    }
    const shown = runs.find(({ id, source }) => id === shownRun() || source === shownRun());
    const row = shown ?? runs[0];
    const value = row ? addressOfRun(row) : "";
    if (list.value !== value) list.value = value;
  }

  async function look() {
    if (document.hidden) return;
    try {
      show((await getJson("api/runs")).runs);
    } catch (error) {
      // Without an answer the list stays as it was; the page says itself what is wrong.
      if (!(error instanceof RequestError)) throw error;
    }
  }

  list.addEventListener("change", () => {
    const first = list.options[0]?.value === list.value;
    const changes = { run: first ? null : list.value, zoom: null, batches: null, timestep: null };
    location.assign(url.link(changes));
    location.reload();
  });
  list.addEventListener("focus", look);
  setInterval(look, LOOK_AGAIN_MS);
  show(known);
}

/** @param {RunRow} row */
function optionOf(row) {
  const words = [runTitle(row), formatParams(row.params), row.state_text];
  const text = words.filter(Boolean).join(" · ");
  return { value: addressOfRun(row), text };
}
