/**
 * The mean of a time chart, and the line that is smoothed where one was asked for: the mean
 * itself then stays in view behind it.
 */

/** @typedef {import("../rows.js").Rows} Rows */
/** @typedef {import("../types.js").Value} Value */

/**
 * @param {string} colour CSS variable.
 * @returns {import("../chart.js").Line[]} For the columns of `meanColumns`.
 */
export function meanLines(colour) {
  return [{ colour, width: 1, opacity: 0.5 }, { colour, width: 2 }];
}

/**
 * @param {Rows} rows
 * @returns {Value[][]}
 */
export function meanColumns({ mean, smooth }) {
  return smooth === null ? [mean.map(() => null), mean] : [mean, smooth];
}

/**
 * How the mean stands in the legend.
 *
 * @param {Rows} rows
 * @returns {true | "faint"}
 */
export function meanShown({ smooth }) {
  return smooth === null ? true : "faint";
}
