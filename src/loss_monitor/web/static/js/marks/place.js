/**
 * Marks on a line of pixels: which are drawn where, and which one a pointer means. Pure.
 *
 * Near marks of one kind become one that says how many it stands for; marks of different kinds
 * stay, the more severe above.
 */

/** @typedef {import("../types.js").Mark} Mark */

/**
 * @typedef {object} Placed
 * @property {Mark} mark The newest of the most severe; `count` is of all that it stands for.
 * @property {number} at In px.
 * @property {number} from Where it begins; `at` for what does not last.
 */

/** Shapes of one kind nearer than this would hide each other. */
const APART_PX = 8;
const SEVERITY = { error: 3, warning: 2, ok: 1, info: 1 };
/** Drawn along the lower edge: what belongs to a healthy training. */
const QUIET = new Set(["checkpoint", "dry_run", "restored"]);

/** @param {string} kind */
export function isQuiet(kind) {
  return QUIET.has(kind);
}

/**
 * @param {readonly Mark[]} marks
 * @param {(index: number) => number} x From timestep to px.
 * @param {[number, number]} inside Px that are seen.
 * @returns {Placed[]} The less severe first: what is painted later is on top.
 */
export function placeMarks(marks, x, [left, right]) {
  /** @type {Map<string, Placed>} */
  const last = new Map();
  /** @type {Placed[]} */
  const placed = [];
  for (const mark of marks) {
    if (mark.index === null) continue;
    const at = x(mark.index);
    const from = mark.from === null ? at : Math.min(at, x(mark.from));
    if (at < left || from > right) continue;
    const near = last.get(mark.kind);
    if (near !== undefined && at - near.at < APART_PX) {
      const count = near.mark.count + mark.count;
      const worse = SEVERITY[mark.level] >= SEVERITY[near.mark.level];
      if (worse) near.at = at;
      near.mark = { ...(worse ? mark : near.mark), count };
      near.from = Math.min(near.from, from);
      continue;
    }
    const one = { mark, at, from };
    last.set(mark.kind, one);
    placed.push(one);
  }
  return placed.sort((a, b) => weight(a) - weight(b));
}

/** @param {Placed} placed */
function weight({ mark }) {
  return SEVERITY[mark.level] + (QUIET.has(mark.kind) ? 0 : 2);
}

/**
 * The mark that a pointer means.
 *
 * @param {readonly Placed[]} placed As `placeMarks` has them.
 * @param {number} at Px.
 * @param {number} reach
 * @param {(one: Placed) => boolean} [meant] Of which marks.
 * @returns {Placed | null}
 */
export function markAt(placed, at, reach, meant = () => true) {
  /** @type {Placed | null} */
  let best = null;
  for (const one of placed) {
    const away = Math.abs(one.at - at);
    if (away > reach || !meant(one)) continue;
    if (best === null || away <= Math.abs(best.at - at)) best = one;
  }
  return best;
}
