/**
 * The lines of a job log around one, in a sheet: what the log said before and after a mark.
 *
 * A place in a log enters; the answer of `api/log` is shown, as text. Fetched on the first use.
 */

import { element, icon, setText } from "../element.js";
import { formatCount } from "../format.js";
import { panelError } from "../panel_error.js";
import { getJson, RequestError } from "../requests.js";
import { styled } from "../style_sheets.js";

/** @typedef {import("../types.js").LogPlace} LogPlace */

/**
 * @typedef {object} LogAnswer The answer of `api/log`.
 * @property {string} file
 * @property {number} line
 * @property {number} first_line
 * @property {string[]} lines
 * @property {boolean} begins Whether the first line is the log's first.
 * @property {boolean} ends
 */

const COPIED_MS = 1600;

/** @type {LogSheet | null} */
let sheet = null;

/** @param {LogPlace} place */
export async function openLogLines(place) {
  // Lines without their style are still lines.
  await styled("log_lines").catch(() => {});
  sheet ??= new LogSheet();
  sheet.open(place);
}

class LogSheet {
  constructor() {
    /** @type {LogPlace | null} */
    this.place = null;
    this.title = element("h2", { id: "log-lines-title" });
    this.where = element("p", { class: "log-lines-where mono" });
    this.lines = element("div", {
      ...{ class: "log-lines-body mono", tabindex: "0", role: "region" },
      "aria-labelledby": "log-lines-title",
    });
    this.error = panelError(() => this.ask());
    this.copy = element("button", { type: "button", class: "button", hidden: true }, "Copy");
    const close = element(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close the lines of the log" },
      icon("close"),
    );
    this.dialog = element(
      "dialog",
      { class: "log-lines", "aria-labelledby": "log-lines-title" },
      element("header", { class: "log-lines-header" },
        element("div", {}, this.title, this.where), this.copy, close),
      ...[this.error.root, this.lines],
    );
    close.addEventListener("click", () => this.dialog.close());
    this.copy.addEventListener("click", () => this.copyLines());
    this.dialog.addEventListener("click", (event) => {
      // A press beside the sheet lands on the dialog itself.
      if (event.target === this.dialog) this.dialog.close();
    });
    document.body.append(this.dialog);
  }

  /** @param {LogPlace} place */
  open(place) {
    this.place = place;
    setText(this.title, place.message);
    setText(this.where, `${place.file}, line ${formatCount(place.line)}`);
    this.error.say("");
    this.copy.hidden = true;
    this.lines.replaceChildren(element("p", { class: "log-lines-note" }, "Reading the log \u2026"));
    if (!this.dialog.open) this.dialog.showModal();
    this.lines.focus({ preventScroll: true });
    void this.ask();
  }

  async ask() {
    const { place } = this;
    if (place === null) return;
    const asked = new URLSearchParams({
      ...{ file: place.file, line: String(place.line), offset: String(place.offset) },
    });
    try {
      const answer = await getJson(`api/log?${asked}`);
      if (place === this.place) this.show(answer);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (place !== this.place) return;
      this.lines.replaceChildren();
      this.error.say(error.message);
    }
  }

  /** @param {LogAnswer} answer */
  show({ line, first_line, lines, begins, ends }) {
    this.error.say("");
    const rows = lines.map((text, i) => {
      const number = first_line + i;
      const here = number === line;
      return element(
        "div",
        { class: here ? "log-line is-here" : "log-line", "aria-current": here && "true" },
        element("span", { class: "log-line-number" }, formatCount(number)),
        element("span", { class: "log-line-text" }, text),
      );
    });
    this.lines.replaceChildren(
      element("p", { class: "log-lines-note" }, begins ? "The log begins here." : "\u2026"),
      ...rows,
      element("p", { class: "log-lines-note" }, ends ? "The log ends here, so far." : "\u2026"),
    );
    this.copy.hidden = navigator.clipboard === undefined;
    const here = rows[line - first_line];
    const { clientHeight } = this.lines;
    if (here) this.lines.scrollTop = here.offsetTop - this.lines.offsetTop - clientHeight / 2;
  }

  async copyLines() {
    const texts = [...this.lines.querySelectorAll(".log-line-text")];
    await navigator.clipboard.writeText(texts.map((one) => `${one.textContent}\n`).join(""));
    setText(this.copy, "Copied");
    setTimeout(() => setText(this.copy, "Copy"), COPIED_MS);
  }
}
