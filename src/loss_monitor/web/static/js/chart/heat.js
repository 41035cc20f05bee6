/**
 * Colours of a heat map: from little to much, by lightness before hue, so that they are told
 * apart without colours, too.
 *
 * Shares from 0 to 1 enter, colours a canvas understands leave; their ends are the style
 * sheet's.
 */

import { colour } from "./palette.js";

const STOPS = ["--heat-0", "--heat-1", "--heat-2", "--heat-3", "--heat-4"];

/**
 * @param {number} share What lies outside of 0 to 1 is taken for the end beside it.
 * @returns {string}
 */
export function heatColour(share) {
  const at = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1);
  const first = Math.min(Math.floor(at), STOPS.length - 2);
  const [from, to] = [first, first + 1].map((stop) => channels(colour(STOPS[stop] ?? "")));
  const mixed = from?.map((low, i) => Math.round(low + ((to?.[i] ?? low) - low) * (at - first)));
  return `rgb(${mixed?.join(" ")})`;
}

/** @param {string} hex As `#rrggbb`. */
function channels(hex) {
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}
