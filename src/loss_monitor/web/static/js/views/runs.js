/**
 * TensorBoard's runs of a view: a colour and a dash for each, and the choice which are shown.
 */

import { element, putChildren, setText } from "../element.js";
import { formatCount } from "../format.js";

/**
 * @typedef {object} RunStyle
 * @property {string} name
 * @property {string} short What tells it from the others.
 * @property {string} colour CSS variable.
 * @property {number[]} dash Empty for a whole line.
 */

export const COLOURS = Object.freeze([
  ...["--series-mean", "--series-max", "--series-min", "--series-4", "--series-5", "--series-6"],
]);
/** Beyond the colours: never colour alone. */
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
/** A choice of so many stands open; more are behind a button. */
const OPEN_MAX = 4;

/**
 * Runs in the order given. Those that have a tag in common, and so a chart, look different as
 * long as that can be; others may look the same, so that whole lines go further.
 *
 * @param {ReadonlyMap<string, ReadonlySet<string>>} tagsOf The tags of each run.
 * @returns {RunStyle[]}
 */
export function styleRuns(tagsOf) {
  /** @type {Map<string, Set<number>>} */
  const takenIn = new Map();
  const shorts = shortNames([...tagsOf.keys()]);
  return [...tagsOf].map(([name, tags], i) => {
    const taken = new Set();
    for (const tag of tags) for (const look of takenIn.get(tag) ?? []) taken.add(look);
    let look = 0;
    while (taken.has(look)) look += 1;
    for (const tag of tags) {
      const looks = takenIn.get(tag);
      if (looks === undefined) takenIn.set(tag, new Set([look]));
      else looks.add(look);
    }
    return {
      name,
      short: shorts[i] ?? name,
      colour: COLOURS[look % COLOURS.length] ?? "--series-mean",
      dash: DASHES[Math.floor(look / COLOURS.length) % DASHES.length] ?? [],
    };
  });
}

/**
 * Names without the directories that all of them begin or end with.
 *
 * @param {readonly string[]} names
 * @returns {string[]} The same where nothing would be left of one.
 */
export function shortNames(names) {
  const paths = names.map((name) => name.split("/"));
  const shortest = Math.min(...paths.map((path) => path.length));
  const [first = []] = paths;
  const equal = (/** @type {number} */ at) => paths.every((path) => path.at(at) === first.at(at));
  if (names.length < 2) return [...names];
  let begin = 0;
  while (begin < shortest - 1 && equal(begin)) begin += 1;
  let end = 0;
  while (begin + end < shortest - 1 && equal(-1 - end)) end += 1;
  return paths.map((path) => path.slice(begin, path.length - end).join("/"));
}

/**
 * A run's name where there is little room: it loses its beginning, not its end.
 *
 * @param {RunStyle} run
 */
export function runName({ name, short }) {
  return element("span", { class: "run-end", title: name }, element("bdi", {}, short));
}

/**
 * The choice of the runs that are shown.
 *
 * @param {(hidden: readonly string[]) => void} onChoose
 * @returns {{element: HTMLElement, set: (runs: readonly RunStyle[], hidden: readonly string[]) =>
 *   void}}
 */
export function runsChoice(onChoose) {
  const list = element("div", { class: "runs-list", role: "group", "aria-label": "Runs shown" });
  const summary = element("summary", { class: "button" });
  const all = element("button", { type: "button", class: "run-all link" }, "Show all");
  const none = element("button", { type: "button", class: "run-all link" }, "Hide all");
  const panel = element("div", { class: "runs-panel" }, element("p", {}, all, none));
  const drawer = element("details", { class: "runs-drawer" }, summary, panel);
  const root = element("div", { class: "runs-choice" });
  /** @type {readonly string[]} */
  let hidden = [];
  let offered = "";
  /** @type {Map<string, HTMLElement>} */
  const buttons = new Map();

  all.addEventListener("click", () => onChoose([]));
  none.addEventListener("click", () => onChoose([...buttons.keys()]));
  drawer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drawer.open) return;
    drawer.open = false;
    summary.focus();
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!drawer.contains(/** @type {Node} */ (event.target))) drawer.open = false;
  });

  /** @param {string} name */
  function toggle(name) {
    const shown = !hidden.includes(name);
    onChoose(shown ? [...hidden, name] : hidden.filter((one) => one !== name));
  }

  /** @param {RunStyle} run */
  function button(run) {
    const { name } = run;
    let made = buttons.get(name);
    if (made === undefined) {
      made = element("button", { type: "button", class: "run-chip", title: name });
      made.addEventListener("click", () => toggle(name));
      buttons.set(name, made);
    }
    made.replaceChildren(runSwatch(run), runName(run));
    return made;
  }

  /** @param {readonly RunStyle[]} runs */
  function build(runs) {
    const names = runs.map(({ name }) => name);
    for (const name of [...buttons.keys()]) if (!names.includes(name)) buttons.delete(name);
    const many = runs.length > OPEN_MAX;
    const { activeElement: focused } = document;
    if (many && list.parentNode !== panel) panel.append(list);
    putChildren(root, [many ? drawer : list]);
    putChildren(list, runs.map(button));
    // A list that was moved, into the drawer or out of it, has lost the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement
      && list.contains(focused)) {
      if (many) drawer.open = true;
      focused.focus({ preventScroll: true });
    }
  }

  return {
    element: root,
    set(runs, nowHidden) {
      hidden = nowHidden;
      root.hidden = runs.length < 2;
      const looks = JSON.stringify(runs);
      if (looks !== offered) {
        offered = looks;
        build(runs);
      }
      for (const [name, made] of buttons) {
        made.setAttribute("aria-pressed", String(!hidden.includes(name)));
      }
      const shown = runs.filter(({ name }) => !hidden.includes(name)).length;
      setText(summary, `${formatCount(shown)} of ${formatCount(runs.length)} runs`);
    },
  };
}

/**
 * The look of a run's line.
 *
 * @param {RunStyle} run
 * @returns {SVGSVGElement}
 */
export function runSwatch({ colour, dash }) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 16 8");
  picture.setAttribute("class", "chart-swatch");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", "M0 4H16");
  line.setAttribute("stroke-dasharray", dash.map((length) => length / 2).join(" ") || "none");
  picture.style.color = `var(${colour})`;
  picture.append(line);
  return picture;
}
