/** Neighbouring rows with values that are not finite, joined; pure. */

/** @typedef {import("../rows.js").Rows} Rows */

/**
 * @typedef {object} NonFiniteSpan
 * @property {number} from On the x-axis.
 * @property {number} to
 * @property {number} values How many are not finite.
 * @property {"nan" | "infinite" | "both" | "unknown"} kind
 */

/**
 * @param {Rows} rows
 * @param {{nan: number, infinite: number}} totals Over the run; tells the kind where rows do not.
 * @returns {NonFiniteSpan[]}
 */
export function nonFiniteSpans(rows, totals) {
  /** @type {NonFiniteSpan[]} */
  const spans = [];
  for (let i = 0; i < rows.x.length; i += 1) {
    const values = rows.nonFinite[i] ?? 0;
    if (values === 0 || rows.span[i] === 0) continue;
    const kind = kindOf(values, rows.infinite[i] ?? null, totals);
    const [from = 0, to = 0] = [rows.left[i], rows.right[i]];
    const last = spans.at(-1);
    if (last !== undefined && last.to === from && last.kind === kind) {
      last.to = to;
      last.values += values;
    } else {
      spans.push({ from, to, values, kind });
    }
  }
  return spans;
}

/**
 * @param {number} values
 * @param {number | null} infinite
 * @param {{nan: number, infinite: number}} totals
 * @returns {NonFiniteSpan["kind"]}
 */
function kindOf(values, infinite, totals) {
  if (infinite !== null) return infinite === 0 ? "nan" : infinite < values ? "both" : "infinite";
  if (totals.infinite === 0) return "nan";
  return totals.nan === 0 ? "infinite" : "unknown";
}
