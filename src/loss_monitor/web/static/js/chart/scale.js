/** A scale as numbers: from value to place and back; pure. */

/** @typedef {{to: (value: number) => number, from: (place: number) => number}} Transform */

/**
 * @param {{scale: import("../types.js").Scale, threshold: number}} axis
 * @returns {Transform}
 */
export function transformOf({ scale, threshold }) {
  switch (scale) {
    case "linear":
      return { to: (value) => value, from: (place) => place };
    case "log":
      return { to: Math.log10, from: (place) => 10 ** place };
    case "symlog":
      return {
        to: (value) => Math.asinh(value / threshold),
        from: (place) => Math.sinh(place) * threshold,
      };
  }
}
