/**
 * A heat map: columns of cells, the fuller the stronger.
 *
 * Shares and a pen enter, pixels leave. All columns are made once as a small picture, a pixel a
 * cell, and stretched to their places at each drawing.
 */

import { colour } from "../chart/palette.js";

/** @typedef {import("../chart.js").Pen} Pen */
/** @typedef {import("./histogram_data.js").HistogramData} HistogramData */
/** @typedef {import("./histogram_data.js").CountScale} CountScale */

/** Of 255: lines must be seen above the fullest cells, too. */
const STRONGEST = 210;

export class Heat {
  constructor() {
    /** @type {HTMLCanvasElement | null} */
    this.picture = null;
    this.made = "";
    /** @type {HistogramData | null} */
    this.of = null;
  }

  /**
   * @param {Pen} pen
   * @param {HistogramData} data
   * @param {CountScale} scale
   */
  paint(pen, data, scale) {
    const hue = colour("--heat");
    const made = `${hue} ${scale}`;
    if (this.picture === null || data !== this.of || made !== this.made) {
      this.picture = makePicture(data, scale, hue);
      this.of = data;
      this.made = made;
    }
    const { picture } = this;
    if (picture === null) return;
    const { context } = pen;
    const [low, high] = data.yRange;
    const [top, bottom] = [pen.y(high), pen.y(low)];
    context.imageSmoothingEnabled = false;
    data.columns.forEach(([from, to], k) => {
      const [left, right] = [Math.round(pen.x(from)), Math.round(pen.x(to))];
      if (right < pen.left || left > pen.left + pen.width) return;
      // Columns narrower than a pixel must not vanish between two of them.
      const width = Math.max(1, right - left);
      context.drawImage(picture, k, 0, 1, picture.height, left, top, width, bottom - top);
    });
  }
}

/**
 * @param {HistogramData} data
 * @param {CountScale} scale
 * @param {string} hue As `#rrggbb`.
 * @returns {HTMLCanvasElement | null}
 */
function makePicture(data, scale, hue) {
  const bins = data.answer.edges.length - 1;
  const { rows } = data;
  const picture = document.createElement("canvas");
  const context = picture.getContext("2d");
  if (rows.length === 0 || bins < 1 || context === null) return null;
  [picture.width, picture.height] = [rows.length, bins];
  const pixels = context.createImageData(rows.length, bins);
  const channels = [1, 3, 5].map((at) => Number.parseInt(hue.slice(at, at + 2), 16));
  rows.forEach((row, k) => {
    data.shares[row]?.forEach((share, bin) => {
      // The first bin is the lowest, the first row of a picture the highest.
      const at = ((bins - 1 - bin) * rows.length + k) * 4;
      pixels.data.set([...channels, Math.round(STRONGEST * data.strength(share, scale))], at);
    });
  });
  context.putImageData(pixels, 0, 0);
  return picture;
}
