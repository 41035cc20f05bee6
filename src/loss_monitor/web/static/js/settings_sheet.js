/**
 * Settings of a view: a row on wide screens; on phones a sheet that a button of the header
 * opens for the view that is shown.
 */

import { byId, element } from "./element.js";

/**
 * A setting with its label.
 *
 * @param {string} label
 * @param {...HTMLElement} content
 */
export function settingsGroup(label, ...content) {
  return element(
    "div",
    { class: "tools-group" },
    element("span", { class: "tools-label", "aria-hidden": "true" }, label),
    ...content,
  );
}

/**
 * On phones: opened by a button of the header; closed by it, by Done, by Escape, or by a touch
 * beside it.
 *
 * @param {HTMLElement} host
 * @param {HTMLElement} close
 */
export function mountSheet(host, close) {
  const button = byId("tools-button");

  /** @param {boolean} open */
  function set(open) {
    host.classList.toggle("is-open", open);
    button.setAttribute("aria-expanded", String(open));
    const target = open ? host.querySelector("[role=radio][tabindex='0']") : button;
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
  }
  const isOpen = () => host.classList.contains("is-open");

  function toggle() {
    // The button is one for all views; each sheet stands in its own.
    if (host.closest("[hidden]") !== null) return;
    button.setAttribute("aria-controls", host.id);
    set(!isOpen());
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key === "Escape" && isOpen()) set(false);
  }

  /** @param {PointerEvent} event */
  function beside(event) {
    const target = /** @type {Node} */ (event.target);
    if (isOpen() && !host.contains(target) && !button.contains(target)) set(false);
  }

  button.addEventListener("click", toggle);
  close.addEventListener("click", () => set(false));
  document.addEventListener("keydown", key);
  document.addEventListener("pointerdown", beside);
  return {
    destroy() {
      button.removeEventListener("click", toggle);
      document.removeEventListener("keydown", key);
      document.removeEventListener("pointerdown", beside);
    },
  };
}
