/**
 * Colours and type for canvases, from the style sheet.
 *
 * Names of CSS variables enter, colours a canvas understands leave. They are read once per
 * theme: asking the browser for every stroke would cost more than drawing it.
 */

/** @type {Map<string, string>} */
const colours = new Map();

document.addEventListener("themechange", () => colours.clear());

/**
 * The colour of a CSS variable.
 *
 * @param {string} name Such as `--accent`.
 * @param {number} [alpha] Opacity, for variables written as `#rrggbb`.
 * @returns {string}
 */
export function colour(name, alpha = 1) {
  const key = `${name}/${alpha}`;
  let found = colours.get(key);
  if (found === undefined) {
    const style = getComputedStyle(document.documentElement);
    found = withAlpha(style.getPropertyValue(name).trim() || "#888888", alpha);
    colours.set(key, found);
  }
  return found;
}

/**
 * @param {string} text
 * @param {number} alpha
 */
function withAlpha(text, alpha) {
  const short = /^#(.)(.)(.)$/.exec(text);
  const whole = short === null ? text : `#${short.slice(1).map((digit) => digit + digit).join("")}`;
  if (alpha === 1 || !/^#[0-9a-f]{6}$/i.test(whole)) return whole;
  return whole + Math.round(alpha * 255).toString(16).padStart(2, "0");
}
