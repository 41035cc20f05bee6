/**
 * A view with a panel for each tag: what Scalars and Histograms have in common.
 *
 * The tags of all runs enter; a board of groups with a search field, pinned tags and a choice
 * of runs leaves. Answers are fetched for the panels in sight, and again when the data's
 * version moves on. What the panels are, and what else can be set, is the view's own.
 */

import { element, icon, setText } from "../element.js";
import { mountSheet } from "../settings_sheet.js";
import { Answers } from "./answers.js";
import { keepParameters, names, text } from "./parameters.js";
import { storedPins, storePins } from "./pins.js";
import { runsChoice, styleRuns } from "./runs.js";
import { TagAxes } from "./tag_axis.js";
import { TagBoard } from "./tag_board.js";
import { tagFilter } from "./tag_filter.js";
import { filterOf, groupTags, inOrder } from "./tag_list.js";
import { noTagsPage } from "./tag_states.js";
import { pressedSettings } from "./view_settings.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../views.js").Context} Context */
/** @typedef {import("./runs.js").RunStyle} RunStyle */
/** @typedef {import("./answers.js").Kept} Kept */
/** @typedef {{tb_run: string, scalars: string[], histograms: string[]}} TaggedRun */

/**
 * @typedef {object} Common What the user set in any view of tags.
 * @property {string} filter
 * @property {readonly string[]} hidden Runs.
 * @property {readonly string[]} closed Groups.
 * @property {readonly string[]} pins Tags.
 */

/**
 * @typedef {object} Controls The settings of a view.
 * @property {HTMLElement} element
 * @property {HTMLElement} close Closes the sheet on phones.
 */

/**
 * @template {import("./tag_board.js").TagPanel} P
 * @typedef {object} Kind
 * @property {"scalars" | "histograms"} name Of the view, and of its tags in the answer.
 * @property {Record<string, import("./parameters.js").Parameter<any>>} parameters Besides those
 *   of `Common`.
 * @property {number} [again_min_ms] Least time between two requests for the same.
 * @property {() => ReadonlySet<string>} [tagsShown] Where these are not the tags of all runs,
 *   of which some can be hidden.
 * @property {(section: HTMLElement, tag: string) => P} make
 * @property {(panel: P, tag: string, width_px: number) => void} update
 * @property {() => void} showSettings
 */

const TAGS_PATH = "api/tensorboard/tags";
const TAGS_AGAIN_MS = 10_000;
const PINNED = "\u0000pinned";

/** @template {import("./tag_board.js").TagPanel} P */
export class TagView {
  /**
   * @param {HTMLElement} host
   * @param {Context} context
   * @param {Kind<P>} kind
   */
  constructor(host, { store, url }, kind) {
    this.kind = kind;
    this.state = store.state;
    this.shown = false;
    /** @type {RunStyle[]} */
    this.runs = [];
    /** In the order people expect. @type {Map<string, ReadonlySet<string>>} */
    this.tagsOf = new Map();
    /** @type {ReadonlySet<string>} */
    this.allTags = new Set();
    /** Those on the board, the same set as long as they stay. @type {ReadonlySet<string>} */
    this.tagsHere = this.allTags;
    this.axes = new TagAxes();
    this.axes.update(store.state.data);
    /** Whether the address says which tags are pinned. */
    this.pinsTold = url.read(`${kind.name}.pins`) !== null;
    const table = { filter: text, hidden: names, closed: names, pins: names, ...kind.parameters };
    /** @type {import("./parameters.js").Parameters<any>} */
    this.set = keepParameters(url, kind.name, table, (before) => this.changed(before));
    this.answers = new Answers((path) => this.arrived(path), kind.again_min_ms);
    this.tags = new Answers(() => this.takeTags(), TAGS_AGAIN_MS);

    this.filter = tagFilter(kind.name, (written) => this.set.set({ filter: written }));
    this.choice = runsChoice((hidden) => this.set.set({ hidden }));
    this.choice.element.hidden = true;
    this.problem = element("div", { class: "notice tone-warn", role: "alert", hidden: true });
    this.none = element("p", { class: "view-none", hidden: true });
    this.empty = noTagsPage(kind.name);
    this.groups = element("div", { class: "tag-groups" });
    this.bar = element("div", { class: "view-bar" }, this.filter.element, this.choice.element);
    host.append(this.bar, this.problem, this.none, this.empty.element, this.groups);
    this.board = this.makeBoard();
  }

  /** @returns {Common} */
  get common() {
    return this.set.now;
  }

  /** @param {Controls} controls */
  addControls(controls) {
    this.filter.element.after(controls.element);
    mountSheet(controls.element, controls.close);
    this.showSettings();
  }

  makeBoard() {
    return new TagBoard(this.groups, {
      make: (section, tag) => this.kind.make(section, tag),
      update: (panel, tag, width_px) => this.kind.update(panel, tag, width_px),
      left: (panel) => this.answers.want(panel, []),
      onClose: (name, closed) => {
        const others = this.common.closed.filter((one) => one !== name);
        this.set.set({ closed: closed ? [...others, name] : others });
      },
    });
  }

  // Called by the page.

  show() {
    this.shown = true;
    this.board.fill();
  }

  hide() {
    this.shown = false;
    this.tags.want(this, []);
    this.board.clear();
  }

  /** @param {State} state */
  update(state) {
    const before = this.state;
    this.state = state;
    this.updateAxes(state);
    const version = state.data?.version ?? "";
    const unreachable = state.connection.status === "reconnecting";
    for (const answers of [this.tags, this.answers]) {
      answers.setPaused(unreachable);
      answers.setVersion(version);
    }
    if (state.data !== null && this.shown) this.tags.want(this, [TAGS_PATH]);
    this.tell();
    const loading = Boolean(state.data?.source.loading);
    if (loading !== Boolean(before.data?.source.loading)) this.board.update();
  }

