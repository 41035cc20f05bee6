/** Which ticks the axes of a time chart have; pure. */

import { modelTimeTicks } from "./calendar.js";
import { wallTicks } from "./clock.js";
import { symlogTicks } from "./symlog.js";
import { linearTicks, logTicks, timestepTicks, wholeTicks } from "./ticks.js";

/** @typedef {import("./ticks.js").Ticks} Ticks */
/** @typedef {(min: number, max: number, most: number) => Ticks} TicksOf */

/**
 * @param {import("../rows.js").Rows} rows
 * @returns {TicksOf}
 */
export function xTicksOf(rows) {
  switch (rows.axis) {
    case "batch":
      return wholeTicks;
    case "wall_time":
      return wallTicks;
    case "model_time":
      return (min, max, most) =>
        modelTimeTicks(rows.anchors, min, max, most) ?? timestepTicks(rows, min, max, most);
    case "timestep":
      return (min, max, most) => timestepTicks(rows, min, max, most);
  }
}

/**
 * @param {{scale: import("../types.js").Scale, threshold: number}} axis
 * @returns {TicksOf}
 */
export function yTicksOf({ scale, threshold }) {
  if (scale === "log") return logTicks;
  if (scale === "linear") return linearTicks;
  return (min, max, most) => symlogTicks(min, max, most, threshold);
}
