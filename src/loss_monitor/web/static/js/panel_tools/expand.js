/**
 * A panel that fills the page, until Escape or its button brings it back to its place.
 *
 * The panel itself is moved into a dialog: it goes on being updated, and keeps its table, its
 * cursor and its zoom.
 */

import { icon } from "../element.js";

/**
 * Let a panel fill the page, or bring it back where it does.
 *
 * @param {HTMLElement} panel
 * @param {string} title
 * @param {HTMLElement} button The one that does it, inside the panel.
 */
export function expand(panel, title, button) {
  const open = panel.closest("dialog");
  if (open !== null) {
    open.close();
    return;
  }
  // Before this module came the user may have gone to another view.
  if (!panel.checkVisibility()) return;
  const place = document.createComment("expanded");
  const dialog = document.createElement("dialog");
  dialog.className = "expanded";
  dialog.setAttribute("aria-label", title);
  panel.replaceWith(place);
  dialog.append(panel);
  show(button, "close", `Back to all charts`);
  dialog.addEventListener("close", () => {
    if (place.isConnected) place.replaceWith(panel);
    dialog.remove();
    show(button, "expand", `Expand ${title}`);
    button.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  button.focus();
}

/**
 * @param {HTMLElement} button
 * @param {string} iconName
 * @param {string} label
 */
function show(button, iconName, label) {
  button.replaceChildren(icon(iconName));
  button.setAttribute("aria-label", label);
  button.title = label;
}
