/**
 * The ribbon: the whole run in 24 pixels; a click, a drag or Enter zooms the time charts there,
 * or shows the lines of the log around a mark.
 */

import { element, setText } from "./element.js";
import { behindDrawings } from "./frames.js";
import { logPlaceOf, markPainting, showLogLines } from "./marks_later.js";
import { cellsOf, gapsOf, wordsAt, wordsOf } from "./ribbon_cells.js";
import { drawRibbon } from "./ribbon_drawing.js";
import { zoomTo, shownTimesteps } from "./shown.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./marks/place.js").Placed} Placed */

/** A click shows this share of the run, and at least so many timesteps. */
const CLICK_SHARE = 0.06;
const CLICK_TIMESTEPS_MIN = 24;
/** Pixels from which a pointer that moved is a drag. */
const DRAG_MIN_PX = 5;
/** So near to a mark a pointer, or a finger, means the mark. */
const MARK_REACH_PX = 6;
const MARK_REACH_TOUCH_PX = 14;

/**
 * Mount the ribbon.
 *
 * @param {HTMLElement} host
 * @param {Store} store
 * @returns {Panel}
 */
export function mountRibbon(host, store) {
  const canvas = element("canvas");
  const cursor = element("i", { class: "ribbon-cursor", hidden: true });
  const tip = element("div", { class: "ribbon-tip", hidden: true });
  const track = element(
    "div",
    { class: "ribbon-track", role: "group", tabindex: "0", "aria-describedby": "ribbon-help" },
    canvas,
    cursor,
    tip,
  );
  const help = element(
    "span",
    { class: "visually-hidden", id: "ribbon-help" },
    "Arrow keys move along the run, Page Up and Page Down from mark to mark. Enter zooms the "
      + "charts there, or shows the log around a mark; Escape shows all again.",
  );
  const readout = element("span", { class: "visually-hidden", "aria-live": "polite" });
  const first = element("span", { class: "ribbon-end" });
  const last = element("span", { class: "ribbon-end" });
  host.replaceChildren(first, track, last, help, readout);

  /** @type {ReturnType<typeof cellsOf>} */
  let cells = [];
  /** @type {ReturnType<typeof gapsOf>} */
  let gaps = [];
  /** @type {Data | null} */
  let drawn = null;
  /** @type {State | null} */
  let before = null;
  let size = { width: 0, height: 0 };
  /** @type {number | null} */
  let position = null;
  /** The mark that is pointed at. @type {Placed | null} */
  let marked = null;
  /** @type {readonly Placed[]} */
  let placed = [];
  /** @type {number | null} */
  let dragFrom = null;

  const total = () => store.state.data?.run.timesteps ?? 0;

  /** @param {PointerEvent} event */
  function indexAt(event) {
    const { left, width } = track.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    return share * total();
  }

  /** @param {PointerEvent} event */
  function markUnder(event) {
    const { left } = track.getBoundingClientRect();
    const reach = event.pointerType === "touch" ? MARK_REACH_TOUCH_PX : MARK_REACH_PX;
    const painting = markPainting(store.state.data?.run.marks ?? [], draw);
    return painting?.markAt(placed, event.clientX - left, reach) ?? null;
  }

  /**
   * @param {number | null} index
   * @param {Placed | null} [mark] At that place.
   */
  function show(index, mark = null) {
    marked = mark;
    track.classList.toggle("is-at-mark", mark !== null && logPlaceOf(mark.mark) !== null);
    position = index === null ? null : Math.min(total() - 1, Math.max(0, Math.floor(index)));
    const { data } = store.state;
    const hidden = position === null || !data;
    cursor.hidden = hidden;
    tip.hidden = hidden;
    if (position === null || !data) return;
    const width = track.clientWidth;
    const x = ((position + 0.5) / total()) * width;
    setText(tip, words(data, position).replaceAll(" · ", "\n"));
    cursor.style.left = `${x - 1}px`;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(0, Math.min(width - 2 * half, x - half))}px`;
  }

  /**
   * What is told of a place, or of the mark that is pointed at.
   *
   * @param {Data} data
   * @param {number} index
   */
  function words(data, index) {
    const painting = marked && markPainting(data.run.marks, draw);
    if (!marked || !painting) return wordsAt(data, cells, gaps, index);
    const { mark } = marked;
    const place = wordsAt(data, cells, gaps, index).split(" · ").slice(0, 2);
    const told = logPlaceOf(mark) ? "click for the log around it" : "";
    return [painting.markWords(mark), ...place, told].filter(Boolean).join(" · ");
  }

  /** @param {number} by Marks to go on. */
  function toMark(by) {
    const order = placed.toSorted((a, b) => a.at - b.at);
    if (order.length === 0) return;
    const here = position === null ? Infinity : ((position + 0.5) / total()) * size.width;
    const now = marked === null ? -1 : order.indexOf(marked);
    const behind = order.findIndex(({ at }) => at > here);
    const start = by > 0 ? behind : (behind < 0 ? order.length : behind) - 1;
    const next = now < 0 ? start : now + by;
    const mark = order[Math.min(Math.max(next, 0), order.length - 1)];
    if (mark) show(mark.mark.index, mark);
  }

  /** @param {Placed} mark */
  function openMark({ mark }) {
    const place = logPlaceOf(mark);
    if (place !== null) void showLogLines(place);
    return place !== null;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  function zoom(from, to) {
    store.setView(zoomTo(from, to, total()));
  }

  /** @param {number} index */
  function zoomAround(index) {
    const half = Math.max(CLICK_TIMESTEPS_MIN, total() * CLICK_SHARE) / 2;
    zoom(index - half, index + half);
  }

  track.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dragFrom = event.clientX;
    track.setPointerCapture(event.pointerId);
  });
  track.addEventListener("pointermove", (event) => {
    const mark = markUnder(event);
    show(mark?.mark.index ?? indexAt(event), mark);
  });
  track.addEventListener("pointerleave", () => show(null));
  track.addEventListener("pointercancel", () => {
    dragFrom = null;
    show(null);
  });
  track.addEventListener("pointerup", (event) => {
    if (dragFrom === null) return;
    const { left, width } = track.getBoundingClientRect();
    const from = ((dragFrom - left) / width) * total();
    const to = indexAt(event);
    const dragged = Math.abs(event.clientX - dragFrom) >= DRAG_MIN_PX;
    dragFrom = null;
    const mark = dragged ? null : markUnder(event);
    if (dragged) zoom(Math.min(from, to), Math.max(from, to));
    else if (mark === null || !openMark(mark)) zoomAround(to);
    if (event.pointerType === "touch") show(null);
  });
  track.addEventListener("dblclick", () => store.resetZoom());
  track.addEventListener("blur", () => show(null));
  track.addEventListener("keydown", (event) => {
    const step = Math.max(1, Math.round(total() / 100)) * (event.shiftKey ? 10 : 1);
    const here = position ?? total() - 1;
    const moved = { ArrowLeft: here - step, ArrowRight: here + step, Home: 0, End: total() - 1 };
    if (event.key in moved) {
      show(moved[/** @type {keyof typeof moved} */ (event.key)]);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      toMark(event.key === "PageDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      if (marked === null || !openMark(marked)) zoomAround(here);
    } else if (event.key === "Escape") {
      store.resetZoom();
      show(null);
    } else {
      return;
    }
    event.preventDefault();
    const { data } = store.state;
    if (data && position !== null) setText(readout, words(data, position));
  });

  function draw() {
    const { data, view } = store.state;
    host.hidden = !data || data.run.timesteps === 0;
    if (!data || host.hidden) return;
    if (data.timesteps !== drawn?.timesteps || data.buckets !== drawn.buckets) {
      cells = cellsOf(data);
      gaps = gapsOf(cells);
    }
    if (data !== drawn) behindDrawings(tell);
    drawn = data;
    const painting = markPainting(data.run.marks, draw);
    const x = (/** @type {number} */ index) =>
      ((index + 0.5) / Math.max(1, data.run.timesteps)) * size.width;
    placed = painting?.placeMarks(data.run.marks, x, [0, size.width]) ?? [];
    drawRibbon(canvas, {
      cells,
      gaps,
      drawMarks: (context) => painting?.drawOnRibbon(context, placed, size.height),
      total: data.run.timesteps,
      shown: shownTimesteps(data.run.timesteps, view),
      ...size,
    });
    if (position === null) return;
    const { kind = "", index = null } = marked?.mark ?? {};
    // The marks of a run are told anew, and a group of them grows: the one that stands there.
    const same = index === null
      ? null
      : painting?.markAt(placed, x(index), MARK_REACH_TOUCH_PX, ({ mark }) => mark.kind === kind);
    show(position, same ?? null);
  }

  function tell() {
    if (drawn === null) return;
    setText(first, dayOf(cells[0]?.label ?? ""));
    setText(last, dayOf(cells.at(-1)?.label ?? ""));
    const words = wordsOf(drawn, cells, gaps);
    if (track.getAttribute("aria-label") !== words) track.setAttribute("aria-label", words);
  }

  /** @param {State} state */
  function update(state) {
    const { data, view } = state;
    const same = before !== null && before.view === view
      && before.data?.run === data?.run
      && before.data?.timesteps === data?.timesteps
      && before.data?.buckets === data?.buckets;
    before = state;
    if (!same) draw();
  }

  const resized = new ResizeObserver(([entry]) => {
    if (entry === undefined) return;
    const { width, height } = entry.contentRect;
    size = { width, height };
    draw();
  });
  resized.observe(track);
  document.addEventListener("themechange", draw);
  return {
    update,
    destroy() {
      resized.disconnect();
      document.removeEventListener("themechange", draw);
    },
  };
}

/**
 * A timestep's label without seconds, which say nothing at this scale.
 *
 * @param {string} label
 */
function dayOf(label) {
  return label.replace(/(\d\d:\d\d):00$/, "$1");
}
