/** Files that the page makes, handed to the browser to save. */

import { ofShownRun } from "../shown_run.js";

/**
 * A file name that every system takes.
 *
 * @param {string} name
 * @param {string} extension
 */
export function fileName(name, extension) {
  const plain = name.normalize("NFKD").replace(/[^\w.-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  return `${plain.slice(0, 120) || "chart"}.${extension}`;
}

/**
 * @param {Blob} file
 * @param {string} name
 */
export function saveFile(file, name) {
  const address = URL.createObjectURL(file);
  download(address, name);
  // Some browsers read the address only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * Let the browser save what an address answers, for the run that is shown.
 *
 * @param {string} address
 * @param {string} [name] The server's own by default.
 */
export function download(address, name = "") {
  const link = document.createElement("a");
  link.href = address.startsWith("api/") ? ofShownRun(address) : address;
  link.download = name;
  link.click();
}
