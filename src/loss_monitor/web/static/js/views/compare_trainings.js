/**
 * What there is to compare, and what is said where there is only one run.
 */

import { element } from "../element.js";
import { isKept, runTitle } from "../run_rows.js";
import { toldApart } from "./compare_figures.js";
import { labelledByParams } from "./compare_params.js";
import { inOrder } from "./tag_list.js";

/** @typedef {import("../run_rows.js").RunRow} RunRow */
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
 * The runs that are compared: the current ones, and those of the kept ones that were added.
 *
 * @param {readonly RunRow[]} rows
 * @param {readonly string[]} added Ids.
 * @returns {RunRow[]}
 */
export function comparedRuns(rows, added) {
  return rows.filter((row) => !isKept(row) || added.includes(row.id));
}

/**
 * Trainings under the names that tell their runs apart.
 *
 * @template {{run: string, tb_run: string | null, label: string}} T
 * @param {readonly T[]} trainings
 * @param {readonly RunRow[]} rows
 * @returns {T[]}
 */
export function titled(trainings, rows) {
  const named = trainings.map((training) => {
    const row = rows.find(({ id }) => id === training.run);
    if (row === undefined || !isKept(row)) return training;
    const label = [runTitle(row), training.tb_run].filter(Boolean).join("/");
    return { ...training, label };
  });
  const params = trainings.map(({ run }) => rows.find(({ id }) => id === run)?.params);
  return toldApart(labelledByParams(named, params));
}

/**
 * What is said beside a run that stands alone: how to put others beside it.
 *
 * @returns {{element: HTMLElement, show: (runs: readonly RunRow[],
 *   compared: number | null, tags: readonly string[]) => void}} `compared` is the number of
 *   trainings compared, `null` where these are of a tag.
 */
export function loneRunHint() {
  const command = element("code", { class: "command" });
  const tagged = element("p");
  const kept = element("p", {}, "Runs that were kept can be added above.");
  const root = element(
    "section",
    { class: "panel compare-hint", "aria-label": "How to compare", hidden: true },
    element("h2", {}, "One run so far"),
    element("p", {}, "Watch several directories, or job logs, and their runs stand beside it:"),
    command,
    kept,
    tagged,
  );
  return {
    element: root,
    show(runs, compared, tags) {
      root.hidden = runs.length === 0 || compared === null || compared > 1;
      const place = runs[0]?.directory || runs[0]?.job_logs[0] || "DIR1";
      kept.hidden = !runs.some(isKept);
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
