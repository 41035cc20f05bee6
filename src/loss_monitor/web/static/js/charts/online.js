/**
 * Online training: the loss of each timestep's first and last batch, and below them a strip
 * with the quantiles of all its batches.
 *
 * The loss is computed before the update, on data the network has not seen: the first batch
 * tells how well what was learned carries over, the last one what the timestep has given.
 */

import { formatExact, formatNumber } from "../format.js";
import { paintStrip, stripTicks, withStrip } from "./heat_strip.js";
import { onlineRows, QUANTILES } from "./online_rows.js";
import { mountTimeChart } from "./time_chart.js";

/** @typedef {import("./time_chart.js").TimeChart} TimeChart */
/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../rows.js").Rows} Rows */

/** @type {TimeChart} */
const ONLINE = {
  title: "Online training",
  empty: "Asking for the signals of online training",
  lower: "online",
  asked: ["online"],
  rows: onlineRows,
  keys: [
    {
      ...{ name: "first batch", colour: "--series-max", shape: "line" },
      title: "Loss of a timestep's first batch, before any update on it: how well what was "
        + "learned before carries over to new data",
    },
    {
      ...{ name: "last batch", colour: "--series-mean", shape: "line" },
      title: "Loss of its last batch: what the timestep's own training has reached",
    },
    {
      ...{ name: "gain", colour: "--series-mean", shape: "area" },
      title: "First less last batch: above zero where the loss fell within the timestep",
    },
    {
      ...{ name: "boundary jump", colour: "--text-3", shape: "none" },
      title: "First batch less the last one of the timestep before: above zero where the new "
        + "data were harder",
    },
  ],
  lines: [
    { colour: "--series-max", width: 1.5 },
    { colour: "--series-mean", width: 1.5 },
  ],
  fills: [{ upper: 0, lower: 1, colour: "--series-mean", alpha: 0.16 }],
  columns: ({ online }) => [online?.first_batch ?? [], online?.last_batch ?? []],
  values: ({ online }, row) =>
    [online?.first_batch, online?.last_batch, online?.gain, online?.boundary_jump].map(
      (column) => ({ text: formatNumber(column?.[row]), exact: formatExact(column?.[row]) }),
    ),
  keysShown: () => [true, true, true, true],
  described: ({ online }) => ({ name: "The first-batch loss", values: online?.first_batch ?? [] }),
  spoken: ({ online }, row) =>
    `first batch ${formatNumber(online?.first_batch[row])}, `
    + `last batch ${formatNumber(online?.last_batch[row])}, `
    + `gain ${formatNumber(online?.gain[row])}, `
    + `boundary jump ${formatNumber(online?.boundary_jump[row])}, `
    + `median ${formatNumber(online?.percentile_50[row])}`,
  extremes: lineExtremes,
  table: [
    ["first batch", ({ online }) => online?.first_batch ?? []],
    ["last batch", ({ online }) => online?.last_batch ?? []],
    ["gain", ({ online }) => online?.gain ?? []],
    ["boundary jump", ({ online }) => online?.boundary_jump ?? []],
    ...QUANTILES.map(({ name, of }) => /** @type {TimeChart["table"][number]} */ ([
      name, ({ online }) => (online ? of(online) : []),
    ])),
  ],
  below: { range: withStrip, ticks: stripTicks, paint: paintStrip },
};

/**
 * What of the lines must be in sight.
 *
 * @param {Rows} rows
 */
function lineExtremes({ online }) {
  const [first, last] = [online?.first_batch ?? [], online?.last_batch ?? []];
  const both = (/** @type {(...values: number[]) => number} */ of) => first.map((value, i) => {
    const other = last[i] ?? null;
    if (value === null || other === null) return value ?? other;
    return of(value, other);
  });
  return { low: both(Math.min), high: both(Math.max) };
}

/**
 * @param {HTMLElement} element
 * @param {import("../store.js").Store} store
 * @param {() => void} retry
 * @returns {Panel}
 */
export function mount(element, store, retry) {
  return mountTimeChart(element, store, ONLINE, retry);
}
