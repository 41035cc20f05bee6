/**
 * A request that failed, told in the panel that wanted its answer: in the server's words, with
 * a way to ask again. What the panel showed before stays in view.
 */

import { element, icon, setText } from "./element.js";

/**
 * @param {() => void} retry
 * @returns {{root: HTMLElement, say: (words: string) => void}} Empty words hide it.
 */
export function panelError(retry) {
  const text = element("span", { class: "notice-text" });
  const again = element("button", { type: "button", class: "button" }, icon("retry"), "Try again");
  const root = element(
    "div",
    { class: "panel-error notice tone-warn", role: "alert", hidden: true },
    ...[icon("warning"), text, again],
  );
  again.addEventListener("click", () => {
    const panel = root.parentElement;
    retry();
    // The button goes; the focus must not.
    panel?.querySelector("button")?.focus({ preventScroll: true });
  });
  return {
    root,
    say(words) {
      if (words) setText(text, words);
      root.hidden = words === "";
    },
  };
}
