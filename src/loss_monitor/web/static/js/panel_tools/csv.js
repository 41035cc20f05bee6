/**
 * The numbers that a chart shows, as a file that other programs read.
 *
 * A table enters; comma-separated values (RFC 4180, UTF-8) leave, every number with all the
 * digits it has.
 */

import { fileName, saveFile } from "./save.js";

/** @typedef {import("../chart/frame.js").Table} Table */
/** @typedef {import("../chart/frame.js").Cell} Cell */

/**
 * Let the user save a table.
 *
 * @param {Table} table
 * @param {string} name Of what it shows.
 */
export function saveTable(table, name) {
  const file = new Blob([csvText(table)], { type: "text/csv;charset=utf-8" });
  saveFile(file, fileName(name, "csv"));
}

/**
 * @param {Table} table
 * @returns {string}
 */
export function csvText({ heads, rows }) {
  return [heads, ...rows].map((cells) => `${cells.map(field).join(",")}\r\n`).join("");
}

/** @param {Cell} cell */
function field(cell) {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const plain = cell.replaceAll("\u202f", "").replaceAll("\u2212", "-");
  // A name that came from a file must not become a formula of a spreadsheet.
  const text = /^(?:[=+@\t\r]|-(?!\d))/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
