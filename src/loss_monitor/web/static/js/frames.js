/**
 * What is done in the next frame of the browser: drawings first, words behind them.
 *
 * A canvas that asks for its font behind words that were written makes the browser work out the
 * style of the whole page at once, and again for the frame.
 */

/** @type {{drawings: Set<() => void>, words: Set<() => void>}} */
const due = { drawings: new Set(), words: new Set() };

/**
 * Do something once in the next frame, however often it is asked for until then.
 *
 * @param {keyof typeof due} kind
 * @param {() => void} act
 */
export function inNextFrame(kind, act) {
  if (due.drawings.size + due.words.size === 0) requestAnimationFrame(doAll);
  due[kind].add(act);
}

function doAll() {
  const acts = [...due.drawings, ...due.words];
  due.drawings.clear();
  due.words.clear();
  for (const act of acts) {
    try {
      act();
    } catch (error) {
      reportError(error); // As if each had a frame of its own.
    }
  }
}

/**
 * Write the words that belong to a drawing when all drawings of this turn are done.
 *
 * @param {() => void} write
 */
export function behindDrawings(write) {
  queueMicrotask(write);
}
