/**
 * Six cards: current loss, mean loss, best mean, timesteps, trend, values that are not finite.
 *
 * Calm by design: ordinary noise has no colour, an exception has.
 */

import { element, icon, setText } from "../element.js";
import { bestMean, compareLast, nonFiniteOf, RECENT_TIMESTEPS } from "../figures.js";
import {
  formatAge, formatCount, formatExact, formatNumber, formatPercent, MISSING,
} from "../format.js";
import { zoomTo } from "../shown.js";
import { serverNow } from "../status.js";
import { timestepNumber } from "../timestep_number.js";
import { unitWords } from "../units.js";
import { sparkline } from "./sparkline.js";

/** @typedef {import("../types.js").Panel} Panel */
/** @typedef {import("../types.js").Data} Data */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../figures.js").Compared} Compared */

const SPARKLINE_TIMESTEPS = 60;
/** Timesteps shown around the one that a link leads to. */
const LINK_TIMESTEPS = 40;

/**
 * Mount the cards.
 *
 * @param {HTMLElement} host
 * @param {Store} store
 * @returns {Panel}
 */
export function mount(host, store) {
  const current = card("Current loss");
  const mean = card("Mean loss");
  const best = card("Best mean");
  const timesteps = card("Total timesteps");
  const trend = card("Trend");
  const nonFinite = card("Non-finite values");
  const currentLine = sparkline();
  const meanLine = sparkline();
  current.root.append(currentLine.element);
  mean.root.append(meanLine.element);
  const showTrend = trendCard(trend);
  const showNonFinite = nonFiniteCard(nonFinite, store);
  host.replaceChildren(
    element("div", { class: "cards-first" }, current.root, mean.root),
    element("div", { class: "cards-more" }, best.root, timesteps.root, trend.root, nonFinite.root),
  );

  /** What the figures are of. @type {Data | null} */
  let shown = null;

  return {
    update(state) {
      const { data } = state;
      if (!data || data.run.timesteps === 0) {
        shown = null;
        for (const one of [current, mean, best, timesteps, trend, nonFinite]) blank(one);
        currentLine.set([]);
        meanLine.set([]);
        if (data) setText(timesteps.value, "0");
        return;
      }
      const same = shown !== null && sameFigures(shown, data);
      // How long ago the training recovered counts on.
      showNonFinite(state, same ? null : data);
      if (same) return;
      shown = data;
      showCurrent(current, data);
      currentLine.set(data.recent);
      showMean(mean, data);
      meanLine.set(data.timesteps.mean.slice(-SPARKLINE_TIMESTEPS));
      showBest(best, data);
      showTimesteps(timesteps, data);
      showTrend(data);
    },
    destroy() {
      host.replaceChildren();
    },
  };
}

/**
 * @param {Data} a
 * @param {Data} b
 */
function sameFigures(a, b) {
  return (
    a.run === b.run
    && a.recent === b.recent
    && a.current === b.current
    && a.timesteps === b.timesteps
    && a.buckets === b.buckets
    && a.statistics === b.statistics
  );
}

/**
 * @typedef {object} Card
 * @property {HTMLElement} root
 * @property {HTMLElement} small Beside the title.
 * @property {HTMLElement} value
 * @property {HTMLElement} note
 */

/**
 * @param {string} title
 * @returns {Card}
 */
function card(title) {
  const small = element("small");
  const value = element("p", { class: "card-value" });
  const note = element("p", { class: "card-note" });
  const heading = element("h2", {}, title, " ", small);
  return { root: element("article", { class: "card" }, heading, value, note), small, value, note };
}

/** @param {Card} one */
function blank(one) {
  tone(one, "");
  one.value.classList.remove("is-word");
  setText(one.value, MISSING);
  setText(one.note, "");
  setText(one.small, "");
}

/**
 * @param {Card} one
 * @param {"" | "is-warn" | "is-err"} name
 */
function tone(one, name) {
  one.root.classList.toggle("is-warn", name === "is-warn");
  one.root.classList.toggle("is-err", name === "is-err");
}

/**
 * @param {Card} one
 * @param {Compared} compared
 * @param {string} usual What the usual value is taken from.
 */
function showCompared(one, compared, usual) {
  tone(one, compared.exceptional || compared.value === null ? "is-warn" : "");
  setText(one.value, compared.value === null ? "not finite" : formatNumber(compared.value));
  one.value.classList.toggle("is-word", compared.value === null);
  one.value.title = formatExact(compared.value);
  const change = formatPercent(compared.change, { signed: true, decimals: 1 });
  setText(one.note, compared.change === null ? "" : `${change} vs ${usual}`);
}

/**
 * @param {Card} one
 * @param {Data} data
 */
function showCurrent(one, data) {
  const compared = compareLast(data.recent);
  showCompared(one, compared, "recent median");
  one.note.title = `The median of the ${compared.sample} losses before it`;
}

/**
 * @param {Card} one
 * @param {Data} data
 */
function showMean(one, data) {
  const compared = compareLast(data.timesteps.mean.slice(-RECENT_TIMESTEPS - 1));
  const count = data.current?.count ?? 0;
  const growing = data.current && !data.current.complete;
  setText(one.small, growing ? `${formatCount(count)} so far` : "");
  showCompared(one, compared, "recent median");
  one.note.title = `The median of the ${compared.sample} timesteps before it`;
}

