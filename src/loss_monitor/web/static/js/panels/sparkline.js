/**
 * A small line without axes: the shape of the last values; a missing value is a gap.
 */

/** @typedef {import("../types.js").Value} Value */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 42;
const MARGIN = 4;

/**
 * @returns {{element: SVGSVGElement, set: (values: readonly Value[]) => void}}
 */
export function sparkline() {
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("class", "sparkline");
  root.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  root.setAttribute("preserveAspectRatio", "none");
  root.setAttribute("aria-hidden", "true");
  const area = document.createElementNS(SVG, "path");
  area.setAttribute("class", "sparkline-area");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("vector-effect", "non-scaling-stroke");
  root.append(area, line);
  return {
    element: root,
    set(values) {
      const paths = sparklinePaths(values);
      if (paths.line === line.getAttribute("d")) return;
      line.setAttribute("d", paths.line);
      area.setAttribute("d", paths.area);
    },
  };
}

/**
 * The paths of a sparkline; pieces between gaps stand alone.
 *
 * @param {readonly Value[]} values
 * @returns {{line: string, area: string}}
 */
export function sparklinePaths(values) {
  const finite = values.filter((value) => value !== null);
  if (finite.length < 2) return { line: "", area: "" };
  const lowest = Math.min(...finite);
  const span = Math.max(...finite) - lowest;
  /** @param {number} value */
  const y = (value) =>
    span === 0 ? HEIGHT / 2 : HEIGHT - MARGIN - ((value - lowest) / span) * (HEIGHT - 2 * MARGIN);
  let line = "";
  let area = "";
  /** @type {string[]} */
  let piece = [];
  values.forEach((value, index) => {
    const x = ((index / (values.length - 1)) * WIDTH).toFixed(2);
    if (value !== null) piece.push(`${x} ${y(value).toFixed(2)}`);
    if (piece.length > 0 && (value === null || index === values.length - 1)) {
      const [from] = piece[0].split(" ");
      const [to] = piece[piece.length - 1].split(" ");
      line += `M${piece.join("L")}${piece.length === 1 ? "h0.01" : ""}`;
      area += `M${from} ${HEIGHT}L${piece.join("L")}L${to} ${HEIGHT}Z`;
      piece = [];
    }
  });
  return { line, area };
}
