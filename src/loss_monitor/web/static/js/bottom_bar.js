/**
 * The bar at the bottom of a phone's screen: the overview from its top, and the activity log.
 */

import { element, icon } from "./element.js";

/**
 * Mount the bar.
 *
 * @param {HTMLElement} host
 * @param {HTMLElement} log The activity panel.
 */
export function mountBottomBar(host, log) {
  const overview = button("overview", "Overview", () => {
    scrollTo({ top: 0, behavior: motion() });
  });
  const activity = button("log", "Log", () => {
    log.scrollIntoView({ behavior: motion(), block: "start" });
    const entries = log.querySelector("[role=log]");
    if (entries instanceof HTMLElement) entries.focus({ preventScroll: true });
  });
  host.replaceChildren(overview, activity);

  /** @param {boolean} atLog */
  function mark(atLog) {
    overview.setAttribute("aria-current", String(!atLog));
    activity.setAttribute("aria-current", String(atLog));
  }
  mark(false);
  new IntersectionObserver(
    (entries) => mark(entries.some((entry) => entry.isIntersecting)),
    { rootMargin: "-45% 0px -45% 0px" },
  ).observe(log);
}

/**
 * @param {string} iconName
 * @param {string} text
 * @param {() => void} act
 */
function button(iconName, text, act) {
  const made = element("button", { type: "button" }, icon(iconName), text);
  made.addEventListener("click", act);
  return made;
}

/** @returns {ScrollBehavior} */
function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
