/**
 * A chart of bars in its panel: what the batch losses and the distribution share.
 *
 * It has no zoom; a cursor goes from bar to bar, and is told in words.
 */

import { Chart } from "../chart.js";
import { ChartFrame } from "../chart/frame.js";
import { addPanelTools } from "../panel_tools.js";

/** @typedef {import("../chart.js").Pen} Pen */

/**
 * @typedef {object} BarChart
 * @property {string} title
 * @property {import("../chart/frame.js").Key[]} keys
 * @property {() => import("../chart/frame.js").Table} table
 * @property {() => string} range What is shown, for a caption.
 * @property {(bar: number) => string} words
 * @property {(pen: Pen) => void} paintBelow Paints the bars.
 * @property {(pen: Pen) => void} paintAbove
 * @property {() => string | null} [file] Where the server has all numbers behind the chart.
 * @property {() => void} [retry] Ask again for what was not answered.
 */

/**
 * @param {HTMLElement} element
 * @param {import("../store.js").Store} store
 * @param {BarChart} parts
 * @returns {{frame: ChartFrame, chart: Chart}}
 */
export function barChart(element, store, parts) {
  const { title, keys, table, retry, range, words, file, ...paint } = parts;
  const frame = new ChartFrame(element, { title, empty: "No losses yet", keys, table, retry });
  const chart = new Chart(frame.plot, {
    lines: [{ colour: "--bar", width: 0 }],
    ...paint,
    onCursor: (bar, left) => frame.setTag(bar === null ? null : words(bar), left),
    onStep: (bar) => frame.announce(words(bar)),
  });
  addPanelTools(frame, {
    chart: () => chart,
    caption: () => ({ run: store.state.data?.run.label ?? "", range: range() }),
    file,
  });
  return { frame, chart };
}
