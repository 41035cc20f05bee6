/**
 * A button that opens a short list of actions.
 *
 * Arrow keys go through the list; Escape, Tab, a choice, or a press beside it close it.
 */

import { element } from "../element.js";

/** @typedef {{text: string, act: () => void | Promise<void>}} Action */

/**
 * @param {string} label
 * @param {Node} picture
 * @param {readonly Action[]} actions
 * @returns {HTMLElement}
 */
export function menuButton(label, picture, actions) {
  const button = element(
    "button",
    {
      ...{ type: "button", class: "icon-button chart-button", title: "Save" },
      ...{ "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false" },
    },
    picture,
  );
  const items = actions.map(({ text, act }) => {
    const item = element("button", { type: "button", role: "menuitem", tabindex: "-1" }, text);
    item.addEventListener("click", () => {
      close(true);
      void act();
    });
    return item;
  });
  const list = element("div", { class: "menu", role: "menu", "aria-label": label, hidden: true });
  list.append(...items);
  const root = element("div", { class: "menu-place" }, button, list);

  /** @param {boolean} focus Whether the button gets the focus back. */
  function close(focus) {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", beside, true);
    if (focus) button.focus();
  }

  /** @param {PointerEvent} event */
  function beside(event) {
    if (!root.contains(/** @type {Node} */ (event.target))) close(false);
  }

  button.addEventListener("click", () => {
    if (!list.hidden) {
      close(true);
      return;
    }
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", beside, true);
    items[0]?.focus();
  });
  root.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const at = items.findIndex((item) => item === document.activeElement);
    const { length } = items;
    /** @type {Record<string, number>} */
    const places = {
      ...{ ArrowDown: (at + 1) % length, ArrowUp: (at - 1 + length) % length },
      ...{ Home: 0, End: length - 1 },
    };
    if (event.key === "Tab") close(false);
    else if (event.key === "Escape") {
      // The dialog around it stays open.
      event.preventDefault();
      close(true);
    } else if (event.key in places) {
      event.preventDefault();
      items[places[event.key] ?? 0]?.focus();
    } else return;
    event.stopPropagation();
  });
  root.addEventListener("focusout", (event) => {
    const to = event.relatedTarget;
    if (!list.hidden && to instanceof Node && !root.contains(to)) close(false);
  });
  return root;
}
