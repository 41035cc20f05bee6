/**
 * Numbers and times as people read them.
 *
 * Values of the page's state enter, short texts leave. Every number on the page goes through
 * here, so that a loss looks the same on a card, an axis, a table and in a tooltip. All texts
 * use a true minus, and spaces that neither grow nor break.
 */

/** Stands for a value that is not there (`null`, or a mean without finite values). */
export const MISSING = "\u2013";

const MINUS = "\u2212";
const THIN_SPACE = "\u202f";
const INFINITY_SIGN = "\u221e";
/** Made once: it costs more than all else of a moment. */
const ZONES = new Intl.DateTimeFormat("en", { timeZoneName: "short" });
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SIGNIFICANT_DIGITS = 4;
const FIXED_MIN = 1e-3;
const FIXED_MAX = 1e5;

/** @typedef {number | null | undefined} Maybe */

/**
 * A loss with four significant digits: `0.01234`, `1.234×10⁻⁵`, `NaN`, `−∞`.
 *
 * @param {Maybe} value `null` and `undefined` give a dash.
 * @param {number} [digits] Significant digits.
 * @returns {string}
 */
export function formatNumber(value, digits = SIGNIFICANT_DIGITS) {
  const special = formatSpecial(value);
  if (special !== null) return special;
  const number = /** @type {number} */ (value);
  const rounded = Math.abs(Number(number.toPrecision(digits)));
  if (rounded < FIXED_MIN || Math.abs(number) >= FIXED_MAX) {
    return formatScientific(number.toExponential(digits - 1));
  }
  const exponent = Math.floor(Math.log10(rounded) + 1e-12);
  const fixed = Math.abs(number).toFixed(Math.max(0, digits - 1 - exponent));
  // 99,999.6 has five digits before rounding and six after it.
  if (Number(fixed) >= FIXED_MAX) return formatScientific(number.toExponential(digits - 1));
  return sign(number) + fixed;
}

/**
 * A number with every digit it has, for tooltips and tables.
 *
 * @param {Maybe} value
 * @returns {string}
 */
export function formatExact(value) {
  const special = formatSpecial(value);
  if (special !== null) return special;
  const text = String(value);
  return text.includes("e") ? formatScientific(text) : text.replace("-", MINUS);
}

/**
 * A whole number in groups of three: `20,544`.
 *
 * @param {Maybe} value
 * @returns {string}
 */
export function formatCount(value) {
  const special = formatSpecial(value);
  if (special !== null && value !== 0) return special;
  const number = Math.round(/** @type {number} */ (value));
  return sign(number) + String(Math.abs(number)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * A count as short as an axis needs: `950`, `1.5 k`, `20 M`.
 *
 * @param {number} value
 * @returns {string}
 */
export function formatShortCount(value) {
  for (const [unit, name] of /** @type {[number, string][]} */ ([[1e9, "G"], [1e6, "M"]])) {
    if (Math.abs(value) >= unit) return trimmed(value / unit, 3) + THIN_SPACE + name;
  }
  if (Math.abs(value) >= 1e3) return trimmed(value / 1e3, 3) + THIN_SPACE + "k";
  return Number.isInteger(value) ? formatCount(value) : trimmed(value, 3);
}

/**
 * A share in percent: `12.35 %`, and with a sign `+2.49 %`, `−98.86 %`.
 *
 * @param {Maybe} fraction 1 is 100 %.
 * @param {{signed?: boolean, decimals?: number}} [options]
 * @returns {string}
 */
export function formatPercent(fraction, { signed = false, decimals = 2 } = {}) {
  if (fraction === null || fraction === undefined || Number.isNaN(fraction)) return MISSING;
  const text = Number.isFinite(fraction)
    ? Math.abs(fraction * 100).toFixed(decimals)
    : INFINITY_SIGN;
  const zero = Number(text) === 0;
  const lead = zero ? "" : fraction < 0 ? MINUS : signed ? "+" : "";
  return lead + text + THIN_SPACE + "%";
}

/**
 * A length of time in at most two units: `0.4 s`, `12 s`, `4 min`, `3 h 20 min`, `2 d 4 h`.
 *
 * @param {Maybe} seconds
 * @returns {string}
 */
export function formatDuration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return MISSING;
  const length_s = Math.max(0, seconds);
  if (length_s < 0.95) return quantity(length_s.toFixed(1), "s");
  if (length_s < 59.5) return quantity(Math.round(length_s), "s");
  if (length_s < 3570) return quantity(Math.round(length_s / 60), "min");
  const minutes = Math.round(length_s / 60);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, "h", "min");
  return twoUnits(Math.round(minutes / 60), 24, "d", "h");
}

/**
 * How long ago something was: `just now`, `12 s ago`.
 *
 * @param {Maybe} seconds
 * @returns {string}
 */
export function formatAge(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return MISSING;
  return seconds < 1 ? "just now" : `${formatDuration(seconds)} ago`;
}

/**
 * Something per second, with three significant digits: `12.4`, `0.052`, `1,240`.
 *
 * @param {Maybe} value
 * @returns {string}
 */
export function formatRate(value) {
  const special = formatSpecial(value);
  if (special !== null) return special;
  const number = /** @type {number} */ (value);
  if (Math.abs(number) >= 100) return formatCount(number);
  if (Math.abs(number) < FIXED_MIN) return formatNumber(number, 3);
  return trimmed(number, 3);
}

/**
 * An amount of data in decimal units: `812 B`, `1.24 GB`.
 *
 * @param {Maybe} bytes
 * @returns {string}
 */
