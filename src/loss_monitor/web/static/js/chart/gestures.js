/**
 * Mouse, wheel, touch and keys on a chart.
 *
 * Events of one element enter; ranges to show, ranges chosen, clicks and cursor moves leave
 * through the handlers. Knows pixels and axis units, not what is drawn. Drag selects a range,
 * drag with Shift (or one finger in a zoomed chart) moves it, wheel and two fingers zoom
 * around the place they are at, a double click or double tap shows everything again.
 */

import { keepWithin, zoomAround } from "./zoom.js";

/**
 * @typedef {object} Handlers
 * @property {() => [number, number]} range Shown now, in axis units.
 * @property {() => {full: [number, number], least: number}} limits All there is, and the
 *   narrowest range worth showing.
 * @property {() => boolean} zoomed
 * @property {(held: boolean) => void} inHand The chart is in the user's hand, or let go.
 * @property {(range: [number, number]) => void} hold Show a range while the gesture lasts.
 * @property {(range: [number, number]) => void} choose Show it from now on.
 * @property {() => void} reset
 * @property {(x: number) => void} click
 * @property {(x: number | null) => void} point Move the cursor.
 * @property {() => boolean} pointed Whether there is a cursor.
 * @property {(rows: number | "first" | "last") => void} step Move the cursor by keys.
 * @property {() => void} enter Choose what the cursor is at.
 */

const CLICK_PX = 4;
const DOUBLE_TAP_MS = 320;
const DOUBLE_TAP_PX = 30;
const WHEEL_REST_MS = 140;
/** The page is being scrolled through a chart, not the chart zoomed. */
const SCROLL_REST_MS = 350;
const ZOOM_STEP = 1.25;

let scrolledAt = -Infinity;
addEventListener("scroll", () => (scrolledAt = performance.now()), {
  capture: true,
  passive: true,
});

/**
 * Listen to the gestures that choose a range.
 *
 * @param {HTMLElement} over The plotting area.
 * @param {Handlers} handlers
 */
export function listenToRange(over, handlers) {
  listenToWheel(over, handlers);
  /** @type {Map<number, number>} */
  const fingers = new Map();
  /** @type {Drag | null} */
  let drag = null;
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    fingers.set(event.pointerId, event.clientX);
    drag?.end(false);
    if (fingers.size > 2) return;
    over.setPointerCapture(event.pointerId);
    handlers.inHand(true);
    drag = fingers.size === 2
      ? pinch(over, handlers, fingers)
      : event.pointerType !== "mouse" || event.shiftKey
        ? pan(over, handlers, event)
        : select(over, handlers, event);
  });
  over.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    drag?.move(event);
  });
  /** @param {boolean} keep */
  const finish = (keep) => (/** @type {PointerEvent} */ event) => {
    if (!fingers.delete(event.pointerId)) return;
    drag?.end(keep);
    drag = null;
    if (fingers.size === 0) handlers.inHand(false);
  };
  over.addEventListener("pointerup", finish(true));
  over.addEventListener("pointercancel", finish(false));
  over.addEventListener("dblclick", () => handlers.reset());
}

/**
 * Listen to the keys that move the cursor, and to those that zoom where there is a zoom.
 *
 * @param {HTMLElement} host The focusable element; it may outlive the chart.
 * @param {Handlers} handlers
 * @param {{zoomable: boolean, signal: AbortSignal}} chart
 */
export function listenToKeys(host, handlers, { zoomable, signal }) {
  host.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target !== host) return;
    const many = event.shiftKey ? 10 : 1;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => handlers.step(-many),
      ArrowRight: () => handlers.step(many),
      Home: () => handlers.step("first"),
      End: () => handlers.step("last"),
      Enter: () => handlers.enter(),
      Escape: () => handlers.point(null),
    };
    if (zoomable) {
      const zoom = (/** @type {number} */ factor) => {
        const [from, to] = handlers.range();
        const range = zoomAround([from, to], factor, (from + to) / 2);
        handlers.choose(keepWithin(range, handlers.limits()));
      };
      keys["+"] = keys["="] = () => zoom(1 / ZOOM_STEP ** 2);
      keys["-"] = () => zoom(ZOOM_STEP ** 2);
    }
    const action = keys[event.key];
    // Without a cursor the key is for what is around the chart.
    if (action === undefined || (event.key === "Escape" && !handlers.pointed())) return;
    event.preventDefault();
    action();
  }, { signal });
}

/**
 * Listen to a finger that moves the cursor of a chart without a zoom.
 *
 * @param {HTMLElement} over
 * @param {Handlers} handlers
 */
export function listenToTouch(over, handlers) {
  const point = (/** @type {PointerEvent} */ event) => {
    if (event.pointerType === "mouse") return;
    const [from, to] = handlers.range();
    const box = over.getBoundingClientRect();
    handlers.point(from + ((event.clientX - box.left) / box.width) * (to - from));
  };
  over.addEventListener("pointerdown", point);
  over.addEventListener("pointermove", point);
}

/** @typedef {{move: (event: PointerEvent) => void, end: (keep: boolean) => void}} Drag */

/**
 * A range marked with the mouse; a click where it did not move.
 *
 * @param {HTMLElement} over
 * @param {Handlers} handlers
 * @param {PointerEvent} down
 * @returns {Drag}
 */