  /** @param {string} key */
  press(key) {
    const pressed = pressedSettings(key, this.set.now);
    if (pressed === null) return null;
    this.set.set(pressed.part);
    return pressed.said;
  }

  /** @param {State} state */
  updateAxes({ data }) {
    const known = this.axes.modelTime !== null;
    this.axes.update(data);
    if (known !== (this.axes.modelTime !== null)) {
      this.kind.showSettings();
      this.board.update();
    }
  }

  // Called by the view's own part.

  /**
   * Say which answers a panel needs from now on.
   *
   * @param {P} panel
   * @param {readonly string[]} paths
   * @returns {{answers: any[], error: string}} What is known of them so far.
   */
  ask(panel, paths) {
    if (this.shown) this.answers.want(panel, paths);
    const kept = paths.map((path) => this.answers.of(path));
    const error = this.answers.paused ? "" : (kept.find((one) => one.error)?.error ?? "");
    return { answers: kept.map(({ answer }) => answer), error };
  }

  /**
   * Runs that have a tag, and are shown.
   *
   * @param {string} tag
   * @returns {RunStyle[]}
   */
  runsWith(tag) {
    const { hidden } = this.common;
    return this.runs.filter(
      ({ name }) => this.tagsOf.get(name)?.has(tag) && !hidden.includes(name),
    );
  }

  /** What is told beside a panel's chart. @param {string} tag */
  around(tag) {
    return {
      pinned: this.pins().includes(tag),
      partial: Boolean(this.state.data?.source.loading),
      run: this.state.data?.run.label ?? "",
    };
  }

  /** @param {string} tag */
  pin(tag) {
    const pins = this.pins();
    const next = pins.includes(tag) ? pins.filter((one) => one !== tag) : [...pins, tag];
    this.pinsTold = true;
    storePins(next);
    this.set.set({ pins: next });
    // The panel has moved; the focus goes to where it stands.
    this.board.focusGroupOf(tag);
  }

  // Tags.

  pins() {
    return this.pinsTold ? this.common.pins : storedPins();
  }

  takeTags() {
    /** @type {{runs: TaggedRun[]} | null} */
    const answer = this.tags.of(TAGS_PATH).answer;
    if (answer !== null) {
      const tags = new Map(answer.runs.map((run) => [run.tb_run, run[this.kind.name]]));
      const having = inOrder([...tags.keys()]).filter((run) => tags.get(run)?.length);
      this.tagsOf = new Map(having.map((run) => [run, new Set(tags.get(run))]));
      this.allTags = new Set(having.flatMap((run) => tags.get(run) ?? []));
      this.runs = styleRuns(this.tagsOf);
    }
    this.arrange();
    this.board.update();
  }

  /** Put groups and panels in place. */
  arrange() {
    this.tagsHere = this.kind.tagsShown?.() ?? this.allTags;
    const pinned = this.pins().filter((tag) => this.tagsHere.has(tag));
    const groups = groupTags([...this.tagsHere].filter((tag) => !pinned.includes(tag)));
    this.board.arrange([
      ...(pinned.length > 0 ? [{ name: PINNED, title: "Pinned", tags: pinned }] : []),
      ...groups.map(({ name, tags }) => ({
        ...{ name, tags },
        title: name || (groups.length > 1 ? "Other" : "All tags"),
      })),
    ]);
    this.board.close(this.common.closed);
    this.search();
    this.tell();
    this.showSettings();
  }

  search() {
    const { filter } = this.common;
    const { matches, problem } = filterOf(filter);
    const found = this.board.filter(matches);
    this.filter.tell(found, this.tagsHere.size, problem);
    this.none.hidden = found > 0 || this.tagsHere.size === 0;
    setText(this.none, `No tag matches ${filter}`);
  }

  /** Say what the view has to say besides its panels. */
  tell() {
    const { answer, error } = this.tags.of(TAGS_PATH);
    const known = this.tagsHere.size > 0;
    this.bar.hidden = !known;
    this.groups.hidden = !known;
    this.problem.hidden = error === "" || this.tags.paused;
    if (!this.problem.hidden) this.tellProblem(error);
    this.empty.show(this.state.data, known || error !== "" ? "none" : answer ? "empty" : "loading");
  }

  /** @param {string} error */
  tellProblem(error) {
    if (this.problem.dataset.error === error) return;
    this.problem.dataset.error = error;
    const again = element("button", { type: "button", class: "button" }, icon("retry"));
    again.append("Try again");
    again.addEventListener("click", () => this.tags.retry());
    const words = `The list of tags did not come: ${error}`;
    this.problem.replaceChildren(
      ...[icon("warning"), element("span", { class: "notice-text" }, words), again],
    );
  }

  /** @param {string} path */
  arrived(path) {
    for (const panel of [...this.board.panels.keys()]) {
      if (this.answers.wanted.get(panel)?.includes(path)) this.board.updatePanel(panel);
    }
  }

  // Settings.

  showSettings() {
    this.filter.set(this.common.filter);
    if (!this.kind.tagsShown) this.choice.set(this.runs, this.common.hidden);
    this.kind.showSettings();
  }

  /** @param {Common} before */
  changed(before) {
    const now = this.common;
    if (now.pins !== before.pins && now.pins.length > 0) this.pinsTold = true;
    this.showSettings();
    const tags = this.kind.tagsShown?.() ?? this.allTags;
    if (now.pins !== before.pins || tags !== this.tagsHere) this.arrange();
    if (now.closed !== before.closed) this.board.close(now.closed);
    if (now.filter !== before.filter) this.search();
    else this.board.update();
  }
}
