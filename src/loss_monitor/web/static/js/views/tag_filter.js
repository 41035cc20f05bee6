/** The field by which tags are searched, with what it found and why it is no expression. */

import { element, icon, setText } from "../element.js";
import { formatCount } from "../format.js";

/**
 * @param {string} id
 * @param {(text: string) => void} onChange With every letter.
 * @returns {{element: HTMLElement, set: (text: string) => void, focus: () => void,
 *   tell: (found: number, all: number, problem: string) => void}}
 */
export function tagFilter(id, onChange) {
  const field = element("input", {
    ...{ type: "search", class: "filter-field", id: `${id}-filter`, spellcheck: "false" },
    ...{ autocomplete: "off", autocapitalize: "off", "aria-keyshortcuts": "/" },
    placeholder: "Filter tags, such as loss|grad",
    ...{ "aria-label": "Filter tags by a regular expression", "aria-describedby": `${id}-found` },
  });
  const found = element("span", { class: "filter-found", id: `${id}-found`, role: "status" });
  const why = element("p", { class: "filter-problem", role: "status" });
  field.addEventListener("input", () => onChange(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || field.value === "") return;
    event.preventDefault();
    field.value = "";
    onChange("");
  });
  return {
    element: element(
      "div",
      { class: "filter" },
      element("div", { class: "filter-box" }, icon("search"), field, found),
      why,
    ),
    set(text) {
      if (field.value !== text) field.value = text;
    },
    focus: () => field.focus(),
    tell(count, all, problem) {
      const tags = `${formatCount(all)} ${all === 1 ? "tag" : "tags"}`;
      setText(found, field.value === "" ? tags : `${formatCount(count)} of ${tags}`);
      field.toggleAttribute("aria-invalid", problem !== "");
      const hint = `No regular expression (${problem}): searched for as it stands.`;
      setText(why, problem === "" ? "" : hint);
    },
  };
}
