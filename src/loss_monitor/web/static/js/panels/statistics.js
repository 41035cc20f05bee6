/**
 * The table of statistics: all timesteps, and beside them the window shown, so that an early
 * transient does not hide the present.
 */

import { element, setText } from "../element.js";
import { formatCount, formatExact, formatNumber, formatPercent, MISSING } from "../format.js";
import { statisticsWindow } from "../overview_requests.js";
import { panelError } from "../panel_error.js";
import { unitWords } from "../units.js";

/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Statistics} Statistics */

/**
 * @typedef {object} Row
 * @property {string} name
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
    text: (figures) => formatNumber(value(figures)),
    exact: (figures) => formatExact(value(figures)),
  };
}

/** @type {readonly {title: string, rows: readonly Row[]}[]} */
const GROUPS = [
  {
    title: "Overall",
    rows: [
      { name: "Count", text: (figures) => formatCount(figures.finite_batches) },
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
      { name: "Trend", text: (figures) => figures.trend },
      loss("Slope per batch", "trend_slope"),
      { name: "Recent trend", text: (figures) => figures.recent_trend },
      loss("Recent slope", "recent_slope"),
      {
        name: "Recent R²",
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
  host.replaceChildren(
    element(
      "header",
      { class: "panel-header" },
      element("h2", { class: "panel-title", id: "statistics-title" }, "Statistics"),
      note,
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
      const all = state.data?.statistics ?? null;
      const present = presentFigures(state);
      failed.say(state.fetched.errors.statistics ?? "");
      setText(note, `of finite ${unitWords(state.data?.run.unit)}`);
      setText(windowHead, `Last ${formatCount(statisticsWindow(state))}`);
      windowHead.title = "Newest timesteps only";
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
