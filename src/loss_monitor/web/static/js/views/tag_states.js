/** What a view of tags says while there are none: still loading, or how to get some. */

import { element, setText } from "../element.js";

/** @typedef {import("../types.js").Data} Data */

/**
 * @param {"scalars" | "histograms"} kind Of tags.
 * @returns {{element: HTMLElement, show: (data: Data | null, state: "loading" | "empty" |
 *   "none") => void}}
 */
export function noTagsPage(kind) {
  const loading = element("p", { class: "view-loading" }, "Loading tags …");
  const place = element("code");
  const page = element(
    "section",
    { class: "empty panel", "aria-label": "No tags" },
    element("h2", {}, `No ${kind} yet`),
    element("p", {}, "This view fills by itself once one of these holds some:"),
    element(
      "dl",
      {},
      ...row("TensorBoard event files", place, "/…/events.out.tfevents.…"),
      ...(kind === "scalars" ? OTHER_SCALARS() : []),
    ),
    element("p", {}, "In the training:"),
    element("code", { class: "command" }, IN_PYTHON[kind]),
  );
  const root = element("div", { class: "view-states" }, loading, page);
  return {
    element: root,
    show(data, state) {
      root.hidden = state === "none";
      loading.hidden = state !== "loading";
      page.hidden = state !== "empty";
      setText(place, data?.about.directory ? `${data.about.directory}/runs` : "runs");
    },
  };
}

const IN_PYTHON = {
  scalars: 'SummaryWriter("runs/experiment").add_scalar("Loss/batch", loss, step)',
  histograms: 'SummaryWriter("runs/experiment").add_histogram("Parameters/w", w, step)',
};

/** Where scalars come from besides. */
const OTHER_SCALARS = () => [
  ...row(
    "Job logs",
    ...[code("[rank=0] step=15 loss=0.0412 grad_norm=0.81"), " gives ", code("job/grad_norm")],
  ),
  ...row(
    "Summary files",
    ...[code("Learning Rate: 0.001"), " gives ", code("summary/Learning Rate")],
  ),
];

/** @param {string} text */
function code(text) {
  return element("code", {}, text);
}

/**
 * @param {string} name
 * @param {...(Node | string)} content
 */
function row(name, ...content) {
  return [element("dt", {}, name), element("dd", {}, ...content)];
}
