/**
 * What every chart's panel can do besides being looked at: fill the page, become a picture,
 * become a file of numbers.
 *
 * A chart's frame enters and gets two more buttons; the table is the frame's own. Pictures and
 * files are made by modules that are fetched when they are first asked for.
 */

import { element, icon } from "./element.js";
import { menuButton } from "./panel_tools/menu.js";
import { download } from "./panel_tools/save.js";

/** @typedef {import("./chart.js").Chart} Chart */
/** @typedef {import("./chart/frame.js").ChartFrame} ChartFrame */

/**
 * @typedef {object} Caption What a chart shows, for a picture that is looked at elsewhere.
 * @property {string} run
 * @property {string} range
 */

/**
 * Add the tools to a chart's panel.
 *
 * @param {ChartFrame} frame
 * @param {object} shown Asked when a tool is used.
 * @param {() => Chart | null} shown.chart
 * @param {() => Caption} shown.caption
 * @param {() => string | null} [shown.file] Where the server has all numbers behind the chart;
 *   null where it has not: then those that are drawn are saved.
 */
export function addPanelTools(frame, { chart, caption, file = () => null }) {
  const title = () => frame.name.textContent ?? "";
  const save = menuButton(`Save ${title()}`, icon("download"), [
    {
      text: "Picture (PNG)",
      act: async () => {
        const drawn = chart();
        if (drawn === null) return;
        const { savePicture } = await import("./panel_tools/picture.js");
        await savePicture(frame, drawn, caption());
      },
    },
    {
      text: "Numbers (CSV)",
      act: async () => {
        const path = file();
        if (path !== null) {
          download(path);
          return;
        }
        const { saveTable } = await import("./panel_tools/csv.js");
        saveTable(frame.makeTable(), `${caption().run} ${title()}`);
      },
    },
  ]);
  frame.actions.append(save, expandButton(frame.panel, title));
}

/**
 * A button that lets a panel fill the page, and brings it back.
 *
 * @param {HTMLElement} panel
 * @param {() => string} title
 * @returns {HTMLElement}
 */
export function expandButton(panel, title) {
  const button = element(
    "button",
    {
      ...{ type: "button", class: "icon-button chart-button", title: "Expand" },
      ...{ "aria-label": `Expand ${title()}`, "data-tool": "expand" },
    },
    icon("expand"),
  );
  button.addEventListener("click", async () => {
    const { expand } = await import("./panel_tools/expand.js");
    expand(panel, title(), button);
  });
  return button;
}
