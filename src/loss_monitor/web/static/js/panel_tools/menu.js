/**
 * A button that opens a short list of actions.
 *
 * Arrow keys go through the list; Escape, Tab, a choice, or a press beside it close it.
 */

import { element, setText } from "../element.js";

/** @typedef {{text: string, act: () => void | Promise<void>}} Action */

/**
 * @typedef {object} Looks How the button looks: of a chart's panel, by default.
 * @property {string} [className]
 * @property {string} [text] Beside the picture.
 * @property {string} [shortcut]
 * @property {() => string} [heading] Above the list, asked when it opens.
 */

/**
 * @param {string} label
 * @param {Node} picture
 * @param {readonly Action[]} actions
 * @param {Looks} [looks]
 * @returns {HTMLElement}
 */
export function menuButton(label, picture, actions, looks = {}) {
  const { className = "icon-button chart-button", text = "", shortcut, heading } = looks;
  const button = element(
    "button",
    {
      ...{ type: "button", class: className, title: label, "aria-keyshortcuts": shortcut },
      ...{ "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false" },
    },
    ...[picture, text],
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
  const head = element("p", { class: "menu-heading", role: "presentation", hidden: !heading });
  list.append(head, ...items);
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
    if (heading) setText(head, heading());
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
