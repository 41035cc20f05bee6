/**
 * What surrounds a chart in its panel: title, legend, table, and words for those who do not
 * see it.
 *
 * Texts enter, elements leave. The chart's group is described by a summary, a polite region
 * reads what the keyboard's cursor is at, and a table of the data takes the chart's place on
 * request.
 */

import { element, icon, putChildren, setText } from "../element.js";
import { formatCount, formatExact } from "../format.js";
import { panelError } from "../panel_error.js";

/**
 * @typedef {object} Key An entry of the legend.
 * @property {string} name
 * @property {string} colour CSS variable.
 * @property {"line" | "dash" | "area" | "none"} shape
 * @property {string} [title] What it means.
 */

/** @typedef {{text: string, exact?: string}} KeyValue */
/**
 * @typedef {object} Table What a chart shows, as numbers; read on the page, or saved.
 * @property {string[]} heads
 * @property {Cell[][]} rows A number that is not there, or not finite and not known, is `null`.
 */
/** @typedef {string | number | null} Cell */

const SVG = "http://www.w3.org/2000/svg";
let framed = 0;

export class ChartFrame {
  /**
   * @param {HTMLElement} panel Filled; emptied again by `destroy`.
   * @param {object} parts
   * @param {string} parts.title
   * @param {string} parts.empty
   * @param {Key[]} parts.keys
   * @param {() => Table} parts.table Asked only while the table is open.
   * @param {() => void} [parts.retry] Ask again for what the panel could not get.
   * @param {2 | 3} [parts.level] Of the heading.
   * @param {boolean} [parts.fits] Whether the header fits at any width, and need not be measured.
   */
  constructor(panel, parts) {
    const { title, empty, keys, table, retry = () => {}, level = 2, fits = false } = parts;
    framed += 1;
    const id = `chart-${framed}`;
    this.panel = panel;
    this.allKeys = keys;
    this.makeTable = table;
    this.name = element("span", {}, ...breakable(title));
    this.year = element("span", { class: "chart-year" });
    this.rest = element("span");
    this.subtitle = element("small", {}, this.year, this.rest);
    this.partial = element("span", { class: "chart-partial", hidden: true }, "partial");
    this.values = keys.map(() => element("b"));
    this.keyElements = keys.map((key, i) => keyElement(key, /** @type {Node} */ (this.values[i])));
    const legend = element("div", { class: "chart-legend" }, ...this.keyElements);
    this.actions = element("div", { class: "chart-actions" });
    this.tableButton = this.makeTableButton(title);
    this.actions.append(this.tableButton);
    this.plot = element("div", {
      ...{ class: "chart-plot", role: "group", tabindex: "0", "aria-roledescription": "chart" },
      ...{ "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-summary` },
    });
    this.tag = element("div", { class: "chart-tag", "aria-hidden": "true", hidden: true });
    this.note = element("p", { class: "chart-note", hidden: true });
    this.error = panelError(retry);
    this.empty = element("p", { class: "chart-empty" }, empty);
    this.tableHead = element("thead");
    this.tableBody = element("tbody");
    this.heads = "";
    /** Rows of the table by what is told in them. @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    this.table = element(
      "div",
      {
        ...{ class: "chart-table", role: "region", tabindex: "0", hidden: true },
        "aria-label": `${title}, table`,
      },
      element("table", {}, this.tableHead, this.tableBody),
    );
    this.summary = element("p", { class: "visually-hidden", id: `${id}-summary` });
    this.readout = element("p", { class: "visually-hidden", "aria-live": "polite" });
    this.plot.append(this.tag);
    const heading = element(level === 2 ? "h2" : "h3", { class: "panel-title" }, this.name);
    heading.id = `${id}-title`;
    this.header = element(
      "header",
      { class: "panel-header chart-header" },
      ...[heading, this.subtitle, this.partial, legend, this.actions],
    );
    this.emptied = "";
    this.fitted = "";
    this.width = 0;
    // A run that stands still is not drawn again when a phone is turned.
    this.resized = new ResizeObserver(([entry]) => {
      this.width = entry?.contentRect.width ?? 0;
      requestAnimationFrame(() => this.fit());
    });
    if (!fits) this.resized.observe(panel);
    panel.setAttribute("aria-labelledby", `${id}-title`);
    panel.replaceChildren(
      this.header,
      this.error.root,
      this.note,
      element("div", { class: "chart-body" }, this.plot, this.empty, this.table),
      ...[this.summary, this.readout],
    );
    this.setEmpty(true);
  }

  /** @param {string} text */
  setTitle(text) {
    setText(this.name, text);
  }

  /**
   * Which step the legend's values are of; the year of a date gives way in a narrow panel.
   *
   * @param {string} text
   * @param {string} [exact]
   */
  setSubtitle(text, exact = text) {
    const year = /^-?\d{4,}-/.exec(text)?.[0] ?? "";
    setText(this.year, year);
    setText(this.rest, text.slice(year.length));
    if (this.subtitle.title !== exact) this.subtitle.title = exact;
  }

  /** @param {KeyValue[]} values In the order of the keys. */
  setValues(values) {
    values.forEach(({ text, exact }, i) => {
      const shown = this.values[i];
      if (shown === undefined) return;
      setText(shown, text);
      if (shown.title !== (exact ?? "")) shown.title = exact ?? "";
    });
  }

  /**
   * The text under the cursor.
   *
   * @param {string | null} text
   * @param {number} [left] In px of the plot.
   */
  setTag(text, left = 0) {
    this.tag.hidden = text === null;
    if (text === null) return;
    setText(this.tag, text);
    const half = this.tag.offsetWidth / 2 + 4;
    const place = Math.min(Math.max(left, half), this.plot.clientWidth - half);
    this.tag.style.left = `${Math.round(place)}px`;
  }

  /** @param {string} text Empty for none. */
  setNote(text) {
    this.note.hidden = text === "";
    setText(this.note, text);
  }

  /** @param {string} words Why what the panel wanted did not come; empty for nothing. */
  setError(words) {
    this.error.say(words);
  }

  /**
   * Show an entry of the legend, or leave it out.
   *
   * @param {number} key
   * @param {boolean | "faint"} shown Faint as the line it stands for.
   */
  showKey(key, shown) {
    const entry = this.keyElements[key];
    if (!entry) return;
    entry.hidden = !shown;
    entry.classList.toggle("is-faint", shown === "faint");
  }

  /** The entries of the legend that are shown. */
  get keys() {
    return this.allKeys.filter((_, i) => this.keyElements[i]?.hidden === false);
  }

  /** @param {boolean} partial Whether files are still being read. */
  setPartial(partial) {
    this.partial.hidden = !partial;
  }

  get tabled() {
    return this.tableButton.getAttribute("aria-pressed") === "true";
  }

  /** @param {boolean} open Whether the table takes the chart's place. */
  showTable(open) {
    this.tableButton.setAttribute("aria-pressed", String(open));
    this.setEmpty(!this.empty.hidden);
    this.refreshTable();
  }

  /** @param {boolean} empty Whether there is nothing to draw. */
  setEmpty(empty) {
    const { tabled } = this;
    const asked = `${empty} ${tabled}`;
    if (asked === this.emptied) return;
    this.emptied = asked;
    this.panel.classList.toggle("is-empty", empty);
    this.empty.hidden = !empty;
    this.plot.hidden = empty || tabled;
    this.tableButton.hidden = empty;
    this.table.hidden = empty || !tabled;
  }

  /** @param {string} text */
  setSummary(text) {
    setText(this.summary, text);
  }

  /** @param {string} text */
  announce(text) {
    setText(this.readout, text);
  }

  /**
   * Give the legend a line of its own where the header is too narrow for it.
   *
   * Asked after a drawing, not while the cursor moves: the chart must not jump then.
   */
  fit() {
    // Of lengths alone: asking for sizes would make the browser lay the page out each time.
    const texts = this.values.map(({ textContent }, i) =>
      this.keyElements[i]?.hidden ? 0 : textContent?.length);
    const buttons = [...this.actions.children].map((one) => one.hasAttribute("hidden"));
    const title = [this.name.textContent?.length, this.subtitle.textContent?.length];
    const state = [this.width, this.partial.hidden, title, texts, buttons].join();
    if (state === this.fitted) return;
    this.fitted = state;
    this.header.classList.remove("is-tight");
    const { header, subtitle } = this;
    const tight = header.scrollWidth > header.clientWidth
      || subtitle.scrollWidth > subtitle.clientWidth;
    header.classList.toggle("is-tight", tight);
  }

  /** Bring an open table up to date; rows that stay the same stay where they are read. */
  refreshTable() {
    if (this.table.hidden) return;
    const { heads, rows } = this.makeTable();
    const before = this.rows;
    this.rows = new Map();
    const body = rows.map((cells) => {
      const told = JSON.stringify(cells);
      const row = before.get(told) ?? tableRow(cells);
      before.delete(told); // Another row may say the same.
      this.rows.set(told, row);
      return row;
    });
    putChildren(this.tableBody, body);
    const told = JSON.stringify(heads);
    if (told === this.heads) return;
    this.heads = told;
    const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
    this.tableHead.replaceChildren(head);
  }

  destroy() {
    this.resized.disconnect();
    this.panel.replaceChildren();
    this.panel.removeAttribute("aria-labelledby");
    this.panel.classList.remove("is-empty");
  }

  /** @param {string} title */
  makeTableButton(title) {
    const button = element(
      "button",
      {
        ...{ type: "button", class: "icon-button chart-button", title: "Table" },
        ...{ "aria-pressed": "false", "aria-label": `${title} as a table` },
      },
      icon("table"),
    );
    button.addEventListener("click", () => this.showTable(!this.tabled));
    return button;
  }
}

/**
 * A name that breaks behind its parts, where it does not fit in a line.
 *
 * @param {string} name
 * @returns {(string | HTMLElement)[]}
 */
function breakable(name) {
  const parts = name.split(/(?<=[/._])/);
  return parts.flatMap((part, i) => (i === 0 ? [part] : [element("wbr"), part]));
}

/** @param {Cell} cell */
function cellText(cell) {
  if (typeof cell === "string") return cell;
  return Number.isSafeInteger(cell) ? formatCount(cell) : formatExact(cell);
}

/** @param {readonly Cell[]} cells */
function tableRow([first = "", ...cells]) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, cellText(first)),
    ...cells.map((cell) => element("td", {}, cellText(cell))),
  );
}

/**
 * @param {Key} key
 * @param {Node} value
 */
function keyElement(key, value) {
  const picture = svg("0 0 16 8", `chart-swatch is-${key.shape}`, "M0 4H16");
  picture.style.color = `var(${key.colour})`;
  return element("span", { class: "chart-key", title: key.title }, picture, key.name, value);
}

/**
 * @param {string} box
 * @param {string} className
 * @param {string} path
 */
function svg(box, className, path) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", box);
  picture.setAttribute("class", className);
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  picture.append(line);
  return picture;
}
