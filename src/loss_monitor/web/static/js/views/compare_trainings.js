/**
 * What there is to compare, and what is said where there is only one run.
 */

import { element } from "../element.js";
import { inOrder } from "./tag_list.js";

/** @typedef {{id: string, source: string, label: string, directory: string,
 *   job_logs: string[]}} RunRow A row of `api/runs`. */
/** @typedef {{runs: {tb_run: string, scalars: string[]}[]}} TagsAnswer */

/**
 * Tags that several trainings have, in the order people expect.
 *
 * @param {readonly (TagsAnswer | null)[]} answers One for each run.
 * @returns {string[]}
 */
export function comparableTags(answers) {
  /** @type {Map<string, number>} */
  const having = new Map();
  for (const answer of answers) {
    for (const { scalars } of answer?.runs ?? []) {
      for (const tag of scalars) having.set(tag, (having.get(tag) ?? 0) + 1);
    }
  }
  return inOrder([...having].filter(([, count]) => count > 1).map(([tag]) => tag));
}

/**
 * What is said beside a run that stands alone: how to put others beside it.
 *
 * @returns {{element: HTMLElement, show: (runs: readonly RunRow[] | null,
 *   compared: number | null, tags: readonly string[]) => void}} `compared` is the number of
 *   trainings compared, `null` where these are of a tag.
 */
export function loneRunHint() {
  const command = element("code", { class: "command" });
  const tagged = element("p");
  const root = element(
    "section",
    { class: "panel compare-hint", "aria-label": "How to compare", hidden: true },
    element("h2", {}, "One run so far"),
    element("p", {}, "Watch several directories, or job logs, and their runs stand beside it:"),
    command,
    tagged,
  );
  return {
    element: root,
    show(runs, compared, tags) {
      root.hidden = runs === null || compared === null || compared > 1;
      const place = runs?.[0]?.directory || runs?.[0]?.job_logs[0] || "DIR1";
      command.textContent = `loss-monitor serve ${quoted(place)} DIR2 DIR3`;
      tagged.hidden = tags.length === 0;
      tagged.textContent = "Tags that several of its TensorBoard runs have can be compared "
        + "already: choose one above.";
    },
  };
}

/** @param {string} place As a shell takes it. */
function quoted(place) {
  return /^[\w./~:@+-]+$/.test(place) ? place : `'${place.replaceAll("'", "'\\''")}'`;
}
