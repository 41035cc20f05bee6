/**
 * Pinned tags: those of the address, else those this browser pinned last.
 *
 * A link shows what its sender had pinned, and changes nothing here until something is pinned
 * or let go.
 */

const KEY = "loss-monitor-pinned-tags";

/** @returns {string[]} */
export function storedPins() {
  try {
    /** @type {unknown} */
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((one) => typeof one === "string") : [];
  } catch {
    return []; // Storage may be forbidden, or hold what something else wrote.
  }
}

/** @param {readonly string[]} pins */
export function storePins(pins) {
  try {
    localStorage.setItem(KEY, JSON.stringify(pins));
  } catch {
    // Without storage the pins last as long as the address.
  }
}
