/**
 * The table of compared trainings: a row each, differences from the one that is chosen.
 */

import { element, icon, setText } from "../element.js";
import { formatCount, MISSING } from "../format.js";
import { isSame, paramNames } from "./compare_params.js";
import { columnsOf, figureCell, figuresTable } from "./compare_figures.js";
import { runName, runSwatch } from "./runs.js";

/** @typedef {import("./compare_figures.js").ComparedRow} ComparedRow */
/** @typedef {import("./compare_figures.js").At} At */
/** @typedef {import("./compare_figures.js").Column} Column */
/** @typedef {import("./runs.js").RunStyle} RunStyle */

/** @type {Record<string, string>} */
const STATES = {
  starting: "starting",
  empty: "no data yet",
  pending: "queued",
  suspended: "suspended",
  dry_run: "dry run",
  running: "running",
  waiting: "waiting",
  stale: "no new data",
  finished: "finished",
  failed: "failed",
};

/**
 * @param {HTMLElement} panel
 * @param {(label: string) => void} onReference A training was chosen to compare with.
 * @returns {{update: (rows: readonly ComparedRow[], styles: readonly RunStyle[],
 *   shown: {reference: string, title: string, at: At}) => void}}
 */
export function figuresPanel(panel, onReference) {
  /** @type {readonly ComparedRow[]} */
  let shown = [];
  let file = "";
  let drawn = "";
  /** @type {At} */
  let comparedAt = { equal_model_time_s: null, reach: null };
  const save = element(
    "button",
    {
      ...{ type: "button", class: "icon-button chart-button", title: "Save as CSV" },
      "aria-label": "Save the figures as CSV",
    },
    icon("download"),
  );
  save.addEventListener("click", async () => {
    const { saveTable } = await import("../panel_tools/csv.js");
    saveTable(figuresTable(shown, comparedAt), file);
  });
  const note = element("span", { class: "panel-note" });
  const head = element("thead");
  const body = element("tbody");
  const table = element("table", { class: "figures-table" }, head, body);
  const legend = element("p", { class: "figures-legend" });
  panel.append(
    element(
      "header",
      { class: "panel-header" },
      ...[element("h2", { class: "panel-title", id: "figures-title" }, "Figures"), note, save],
    ),
    element(
      "div",
      {
        ...{ class: "figures-scroll", role: "region", tabindex: "0" },
        "aria-label": "Figures, table",
      },
      table,
    ),
    legend,
  );
  panel.setAttribute("aria-labelledby", "figures-title");
  body.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement) onReference(event.target.value);
  });

  return {
    update(rows, styles, { reference, title, at }) {
      shown = rows;
      comparedAt = at;
      file = `${title} figures`;
      // A table that stays the same must not be made anew under a selection, or the focus.
      const wanted = JSON.stringify([rows, styles, reference, at]);
      if (wanted === drawn) return;
      drawn = wanted;
      const chosen = rows.find(({ label }) => label === reference) ?? rows[0];
      panel.hidden = chosen === undefined;
      if (chosen === undefined) return;
      const several = rows.length > 1;
      const short = styles[rows.indexOf(chosen)]?.short ?? chosen.label;
      note.textContent = several ? `differences from ${short}` : "";
      const counted = rows.some(({ timesteps }) => timesteps !== null) ? "Timesteps" : "Points";
      const columns = columnsOf(rows, at);
      const figures = columns.map((one) => one.head);
      const heads = ["Training", "State", ...paramNames(rows), counted, ...figures, "Best at"];
      head.replaceChildren(
        element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text))),
      );
      const told = columns.filter((one) => one.told).map((one) => `${one.head}: ${one.told}`);
      setText(legend, told.length > 0 ? `${told.join("; ")}.` : "");
      const focused = document.activeElement instanceof HTMLInputElement
        && body.contains(document.activeElement);
      body.replaceChildren(...rows.map((row, i) =>
        tableRow({ rows, columns, reference: chosen }, row, styles[i])));
      if (focused) body.querySelector("input:checked")?.closest("input")?.focus();
    },
  };
}

/**
 * @param {{rows: readonly ComparedRow[], columns: readonly Column[],
 *   reference: ComparedRow}} table
 * @param {ComparedRow} row
 * @param {RunStyle | undefined} style
 */
function tableRow({ rows, columns, reference }, row, style) {
  const several = rows.length > 1;
  const choice = element("input", {
    ...{ type: "radio", name: "reference", value: row.label, checked: row === reference },
    "aria-label": `Differences from ${row.label}`,
  });
  const name = element(
    "label",
    { class: "figures-name", title: row.label },
    ...(several ? [choice] : []),
    ...(style ? [runSwatch(style), runName(style)] : []),
  );
  const params = paramNames(rows).map((param) => {
    const value = row.params?.[param];
    const marked = isSame(value, reference.params?.[param]) ? "" : " is-other";
    return element("td", { class: `figures-param${marked}`, title: value }, value ?? MISSING);
  });
  const cells = columns.map(({ figure }) => {
    const { text, exact, difference, marked, best } = figureCell(rows, row, reference, figure);
    const value = element("b", { class: best ? "is-best" : undefined, title: exact }, text);
    const hidden = best ? element("span", { class: "visually-hidden" }, ` ${best}`) : null;
    const sign = { lower: "\u25be ", higher: "\u25b4 ", "": "" }[marked];
    const small = difference
      ? element("small", { class: marked ? "is-marked" : undefined }, sign + difference)
      : null;
    return element("td", {}, value, hidden, small);
  });
  return element(
    "tr",
    { class: row === reference && several ? "is-reference" : undefined },
    element("th", { scope: "row" }, name),
    element("td", {}, STATES[row.state] ?? row.state),
    ...params,
    element("td", {}, formatCount(row.timesteps ?? row.values)),
    ...cells,
    element("td", {}, row.best_at ?? ""),
  );
}
