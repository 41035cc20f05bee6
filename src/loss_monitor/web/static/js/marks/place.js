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
 * @property {number} shape Where its shape stands: `at`, but for what would be hidden there.
 * @property {number} from Where it begins; `at` for what does not last.
 */

/** Shapes of one kind nearer than this would hide each other. */
const APART_PX = 8;
/** Shapes stand so far inside of what is seen. */
const EDGE_PX = 5;
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
 * @param {number} [ratio] Of these px to those of the style sheet.
 * @returns {Placed[]} The less severe first: what is painted later is on top.
 */
export function placeMarks(marks, x, [left, right], ratio = 1) {
  /** Of each kind, where the newest group begins. @type {Map<string, [Placed, number]>} */
  const last = new Map();
  /** @type {Placed[]} */
  const placed = [];
  for (const mark of marks) {
    if (mark.index === null) continue;
    const at = x(mark.index);
    const from = mark.from === null ? at : Math.min(at, x(mark.from));
    if (at < left || from > right) continue;
    const [near, begin] = last.get(mark.kind) ?? [undefined, 0];
    // From where the group begins: else a row of many would be one, at its end.
    if (near !== undefined && at - begin < APART_PX * ratio) {
      const count = near.mark.count + mark.count;
      const more = SEVERITY[mark.level] - SEVERITY[near.mark.level];
      // The newest of a group stands for it at the group's place, so that groups keep apart.
      if (more > 0) near.at = at;
      near.mark = { ...(more >= 0 ? mark : near.mark), count };
      near.from = Math.min(near.from, from);
      continue;
    }
    const one = { mark, at, shape: at, from };
    last.set(mark.kind, [one, at]);
    placed.push(one);
  }
  const edge = EDGE_PX * ratio;
  for (const one of placed) {
    one.shape = Math.min(Math.max(one.at, left + edge), Math.max(left + edge, right - edge));
  }
  partEnds(placed, APART_PX * 1.4 * ratio);
  return placed.sort((a, b) => weight(a) - weight(b));
}

/**
 * One job ends where the next begins: the end stands before the beginning.
 *
 * @param {readonly Placed[]} placed
 * @param {number} apart
 */
function partEnds(placed, apart) {
  const begun = placed.filter(({ mark }) => mark.kind === "restart");
  for (const end of placed) {
    if (end.mark.kind !== "end") continue;
    const next = begun.find(({ at }) => at >= end.at && at - end.at < apart);
    if (next) end.shape = next.shape - apart;
  }
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
    const away = Math.abs(one.shape - at);
    if (away > reach || !meant(one)) continue;
    if (best === null || away <= Math.abs(best.shape - at)) best = one;
  }
  return best;
}
