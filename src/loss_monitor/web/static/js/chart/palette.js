/**
 * Colours and type for canvases, from the style sheet.
 *
 * Names of CSS variables enter, colours a canvas understands leave. They are read once per
 * theme: asking the browser for every stroke would cost more than drawing it.
 */

/** The theme of what is being painted; empty for the page's own. */
let painted = "";

/** @type {Map<string, string>} */
const colours = new Map();
let family = "";

document.addEventListener("themechange", () => colours.clear());

/**
 * The colour of a CSS variable.
 *
 * @param {string} name Such as `--accent`.
 * @param {number} [alpha] Opacity, for variables written as `#rrggbb`.
 * @returns {string}
 */
export function colour(name, alpha = 1) {
  const key = `${painted}${name}/${alpha}`;
  let found = colours.get(key);
  if (found === undefined) {
    found = withAlpha(read(name) || "#888888", alpha);
    colours.set(key, found);
  }
  return found;
}

/**
 * Paint in a theme whatever the page's is.
 *
 * @param {"light" | "dark"} theme
 * @param {() => void} paint Asks for its colours before it returns.
 */
export function paintIn(theme, paint) {
  painted = theme;
  try {
    paint();
  } finally {
    painted = "";
  }
}

/**
 * The fonts of the page, as a canvas names them.
 *
 * @returns {string}
 */
export function fontFamily() {
  family ||= getComputedStyle(document.body).fontFamily;
  return family;
}

/** @param {string} name */
function read(name) {
  if (painted === "") return valueOf(document.documentElement, name);
  const themed = document.createElement("div");
  themed.hidden = true;
  themed.dataset.theme = painted;
  document.body.append(themed);
  const value = valueOf(themed, name);
  themed.remove();
  return value;
}

/**
 * @param {Element} element
 * @param {string} name
 */
function valueOf(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
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
