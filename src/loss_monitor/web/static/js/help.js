/**
 * The help sheet: keys, gestures, and what the figures mean. Fetched when it is first opened.
 */

import { element, icon } from "./element.js";

/** @type {readonly [string, string][]} Keys, and what they do. */
const KEYS = [
  ["Space", "pause, and go on"],
  ["1 – 5", "window: newest 50, 100, 200, 500, all timesteps"],
  ["L", "linear or logarithmic scale"],
  ["[ ]", "less or more smoothing"],
  ["← →", "move the cursor along a chart; with Shift by ten"],
  ["+ −", "zoom around the middle"],
  ["Enter", "show the batches of the timestep at the cursor"],
  ["PgUp PgDn", "in the ribbon: from mark to mark; Enter shows the log around it"],
  ["R", "reset the zoom"],
  ["F", "let a panel fill the page, and back"],
  ["E", "export"],
  ["/", "filter: the log, or tags"],
  ["T", "light or dark theme"],
  ["Esc", "take the cursor away, close what is open"],
  ["?", "this help"],
];

/** @type {readonly [string, string][]} */
const GESTURES = [
  ["Drag", "zoom to the stretch that is marked; with Shift move along"],
  ["Wheel, pinch", "zoom around the pointer, or the fingers"],
  ["Click, tap", "show the batches of a timestep"],
  ["Double click, double tap", "reset the zoom"],
  ["Click in the ribbon", "zoom all charts to that part of the run"],
  ["Click on a mark", "the lines of the job log around it"],
];

/** @type {readonly [string, string][]} */
const WORDS = [
  ["Timestep", "a time step of the model; its batches are one training step each, from 0."],
  ["Loss", "computed before the update, on data that the network has not seen: what it costs "
    + "to meet the next piece of the simulation, not how well the last one was learned."],
  ["First-batch loss", "loss of a timestep's first batch: how well what was learned before "
    + "carries over to new data."],
  ["Last-batch loss", "loss of its last batch: what the timestep's own training has reached."],
  ["Gain", "first-batch loss less last-batch loss: above zero where the loss fell within the "
    + "timestep."],
  ["Boundary jump", "first-batch loss less the last-batch loss of the timestep before: above "
    + "zero where the new data were harder."],
  ["Smoothed", "exponential moving average over all values before, as TensorBoard draws it: "
    + "0.6 remembers about two timesteps, 0.99 about a hundred."],
  ["Non-finite", "NaN or infinite. Never joined by a line, never part of a mean."],
  ["Marks", "\u258f checkpoint, \u25c0 rollback (hatched: the training that was lost), "
    + "\u25b6 restart (hollow: a network that was restored), \u25cb dry run, \u25a0 end of a job "
    + "(crossed where it did not end well), \u25c6 loss that is not finite, \u2b1f note."],
  ["Robust y-range", "leaves out the lowest and the highest two per cent of the points, and "
    + "says how many lie beyond."],
];

/** @type {HTMLDialogElement | null} */
let sheet = null;

/** Open the help, or close it. */
export function toggleHelp() {
  sheet ??= makeSheet();
  if (sheet.open) sheet.close();
  else sheet.showModal();
}

/** @returns {HTMLDialogElement} */
function makeSheet() {
  const close = element(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close the help" },
    icon("close"),
  );
  const made = element(
    "dialog",
    { class: "help", "aria-labelledby": "help-title" },
    element("header", { class: "help-header" },
      element("h2", { id: "help-title" }, "Help"), close),
    element(
      "div",
      { class: "help-body", tabindex: "0", role: "region", "aria-labelledby": "help-title" },
      section("Keys", list(KEYS, "kbd")),
      section("Mouse and touch", list(GESTURES, "b")),
      section("What the words mean", list(WORDS, "b")),
    ),
  );
  close.addEventListener("click", () => made.close());
  made.addEventListener("click", (event) => {
    // A press beside the sheet lands on the dialog itself.
    if (event.target === made) made.close();
  });
  made.addEventListener("keydown", (event) => {
    if (event.key !== "?") return;
    event.preventDefault();
    made.close();
  });
  document.body.append(made);
  return made;
}

/**
 * @param {string} title
 * @param {HTMLElement} content
 */
function section(title, content) {
  return element("section", {}, element("h3", {}, title), content);
}

/**
 * @param {readonly [string, string][]} rows
 * @param {"kbd" | "b"} tag
 */
function list(rows, tag) {
  return element(
    "dl",
    { class: tag === "kbd" ? "help-keys" : "help-words" },
    ...rows.flatMap(([name, text]) => [
      element("dt", {}, ...names(name, tag)),
      element("dd", {}, text),
    ]),
  );
}

/**
 * @param {string} name
 * @param {"kbd" | "b"} tag
 * @returns {(Node | string)[]}
 */
function names(name, tag) {
  if (tag === "b" || name.includes("–")) return [element(tag, {}, name)];
  return name.split(" ").flatMap((key, i) => [i > 0 ? " " : "", element(tag, {}, key)]);
}
