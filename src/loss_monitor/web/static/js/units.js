/** What one loss of a timestep is, one and several, by the run's unit. */
const UNITS = Object.freeze({
  batch: ["batch", "batches"],
  epoch: ["epoch", "epochs"],
  rank: ["rank value", "rank values"],
});

/**
 * The word for `count` losses; the plural where none is given.
 * @param {string | undefined} unit
 * @param {number} [count]
 * @returns {string}
 */
export function unitWords(unit, count) {
  const [one, several] = UNITS[/** @type {keyof typeof UNITS} */ (unit)] ?? UNITS.batch;
  return count === 1 ? one : several;
}
