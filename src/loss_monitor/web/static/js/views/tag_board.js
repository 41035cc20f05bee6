/**
 * A board of panels, one for each tag, in groups that can be closed.
 *
 * Groups of tags enter; a panel is made for a tag that comes into sight, and destroyed when it
 * is far away, so that thousands of tags cost what is seen of them.
 */

import { element, icon, putChildren, setText } from "../element.js";
import { formatCount } from "../format.js";
import { Near } from "./near.js";

/** @typedef {{name: string, title: string, tags: readonly string[]}} BoardGroup */
/** @typedef {{destroy: () => void, frame: import("../chart/frame.js").ChartFrame}} TagPanel */

/**
 * @template {TagPanel} P
 * @typedef {object} Place Where a tag's panel stands, or would stand.
 * @property {string} tag
 * @property {HTMLElement} shell
 * @property {P | null} panel
 * @property {number} width_px Of the panel, told by the browser: asking for it costs a layout.
 * @property {boolean} tabled Whether the panel's table was open when it was let go of.
 */

/** As the style sheet has them, with their gaps. */
const PLACE_PX = { width: 412, height: 284 };
const HEADING_PX = 40;
/** A border, a scroll bar: nothing that asks for other values. */
const WIDTH_CHANGED_PX = 24;

/** @template {TagPanel} P */
export class TagBoard {
  /**
   * @param {HTMLElement} host
   * @param {object} parts
   * @param {(section: HTMLElement, tag: string) => P} parts.make
   * @param {(panel: P, tag: string, width_px: number) => void} parts.update
   * @param {(panel: P) => void} parts.left Told before a panel is destroyed.
   * @param {(name: string, closed: boolean) => void} parts.onClose
   */
  constructor(host, parts) {
    this.host = host;
    this.parts = parts;
    /** @type {Map<Element, Place<P>>} */
    this.places = new Map();
    /** @type {Map<string, {root: HTMLElement, grid: HTMLElement, count: HTMLElement,
     *   button: HTMLElement, places: Place<P>[]}>} */
    this.groups = new Map();
    this.shown = "";
    this.near = new Near((shell, near, width_px) => {
      const place = this.places.get(shell);
      if (place === undefined) return;
      place.width_px = width_px;
      this.turn(place, near);
    });
    /** Those that are near, and where each stands. @type {Map<P, Place<P>>} */
    this.panels = new Map();
    /** Places by their panel's element. @type {WeakMap<Element, Place<P>>} */
    this.placeOf = new WeakMap();
    this.sizes = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) {
        const place = this.placeOf.get(target);
        if (!place?.panel || contentRect.width === 0) continue;
        const changed = Math.abs(contentRect.width - place.width_px) > WIDTH_CHANGED_PX;
        place.width_px = contentRect.width;
        if (changed) this.updatePanel(place.panel);
      }
    });
  }

  /**
   * Put the groups on the board; what stands there already stays.
   *
   * @param {readonly BoardGroup[]} groups
   */
  arrange(groups) {
    const shown = JSON.stringify(groups);
    if (shown === this.shown) return;
    this.shown = shown;
    const names = new Set(groups.map(({ name }) => name));
    const tags = new Set(groups.flatMap((group) => group.tags));
    const known = new Map([...this.places.values()].map((place) => [place.tag, place]));
    for (const place of known.values()) if (!tags.has(place.tag)) this.drop(place);
    const roots = groups.map((group) => this.arrangeGroup(group, known));
    for (const name of [...this.groups.keys()]) if (!names.has(name)) this.groups.delete(name);
    putChildren(this.host, roots);
  }

  /**
   * @param {BoardGroup} group
   * @param {ReadonlyMap<string, Place<P>>} known By tag, in whichever group.
   * @returns {HTMLElement}
   */
  arrangeGroup({ name, title, tags }, known) {
    const group = this.groups.get(name) ?? this.makeGroup(name, title);
    group.places = tags.map((tag) => known.get(tag) ?? this.makePlace(tag));
    putChildren(group.grid, group.places.map(({ shell }) => shell));
    return group.root;
  }

  /**
   * Show only some of the tags.
   *
   * @param {(tag: string) => boolean} matches
   * @returns {number} How many, each counted once.
   */
  filter(matches) {
    const found = new Set();
    const inRow = Math.max(1, Math.floor(this.host.clientWidth / PLACE_PX.width));
    // About how high a group is that was never laid out.
    const heightOf = (/** @type {number} */ places) =>
      HEADING_PX + Math.ceil(places / inRow) * PLACE_PX.height;
    for (const { root, count, places } of this.groups.values()) {
      let seen = 0;
      for (const { tag, shell } of places) {
        const shown = matches(tag);
        if (shell.hidden === shown) shell.hidden = !shown;
        if (!shown) continue;
        seen += 1;
        found.add(tag);
      }
      root.hidden = seen === 0;
      root.style.setProperty("contain-intrinsic-height", `auto ${heightOf(seen)}px`);
      const all = formatCount(places.length);
      setText(count, seen === places.length ? all : `${formatCount(seen)} of ${all}`);
    }
    return found.size;
  }

  /** @param {readonly string[]} closed Names of groups. */
  close(closed) {
    for (const [name, { button, grid }] of this.groups) {
      grid.hidden = closed.includes(name);
      button.setAttribute("aria-expanded", String(!grid.hidden));
    }
  }

  /** @param {string} tag */
  focusGroupOf(tag) {
    for (const { button, places } of this.groups.values()) {
      if (!places.some((place) => place.tag === tag)) continue;
      button.focus({ preventScroll: true });
      return;
    }
  }

  /** Bring all panels in sight up to date. */
  update() {
    for (const panel of this.panels.keys()) this.updatePanel(panel);
  }

  /** @param {P} panel To be brought up to date. */
  updatePanel(panel) {
    const place = this.panels.get(panel);
    if (place !== undefined) this.parts.update(panel, place.tag, place.width_px);
  }

  /** Let go of all panels, as if they were out of sight. */
  clear() {
    for (const place of this.places.values()) this.turn(place, false);
  }

  /** Make those panels that are in sight. */
  fill() {
    for (const place of this.places.values()) {
      if (this.near.near.has(place.shell)) this.turn(place, true);
    }
  }

  destroy() {
    this.near.destroy();
    this.sizes.disconnect();
    this.clear();
    this.host.replaceChildren();
  }

  /**
   * @param {string} name
   * @param {string} title
   */
  makeGroup(name, title) {
    const count = element("small");
    const heading = element("span", {}, title);
    const button = element("button", { type: "button", "aria-expanded": "true" });
    button.append(icon("chevron"), heading, count);
    const grid = element("div", { class: "tag-grid" });
    const root = element(
      "section",
      { class: "tag-group", "aria-label": title },
      ...[element("h2", {}, button), grid],
    );
    button.addEventListener("click", () => this.parts.onClose(name, !grid.hidden));
    const made = { root, grid, count, button, places: [] };
    this.groups.set(name, made);
    return made;
  }

  /**
   * @param {string} tag
   * @returns {Place<P>}
   */
  makePlace(tag) {
    const shell = element("div", { class: "tag-place" });
    const place = { tag, shell, panel: null, width_px: 0, tabled: false };
    this.places.set(shell, place);
    this.near.watch(shell);
    return place;
  }

  /**
   * Make a place's panel, or let go of it.
   *
   * @param {Place<P>} place
   * @param {boolean} near
   */
  turn(place, near) {
    if (near === (place.panel !== null)) return;
    if (near) {
      const section = element("section", { class: "panel chart-panel tag-panel" });
      place.shell.append(section);
      const panel = this.parts.make(section, place.tag);
      place.panel = panel;
      this.panels.set(panel, place);
      this.placeOf.set(section, place);
      this.sizes.observe(section);
      this.updatePanel(panel);
      if (place.tabled) panel.frame.showTable(true);
    } else if (place.shell.childElementCount > 0) {
      // A panel that fills the page is in sight, wherever its place is.
      this.letGo(place);
      place.shell.replaceChildren();
    }
  }

  /** @param {Place<P>} place */
  letGo(place) {
    const { panel } = place;
    if (panel === null) return;
    this.parts.left(panel);
    place.tabled = panel.frame.tabled;
    panel.destroy();
    this.panels.delete(panel);
    place.panel = null;
  }

  /** @param {Place<P>} place */
  drop(place) {
    this.near.forget(place.shell);
    this.places.delete(place.shell);
    this.letGo(place);
    place.shell.remove();
  }
}
