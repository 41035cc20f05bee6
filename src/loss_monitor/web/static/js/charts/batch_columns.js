/**
 * Columns of a batch chart.
 *
 * The losses of one timestep enter, as values or already in buckets; one column per batch, or
 * per run of neighbouring batches where these are many, leaves. Pure.
 */

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Value} Value */

/**
 * @typedef {object} BatchColumn
 * @property {number} x Middle.
 * @property {number} first Batch, from 0.
 * @property {number} last
 * @property {Value} low True minimum; equals `high` for one batch.
 * @property {Value} high
 * @property {Value} mean
 * @property {number} nonFinite
 * @property {boolean} outlier
 */

/**
 * @typedef {object} Batches One timestep.
 * @property {BatchColumn[]} columns
 * @property {number} size Batches in a column.
 * @property {number} count
 * @property {string} label
 * @property {"batch" | "epoch" | "rank"} unit
 * @property {boolean} complete
 * @property {Value} mean
 * @property {Value} std
 * @property {number} least Infinity without finite values.
 * @property {number} largest
 * @property {Value} last
 * @property {number} outliers Batches; columns where only buckets are known.
 * @property {number} nonFinite
 */

/** @typedef {Omit<BatchColumn, "outlier">} PlainColumn */

/** Farther than this from the mean is an outlier. */
export const OUTLIER_DEVIATIONS = 1.5;
/** More bars than this are thinner than their gaps on a narrow screen. */
const BARS_MAX = 200;
const COLUMNS_MAX = 160;

/**
 * The batches a state asks for, or null where they are not there (yet).
 *
 * @param {State} state
 * @returns {Batches | null}
 */
export function readBatches({ data, view, fetched }) {
  if (data === null) return null;
  const { current, timesteps } = data;
  if (view.chosen !== null && view.chosen !== current?.index) {
    if (fetched.timestep?.index !== view.chosen) return null;
    const { answer } = fetched.timestep;
    return describe(columnsOf(answer.losses), {
      label: answer.timestamp,
      unit: unitOf(answer.unit),
      complete: true,
      values: answer.losses,
      mean: answer.mean_loss,
      std: answer.std_loss,
    });
  }
  if (current === null) return null;
  const row = current.index - timesteps.start;
  const { values = null, buckets } = current;
  const columns = values === null && buckets ? columnsOfBuckets(buckets) : columnsOf(values ?? []);
  return describe(columns, {
    label: current.label,
    unit: unitOf(current.unit),
    complete: current.complete,
    values,
    mean: timesteps.mean[row] ?? null,
    std: timesteps.std[row] ?? null,
  });
}

/**
 * @param {PlainColumn[]} plain
 * @param {{label: string, unit: Batches["unit"], complete: boolean, values: Value[] | null,
 *   mean: Value, std: Value}} told
 * @returns {Batches}
 */
function describe(plain, { values, ...told }) {
  const { mean, std } = told;
  const far = (/** @type {Value} */ value) =>
    value !== null && mean !== null && std !== null && std > 0
    && Math.abs(value - mean) > OUTLIER_DEVIATIONS * std;
  const columns = plain.map((column) => ({
    ...column,
    outlier: far(column.low) || far(column.high),
  }));
  return {
    ...told,
    columns,
    size: columns.length === 0 ? 1 : (columns[0]?.last ?? 0) - (columns[0]?.first ?? 0) + 1,
    count: (columns.at(-1)?.last ?? -1) + 1,
    least: Math.min(...columns.map(({ low }) => low ?? Infinity)),
    largest: Math.max(...columns.map(({ high }) => high ?? -Infinity)),
    last: values?.at(-1) ?? null,
    outliers: values === null
      ? columns.filter(({ outlier }) => outlier).length
      : values.filter(far).length,
    nonFinite: columns.reduce((sum, { nonFinite }) => sum + nonFinite, 0),
  };
}

/**
 * @param {Value[]} values
 * @returns {PlainColumn[]}
 */
function columnsOf(values) {
  const size = values.length <= BARS_MAX ? 1 : Math.ceil(values.length / COLUMNS_MAX);
  const columns = [];
  for (let first = 0; first < values.length; first += size) {
    const part = values.slice(first, first + size);
    const finite = part.filter((value) => value !== null);
    const sum = finite.reduce((total, value) => total + value, 0);
    columns.push({
      x: first + (part.length - 1) / 2,
      first,
      last: first + part.length - 1,
      low: finite.length === 0 ? null : Math.min(...finite),
      high: finite.length === 0 ? null : Math.max(...finite),
      mean: finite.length === 0 ? null : sum / finite.length,
      nonFinite: part.length - finite.length,
    });
  }
  return columns;
}

/**
 * Columns of neighbouring buckets: these are counted over the run, columns from 0.
 *
 * @param {import("../types.js").CurrentBuckets} buckets
 * @returns {PlainColumn[]}
 */
function columnsOfBuckets(buckets) {
  const join = Math.max(1, Math.ceil(buckets.x_start.length / COLUMNS_MAX));
  const origin = buckets.x_start[0] ?? 0;
  /** @type {PlainColumn[]} */
  const columns = [];
  for (let i = 0; i < buckets.x_start.length; i += join) {
    const end = Math.min(i + join, buckets.x_start.length);
    const first = (buckets.x_start[i] ?? 0) - origin;
    const last = (buckets.x_stop[end - 1] ?? 0) - origin - 1;
    const column = { first, last, x: (first + last) / 2, ...mergeBuckets(buckets, i, end) };
    columns.push({ ...column, nonFinite: Math.max(0, last - first + 1 - column.finite) });
  }
  return columns;
}

/**
 * @param {import("../types.js").CurrentBuckets} buckets
 * @param {number} from
 * @param {number} to
 */
function mergeBuckets(buckets, from, to) {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  let finite = 0;
  for (let i = from; i < to; i += 1) {
    const mean = buckets.mean[i] ?? null;
    if (mean === null) continue;
    low = Math.min(low, buckets.min[i] ?? Infinity);
    high = Math.max(high, buckets.max[i] ?? -Infinity);
    sum += mean * (buckets.count[i] ?? 0);
    finite += buckets.count[i] ?? 0;
  }
  if (finite === 0) return { low: null, high: null, mean: null, finite };
  return { low, high, mean: sum / finite, finite };
}

/** @param {string} unit */
function unitOf(unit) {
  return unit === "epoch" || unit === "rank" ? unit : "batch";
}