/**
 * @param {Card} one
 * @param {Data} data
 */
function showBest(one, data) {
  const best = bestMean(data);
  setText(one.value, formatNumber(best?.mean));
  one.value.title = formatExact(best?.mean);
  if (!best) {
    setText(one.note, "");
    setText(one.small, "");
    return;
  }
  const ago = data.run.timesteps - 1 - best.index;
  const unit = ago === 1 ? "timestep" : "timesteps";
  setText(one.small, ago === 0 ? "the latest" : `${formatCount(ago)} ${unit} ago`);
  setText(one.note, `${best.exact ? "" : "about "}${shortLabel(best.label)}`);
}

/**
 * @param {Card} one
 * @param {Data} data
 */
function showTimesteps(one, data) {
  setText(one.value, formatCount(data.run.timesteps));
  const unit = unitWords(data.run.unit, data.run.batches);
  const label = data.timesteps.label.at(-1) ?? "";
  setText(one.small, `${formatCount(data.run.batches)} ${unit}`);
  const dated = /\d-\d/.test(label);
  setText(one.note, dated ? `up to ${shortLabel(label)}` : label);
}

/**
 * A label without seconds that are zero: cards are narrow.
 *
 * @param {string} label
 */
function shortLabel(label) {
  return label.replace(/(\d\d:\d\d):00$/, "$1");
}

/** A rise that explains less of the losses than this is noise, and nobody is alarmed. */
const TREND_R2_MIN = 0.1;

const TRENDS = Object.freeze({
  decreasing: { word: "Decreasing", arrow: "down" },
  increasing: { word: "Increasing", arrow: "up" },
  flat: { word: "Flat", arrow: "flat" },
});

/**
 * @param {Card} one
 * @returns {(data: Data) => void}
 */
function trendCard(one) {
  let shown = "";
  return (data) => {
    const { statistics } = data;
    const name = statistics?.recent_trend ?? "unknown";
    const known = TRENDS[/** @type {keyof typeof TRENDS} */ (name)] ?? null;
    const last = Math.min(100, data.run.timesteps);
    setText(one.small, known ? (last === 1 ? "last timestep" : `last ${last} timesteps`) : "");
    if (name !== shown || !one.value.classList.contains("is-word")) {
      shown = name;
      one.value.classList.add("is-word");
      one.value.replaceChildren(...(known ? [icon(known.arrow), known.word] : ["Unknown"]));
    }
    const slope = statistics?.recent_slope ?? null;
    const r2 = statistics?.recent_r2 ?? null;
    tone(one, name === "increasing" && (r2 ?? 0) >= TREND_R2_MIN ? "is-warn" : "");
    const fit = r2 === null ? "" : ` · R² ${r2.toFixed(2)}`;
    const each = unitWords(data.run.unit, 1);
    setText(one.note, slope === null ? "" : `${formatNumber(slope, 3)} a ${each}${fit}`);
  };
}

/**
 * @param {Card} one
 * @param {Store} store
 * @returns {(state: State, changed: Data | null) => void} `null` where only time has passed.
 */
function nonFiniteCard(one, store) {
  const link = element("button", { type: "button", class: "link" });
  const words = element("span");
  let first = 0;
  let span = 1;
  link.addEventListener("click", () => {
    const total = store.state.data?.run.timesteps ?? 0;
    const half = Math.max(LINK_TIMESTEPS, 3 * span) / 2;
    const middle = first + span / 2;
    const zoom = zoomTo(middle - half, middle + half, total);
    // Of a bucket nobody knows yet which of its timesteps it is: the zoomed chart tells.
    store.setView(span === 1 ? { chosen: first, ...zoom } : zoom);
  });
  const number = element("span");
  /** @type {import("../figures.js").NonFinite | null} */
  let found = null;
  return (state, changed) => {
    const data = changed ?? state.data;
    if (changed !== null) found = nonFiniteOf(changed);
    if (found === null || data === null) return;
    const count = found.nan + found.infinite;
    tone(one, found.state === "now" ? "is-err" : count > 0 ? "is-warn" : "");
    if (count === 0) {
      setText(one.small, "");
      setText(one.value, "0");
      setText(one.note, "all values are finite");
      return;
    }
    setText(number, formatCount(count));
    if (number.parentNode !== one.value) one.value.replaceChildren(icon("warning"), number);
    const now_s = serverNow(state, Date.now());
    const since = found.recovered_at_s === null ? null : now_s - found.recovered_at_s;
    const recovered = found.state === "now"
      ? "not recovered"
      : since === null ? "recovered" : `recovered ${formatAge(since)}`;
    first = found.first ?? 0;
    span = found.first_span;
    setText(one.small, kinds(found.nan, found.infinite));
    setText(link, `first ${span === 1 ? "at" : "near"} ${timestepNumber(data, first)}`);
    setText(words, recovered);
    one.note.title = `${link.textContent} · ${recovered}`;
    if (link.parentNode !== one.note) one.note.replaceChildren(link, " · ", words);
  };
}

/**
 * @param {number} nan
 * @param {number} infinite
 */
function kinds(nan, infinite) {
  const parts = [];
  if (nan > 0) parts.push(`${formatCount(nan)} NaN`);
  if (infinite > 0) parts.push(`${formatCount(infinite)} ∞`);
  return parts.join(", ");
}
