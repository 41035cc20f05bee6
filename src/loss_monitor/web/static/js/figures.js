/**
 * The figures of the six cards, from the page's data. Pure.
 */

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Value} Value */

/** Earlier timesteps that the latest mean is compared with. */
export const RECENT_TIMESTEPS = 20;
/** So many robust deviations above the median is an exception, not noise. */
const EXCEPTION_DEVIATIONS = 8;
const LEAST_SAMPLE = 8;

/**
 * @typedef {object} Compared A value and what is usual.
 * @property {Value} value
 * @property {Value} usual
 * @property {Value} change Relative, of the value to the usual one.
 * @property {boolean} exceptional Far above what is usual.
 * @property {number} sample Values that the usual one was taken from.
 */

/**
 * The last value of a series against the median of those before it.
 *
 * @param {readonly Value[]} values
 * @returns {Compared}
 */
export function compareLast(values) {
  const value = values.at(-1) ?? null;
  const before = values.slice(0, -1).filter((one) => one !== null);
  const usual = median(before);
  const deviation = usual === null ? null : median(before.map((one) => Math.abs(one - usual)));
  return {
    value,
    usual,
    change: value === null || !usual ? null : (value - usual) / Math.abs(usual),
    exceptional:
      value !== null &&
      usual !== null &&
      deviation !== null &&
      before.length >= LEAST_SAMPLE &&
      value - usual > EXCEPTION_DEVIATIONS * 1.4826 * deviation + 1e-12 * Math.abs(usual),
    sample: before.length,
  };
}

/**
 * @param {readonly number[]} values
 * @returns {Value}
 */
export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * @typedef {object} NonFinite
 * @property {number} nan
 * @property {number} infinite
 * @property {number | null} first Timestep index of the first one, or of its bucket.
 * @property {number} first_span Timesteps among which the first one is.
 * @property {number | null} last
 * @property {Value} recovered_at_s Wall time of the first timestep without any after the last.
 * @property {"none" | "now" | "recovered"} state
 */

/**
 * Where the values that are not finite are, and whether the run recovered.
 *
 * @param {Data} data
 * @returns {NonFinite}
 */
export function nonFiniteOf(data) {
  const { buckets, timesteps, statistics } = data;
  const nan = statistics?.nan_batches ?? 0;
  const infinite = statistics?.inf_batches ?? 0;
  const count = [...buckets.non_finite, ...timesteps.non_finite];
  const index = [...buckets.start, ...timesteps.label.map((_, row) => timesteps.start + row)];
  const wall = [...buckets.wall_time, ...timesteps.wall_time];
  const firstRow = count.findIndex((one) => one > 0);
  const lastRow = count.findLastIndex((one) => one > 0);
  const after = lastRow + 1 < count.length;
  const recovered = after || (data.recent.at(-1) ?? null) !== null;
  return {
    nan,
    infinite,
    first: firstRow < 0 ? null : index[firstRow],
    first_span: buckets.timesteps[firstRow] ?? 1,
    last: lastRow < 0 ? null : index[lastRow],
    recovered_at_s: lastRow >= 0 && after ? wall[lastRow + 1] : null,
    state: nan + infinite === 0 ? "none" : recovered ? "recovered" : "now",
  };
}

/**
 * The lowest mean of a timestep, and where it is: as the server tells it, else from the rows.
 * Of timesteps that the page has only in buckets the mean is of the bucket: the newest 500
 * are exact.
 *
 * @param {Data} data
 * @returns {{mean: number, index: number, label: string, exact: boolean} | null}
 */
export function bestMean(data) {
  const { buckets, timesteps } = data;
  if (data.run.best) return { ...data.run.best, exact: true };
  /** @type {{mean: number, index: number, label: string, exact: boolean} | null} */
  let best = null;
  buckets.mean.forEach((mean, row) => {
    if (mean === null || (best && mean >= best.mean)) return;
    const exact = buckets.timesteps[row] === 1;
    best = { mean, index: buckets.start[row], label: buckets.label[row], exact };
  });
  timesteps.mean.forEach((mean, row) => {
    if (mean === null || (best && mean >= best.mean)) return;
    best = { mean, index: timesteps.start + row, label: timesteps.label[row], exact: true };
  });
  return best;
}