export function formatBytes(bytes) {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return MISSING;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return quantity(trimmed(amount, 3), units[unit] ?? "");
}

/**
 * A moment of the day in this browser's zone: `14:32:08`.
 *
 * @param {string | number | null | undefined} moment ISO 8601, or seconds since 1970.
 * @returns {string}
 */
export function formatClock(moment) {
  const date = dateOf(moment);
  return date === null ? MISSING : `${two(date.getHours())}:${minuteAndSecond(date)}`;
}

/**
 * A moment with date and zone: `2026-07-03 14:32:08 GMT+2`.
 *
 * @param {string | number | null | undefined} moment ISO 8601, or seconds since 1970.
 * @returns {string}
 */
export function formatMoment(moment) {
  const date = dateOf(moment);
  if (date === null) return MISSING;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const zone = ZONES.formatToParts(date).find((part) => part.type === "timeZoneName");
  return `${day} ${formatClock(moment)} ${zone?.value ?? ""}`.trim();
}

/**
 * The day and minute of a moment in this browser's zone: `2026-07-03 14:32`.
 *
 * @param {string | number | null | undefined} moment ISO 8601, or seconds since 1970.
 * @returns {string}
 */
export function formatDay(moment) {
  return formatMoment(moment).slice(0, "2026-07-03 14:32".length);
}

/**
 * A tick of a logarithmic axis: `0.01`, `1`, `10⁻⁵`, and between them `0.02`, `5×10⁻⁵`.
 *
 * @param {number} value
 * @returns {string}
 */
export function formatLogTick(value) {
  const exponent = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  const factor = Math.round(Math.abs(value) / 10 ** exponent * 1000) / 1000;
  if (exponent >= -3 && exponent <= 3) return sign(value) + trimmed(Math.abs(value), 3);
  const power = `10${superscript(exponent)}`;
  return sign(value) + (factor === 1 ? power : `${factor}×${power}`);
}

/**
 * The ticks of a linear axis, all with the same decimals or the same power of ten.
 *
 * @param {number[]} ticks Evenly spaced.
 * @returns {string[]}
 */
export function formatLinearTicks(ticks) {
  const largest = Math.max(...ticks.map(Math.abs), 0);
  const step = ticks.length > 1 ? Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) : largest;
  if (largest === 0 || step === 0) return ticks.map((tick) => formatNumber(tick));
  const power = Math.floor(Math.log10(largest) + 1e-9);
  const scaled = largest >= FIXED_MAX || largest < FIXED_MIN;
  const unit = scaled ? 10 ** power : 1;
  const decimals = decimalsOf(step / unit);
  return ticks.map((tick) => {
    if (Math.abs(tick) < step * 1e-6) return "0";
    const text = sign(tick) + Math.abs(tick / unit).toFixed(decimals);
    return scaled ? `${text}×10${superscript(power)}` : text;
  });
}

/**
 * Decimals that write an increment of an axis exactly, at most nine.
 *
 * @param {number} step
 */
function decimalsOf(step) {
  const least = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  for (let decimals = least; decimals < 9; decimals += 1) {
    const shifted = step * 10 ** decimals;
    if (Math.abs(shifted - Math.round(shifted)) < 1e-6 * shifted) return decimals;
  }
  return 9;
}

/**
 * The text of a value that has no digits to format, or null.
 *
 * @param {Maybe} value
 */
function formatSpecial(value) {
  if (value === null || value === undefined) return MISSING;
  if (Number.isNaN(value)) return "NaN";
  if (value === 0) return "0";
  return Number.isFinite(value) ? null : sign(value) + INFINITY_SIGN;
}

/** @param {string} text As `toExponential` writes it. */
function formatScientific(text) {
  const [mantissa = "", exponent = "0"] = text.split("e");
  return `${mantissa.replace("-", MINUS)}×10${superscript(Number(exponent))}`;
}

/** @param {number} exponent */
function superscript(exponent) {
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[Number(digit)]);
  return (exponent < 0 ? "⁻" : "") + digits.join("");
}

/** @param {number} value */
function sign(value) {
  return value < 0 ? MINUS : "";
}

/**
 * @param {number} value
 * @param {number} digits Significant ones, without trailing zeros.
 */
function trimmed(value, digits) {
  return String(Number(value.toPrecision(digits))).replace("-", MINUS);
}

/**
 * @param {string | number} amount
 * @param {string} unit
 */
function quantity(amount, unit) {
  return amount + THIN_SPACE + unit;
}

/**
 * @param {number} amount In the smaller unit.
 * @param {number} per Smaller units in the larger one.
 * @param {string} large
 * @param {string} small
 */
function twoUnits(amount, per, large, small) {
  const rest = amount % per;
  const first = quantity(formatCount(Math.floor(amount / per)), large);
  return rest === 0 ? first : `${first} ${quantity(rest, small)}`;
}

/** @param {string | number | null | undefined} moment */
function dateOf(moment) {
  if (moment === null || moment === undefined) return null;
  const date = new Date(typeof moment === "number" ? moment * 1000 : moment);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** @param {number} value */
function two(value) {
  return String(value).padStart(2, "0");
}

/** @param {Date} date */
function minuteAndSecond(date) {
  return `${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/**
 * The parameters of a run in one line.
 *
 * @param {Readonly<Record<string, string>> | undefined} params
 */
export function formatParams(params) {
  return Object.entries(params ?? {}).map(([name, value]) => `${name}=${value}`).join(", ");
}
