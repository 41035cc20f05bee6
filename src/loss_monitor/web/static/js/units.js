/** What one loss of a timestep is, in the plural, by the run's unit. */
const UNITS = Object.freeze({ batch: "batches", epoch: "epochs", rank: "rank values" });

/**
 * @param {string | undefined} unit
 * @returns {string}
 */
export function unitWords(unit) {
  return UNITS[/** @type {keyof typeof UNITS} */ (unit)] ?? UNITS.batch;
}
