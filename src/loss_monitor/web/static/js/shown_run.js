/**
 * The run that the page shows: the parameter `run` of its address, the server's first without
 * it. Everything that asks the server asks for this run.
 */

/** Paths that are not of one run. */
const OF_ALL_RUNS = /^api\/(?:runs|compare)\b/;
let run = "";

/** @param {string} id Of a run, or the name of a source, whose current run is meant. */
export function showRun(id) {
  run = id;
}

/** @returns {string} Empty for the server's first. */
export function shownRun() {
  return run;
}

/**
 * A path of the interface, asking for the run that is shown.
 *
 * @param {string} path Relative to the page; one that names a run stays as it is.
 * @returns {string}
 */
export function ofShownRun(path) {
  if (run === "" || OF_ALL_RUNS.test(path) || /[?&]run=/.test(path)) return path;
  return `${path}${path.includes("?") ? "&" : "?"}run=${encodeURIComponent(run)}`;
}