function select(over, handlers, down) {
  const mark = document.createElement("div");
  mark.className = "chart-selection";
  const box = over.getBoundingClientRect();
  const begin = down.clientX - box.left;
  let end = begin;
  return {
    move(event) {
      end = Math.min(Math.max(event.clientX - box.left, 0), box.width);
      if (Math.abs(end - begin) >= CLICK_PX && !mark.isConnected) over.append(mark);
      mark.style.left = `${Math.min(begin, end)}px`;
      mark.style.width = `${Math.abs(end - begin)}px`;
    },
    end(keep) {
      mark.remove();
      if (!keep) return;
      const [from, to] = handlers.range();
      const at = (/** @type {number} */ px) => from + (px / box.width) * (to - from);
      if (Math.abs(end - begin) < CLICK_PX) handlers.click(at(begin));
      else {
        const [left, right] = [Math.min(begin, end), Math.max(begin, end)];
        handlers.choose(keepWithin([at(left), at(right)], handlers.limits()));
      }
    },
  };
}

/**
 * When and where the last tap was, and the choice it will make: a second tap makes it a double
 * tap, which chooses nothing.
 */
let tapped = { at: -Infinity, x: 0, choice: setTimeout(() => {}, 0) };

/**
 * The range moved along; in a chart that shows everything a finger moves the cursor instead.
 *
 * @param {HTMLElement} over
 * @param {Handlers} handlers
 * @param {PointerEvent} down
 * @returns {Drag}
 */
function pan(over, handlers, down) {
  const box = over.getBoundingClientRect();
  const [from, to] = handlers.range();
  const unitsPerPx = (to - from) / box.width;
  const moves = handlers.zoomed();
  /** @type {[number, number]} */
  let range = [from, to];
  let moved = 0;
  return {
    move(event) {
      const by = event.clientX - down.clientX;
      moved = Math.max(moved, Math.abs(by));
      if (!moves) handlers.point(from + (event.clientX - box.left) * unitsPerPx);
      else if (moved >= CLICK_PX) {
        range = keepWithin([from - by * unitsPerPx, to - by * unitsPerPx], handlers.limits());
        handlers.hold(range);
      }
    },
    end(keep) {
      if (moved >= CLICK_PX) {
        if (moves) handlers.choose(keep ? range : [from, to]);
        return;
      }
      if (!keep) return;
      const x = from + (down.clientX - box.left) * unitsPerPx;
      const soon = down.timeStamp - tapped.at < DOUBLE_TAP_MS;
      const touch = down.pointerType !== "mouse";
      clearTimeout(tapped.choice);
      if (touch && soon && Math.abs(down.clientX - tapped.x) < DOUBLE_TAP_PX) {
        tapped.at = -Infinity;
        handlers.reset();
        return;
      }
      handlers.point(x);
      const choice = setTimeout(() => handlers.click(x), touch ? DOUBLE_TAP_MS : 0);
      tapped = { at: down.timeStamp, x: down.clientX, choice };
    },
  };
}

/**
 * Two fingers: the places under them stay under them.
 *
 * @param {HTMLElement} over
 * @param {Handlers} handlers
 * @param {Map<number, number>} fingers Where each is, in px of the window.
 * @returns {Drag}
 */
function pinch(over, handlers, fingers) {
  const box = over.getBoundingClientRect();
  const [from, to] = handlers.range();
  const unitsPerPx = (to - from) / box.width;
  const places = () => [...fingers.values()].map((px) => px - box.left);
  const [a = 0, b = 0] = places();
  const apart = Math.max(12, Math.abs(a - b));
  const centre = from + ((a + b) / 2) * unitsPerPx;
  /** @type {[number, number]} */
  let range = [from, to];
  return {
    move() {
      const [c = 0, d = 0] = places();
      const width = ((to - from) * apart) / Math.max(12, Math.abs(c - d));
      const start = centre - ((c + d) / 2 / box.width) * width;
      range = keepWithin([start, start + width], handlers.limits());
      handlers.hold(range);
    },
    end() {
      handlers.choose(range);
    },
  };
}

/**
 * @param {HTMLElement} over
 * @param {Handlers} handlers
 */
function listenToWheel(over, handlers) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;
  /** @type {[number, number] | null} */
  let range = null;
  over.addEventListener("wheel", (event) => {
    if (range === null && performance.now() - scrolledAt < SCROLL_REST_MS) return;
    const before = range ?? handlers.range();
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    const next = keepWithin(wheelRange(over, before, event, sideways), handlers.limits());
    // At full width a further wheel is for the page.
    if (range === null && next[0] === before[0] && next[1] === before[1]) return;
    event.preventDefault();
    range = next;
    handlers.hold(range);
    clearTimeout(rest);
    rest = setTimeout(() => {
      if (range !== null) handlers.choose(range);
      range = null;
    }, WHEEL_REST_MS);
  }, { passive: false });
}

/**
 * @param {HTMLElement} over
 * @param {[number, number]} range
 * @param {WheelEvent} event
 * @param {boolean} sideways
 * @returns {[number, number]}
 */
function wheelRange(over, [from, to], event, sideways) {
  const box = over.getBoundingClientRect();
  if (sideways) {
    const by = ((event.deltaX || event.deltaY) / box.width) * (to - from);
    return [from + by, to + by];
  }
  const at = from + ((event.clientX - box.left) / box.width) * (to - from);
  // A pinch on a touchpad comes as a wheel with Ctrl, in small steps.
  const speed = event.ctrlKey ? 0.01 : 0.0018;
  const lines = event.deltaMode === 1 ? 33 : 1;
  const turned = Math.max(-400, Math.min(400, event.deltaY * lines));
  return zoomAround([from, to], Math.exp(turned * speed), at);
}
