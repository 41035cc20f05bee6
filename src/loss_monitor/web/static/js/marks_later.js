/**
 * What draws marks, fetched when a run has its first one: most pages of a healthy run without
 * a job log have none.
 */

/** @typedef {typeof import("./marks/painting.js")} MarkPainting */

/** @type {MarkPainting | null} */
let painting = null;
/** @type {Set<() => void>} */
const waiting = new Set();
let asked = false;

/**
 * @param {readonly unknown[]} marks Of the run.
 * @param {() => void} redraw Called once when it has come.
 * @returns {MarkPainting | null} Null while there are no marks, or it has not come yet.
 */
export function markPainting(marks, redraw) {
  if (painting !== null || marks.length === 0) return painting;
  waiting.add(redraw);
  if (!asked) {
    asked = true;
    import("./marks/painting.js").then(
      (module) => {
        painting = module;
        for (const one of waiting) one();
        waiting.clear();
      },
      // The charts do without marks; the activity log has them all.
      () => waiting.clear(),
    );
  }
  return null;
}

/**
 * Show the lines of the log around what a mark or an entry of the activity log points at.
 *
 * @param {import("./types.js").LogPlace} place
 */
export async function showLogLines(place) {
  const { openLogLines } = await import("./marks/log_lines.js");
  openLogLines(place);
}

/**
 * Where in a job log something stands; null where that is not known.
 *
 * @param {{file: string | null, line: number | null, offset: number | null, message: string}} one
 * @returns {import("./types.js").LogPlace | null}
 */
export function logPlaceOf({ file, line, offset, message }) {
  if (file === null || line === null || offset === null) return null;
  return { file, line, offset, message };
}
