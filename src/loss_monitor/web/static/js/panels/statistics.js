/**
 * The table of statistics: all timesteps, and beside them the window shown, so that an early
 * transient does not hide the present.
 */

import { element, icon, setText } from "../element.js";
import { formatCount, formatExact, formatNumber, formatPercent, MISSING } from "../format.js";
import { statisticsWindow } from "../overview_requests.js";
import { panelError } from "../panel_error.js";
import { expandButton } from "../panel_tools.js";
import { unitWords } from "../units.js";

/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Statistics} Statistics */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {keyof Statistics} field
 * @property {(figures: Statistics) => string} text
 * @property {(figures: Statistics) => string} [exact] Every digit, shown on pointing.
 */

/**
 * @param {string} name
 * @param {keyof Statistics} field
 * @returns {Row}
 */
function loss(name, field) {
  const value = (/** @type {Statistics} */ figures) =>
    /** @type {number | null} */ (figures[field] ?? null);
  return {
    name,
    field,
    text: (figures) => formatNumber(value(figures)),
    exact: (figures) => formatExact(value(figures)),
  };
}

/** @type {readonly {title: string, rows: readonly Row[]}[]} */
const GROUPS = [
  {
    title: "Overall",
    rows: [
      {
        name: "Count",
        field: "finite_batches",
        text: (figures) => formatCount(figures.finite_batches),
      },
      loss("Mean", "overall_mean"),
      loss("Std. deviation", "overall_std"),
      loss("Minimum", "overall_min"),
      loss("Maximum", "overall_max"),
    ],
  },
  {
    title: "Percentiles",
    rows: [
      loss("25th percentile", "percentile_25"),
      loss("50th, median", "percentile_50"),
      loss("75th percentile", "percentile_75"),
      loss("90th percentile", "percentile_90"),
      loss("95th percentile", "percentile_95"),
      loss("99th percentile", "percentile_99"),
    ],
  },
  {
    title: "Trend",
    rows: [
      { name: "Direction", field: "trend", text: (figures) => figures.trend },
      loss("Slope per batch", "trend_slope"),
      loss("Recent slope", "recent_slope"),
      {
        name: "Recent R²",
        field: "recent_r2",
        text: ({ recent_r2 }) => (recent_r2 === null ? MISSING : recent_r2.toFixed(3)),
      },
    ],
  },
  {
    title: "Improvement",
    rows: [
      loss("First loss", "first_loss"),
      loss("Best loss", "best_loss"),
      loss("Latest loss", "latest_loss"),
      loss("Improvement", "improvement"),
      {
        name: "Relative",
        field: "improvement_relative",
        text: ({ improvement_relative }) => formatPercent(improvement_relative, { signed: true }),
      },
    ],
  },
];

/**
 * Mount the table.
 *
 * @param {HTMLElement} host
 * @param {() => void} retry Ask again for what was not answered.
 * @returns {Panel}
 */
export function mount(host, retry) {
  const failed = panelError(retry);
  const note = element("span", { class: "panel-note" });
  const windowHead = element("th", { scope: "col" });
  const table = element(
    "table",
    { class: "statistics-table", "aria-labelledby": "statistics-title" },
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "Loss"),
        element("th", { scope: "col" }, "All"),
        windowHead,
      ),
    ),
  );
  /** What stands there already. @type {(Statistics | null)[]} */
  let filled = [];
  /** @type {{row: Row, all: HTMLElement, present: HTMLElement}[]} */
  const lines = [];
  for (const { title, rows } of GROUPS) {
    const body = element("tbody", { "aria-label": title });
    for (const row of rows) {
      const all = element("td");
      const present = element("td");
      body.append(element("tr", {}, element("th", { scope: "row" }, row.name), all, present));
      lines.push({ row, all, present });
    }
    table.append(body);
  }
  const save = element(
    "button",
    { type: "button", class: "icon-button chart-button", title: "Save as CSV",
      "aria-label": "Save Statistics as CSV" },
    icon("download"),
  );
  /** @type {State | null} */
  let shown = null;
  save.addEventListener("click", async () => {
    if (shown === null) return;
    const { saveTable } = await import("../panel_tools/csv.js");
    saveTable(tableOf(shown), `${shown.data?.run.label ?? ""} statistics`);
  });
  host.replaceChildren(
    element(
      "header",
      { class: "panel-header" },
      element("h2", { class: "panel-title", id: "statistics-title" }, "Statistics"),
      note,
      element("div", { class: "chart-actions" }, save, expandButton(host, () => "Statistics")),
    ),
    failed.root,
    element(
      "div",
      { class: "statistics-scroll", tabindex: "0", role: "region",
        "aria-label": "Statistics, scrollable" },
      table,
    ),
  );

  return {
    update(state) {
      shown = state;
      const all = state.data?.statistics ?? null;
      const present = presentFigures(state);
      failed.say(state.fetched.errors.statistics ?? "");
      setText(note, `of finite ${unitWords(state.data?.run.unit)}`);
      setText(windowHead, `Last ${formatCount(statisticsWindow(state))}`);
      windowHead.title = "Newest timesteps only";
      if (filled[0] === all && filled[1] === present) return;
      filled = [all, present];
      for (const { row, all: allCell, present: presentCell } of lines) {
        fill(allCell, row, all);
        fill(presentCell, row, present);
      }
    },
    destroy() {
      host.replaceChildren();
    },
  };
}

/**
 * The table with every digit, for a file.
 *
 * @param {State} state
 * @returns {import("../chart/frame.js").Table}
 */
export function tableOf(state) {
  const columns = [state.data?.statistics ?? null, presentFigures(state)];
  const rows = GROUPS.flatMap(({ rows: all }) => all).map(({ name, field }) => [
    name,
    ...columns.map((figures) => /** @type {string | number | null} */ (figures?.[field] ?? null)),
  ]);
  return { heads: ["statistic", "all", `last ${statisticsWindow(state)}`], rows };
}

/**
 * The figures of the window: the run's own where it is no longer than that.
 *
 * @param {State} state
 * @returns {Statistics | null}
 */
export function presentFigures(state) {
  const { data, fetched } = state;
  if (!data) return null;
  if (data.run.timesteps <= statisticsWindow(state)) return data.statistics;
  const { statistics } = fetched;
  return statistics?.last === statisticsWindow(state) ? statistics.answer : null;
}

/**
 * @param {HTMLElement} cell
 * @param {Row} row
 * @param {Statistics | null} figures
 */
function fill(cell, row, figures) {
  setText(cell, figures ? row.text(figures) : MISSING);
  const exact = figures && row.exact ? row.exact(figures) : "";
  if (cell.title !== exact) cell.title = exact;
}
