/**
 * Parameters of compared trainings: their columns, and what tells the trainings apart.
 *
 * Rows with parameters as their users gave them enter; names, texts and labels leave. Pure.
 */

/** @typedef {Readonly<Record<string, string>>} Params */

/** A legend has room for so many; the table has all of them. */
const IN_LEGEND_MAX = 3;

/**
 * Names of all parameters, each once, in the order in which they come.
 *
 * @param {readonly {params?: Params}[]} rows
 * @returns {string[]}
 */
export function paramNames(rows) {
  return [...new Set(rows.flatMap(({ params }) => Object.keys(params ?? {})))];
}

/**
 * Whether two values are the same: equal texts, or equal numbers written otherwise.
 *
 * @param {string | undefined} one
 * @param {string | undefined} other
 */
export function isSame(one, other) {
  if (one === other) return true;
  if (!one || !other) return false;
  return Number(one) === Number(other);
}

/**
 * Whether a parameter is not the same in all trainings.
 *
 * @param {readonly {params?: Params}[]} rows
 * @param {string} name
 */
export function differs(rows, name) {
  return rows.some(({ params }) => !isSame(params?.[name], rows[0]?.params?.[name]));
}

/**
 * Trainings with the parameters that differ behind their labels, as legends show them.
 *
 * @template {{label: string}} T
 * @param {readonly T[]} trainings
 * @param {readonly (Params | undefined)[]} params Of each.
 * @returns {T[]}
 */
export function labelledByParams(trainings, params) {
  const rows = params.map((one) => ({ params: one }));
  // A slash would be taken for one of a path.
  const telling = paramNames(rows)
    .filter((name) => differs(rows, name))
    .filter((name) => !rows.some((row) => `${name}${row.params?.[name]}`.includes("/")))
    .slice(0, IN_LEGEND_MAX);
  return trainings.map((training, i) => {
    const own = params[i] ?? {};
    const given = telling.filter((name) => own[name] !== undefined);
    const text = given.map((name) => `${name}=${own[name]}`).join(", ");
    return text ? { ...training, label: `${training.label} (${text})` } : training;
  });
}
