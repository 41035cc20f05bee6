/** Style sheets of what is not on the page when it opens. */

import { element } from "./element.js";

/** @type {Map<string, Promise<void>>} */
const sheets = new Map();

/**
 * Put a style sheet into the page, once; what it styles must not be seen without it.
 *
 * @param {string} name
 * @returns {Promise<void>}
 */
export function styled(name) {
  const there = sheets.get(name);
  if (there !== undefined) return there;
  /** @type {Promise<void>} */
  const coming = new Promise((resolve, reject) => {
    const sheet = element("link", { rel: "stylesheet", href: `css/${name}.css` });
    sheet.addEventListener("load", () => resolve());
    sheet.addEventListener("error", () => reject(new Error(`css/${name}.css did not come`)));
    document.head.append(sheet);
  });
  sheets.set(name, coming);
  return coming;
}
