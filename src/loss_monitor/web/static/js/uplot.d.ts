/** The global that vendor/uPlot.iife.min.js defines. */

import type uPlot from "uplot";

declare global {
  interface Window {
    uPlot: typeof uPlot;
  }
}
