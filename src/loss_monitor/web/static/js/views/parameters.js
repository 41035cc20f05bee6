/**
 * What the user set in a view, kept in the page's address.
 *
 * A table of parameters enters: how each is read from the address and written to it. The
 * present values leave; they change by the user's hand, or when he goes to another address.
 */

/** @typedef {import("../url_state.js").UrlState} UrlState */

/**
 * @template T
 * @typedef {object} Parameter
 * @property {(text: string | null) => T} read `null` where the address says nothing; rubbish
 *   gives the default.
 * @property {(value: T) => string | null} write `null` for the default.
 */

/**
 * @template {Record<string, any>} T
 * @typedef {object} Parameters
 * @property {T} now Never modified in place.
 * @property {(part: Partial<T>) => void} set
 */

/**
 * Keep a view's parameters.
 *
 * @template {Record<string, any>} T
 * @param {UrlState} url
 * @param {string} view Its name; those of the parameters in the address begin with it.
 * @param {{[K in keyof T]: Parameter<T[K]>}} table
 * @param {(before: T) => void} changed
 * @returns {Parameters<T>}
 */
export function keepParameters(url, view, table, changed) {
  const names = /** @type {(keyof T & string)[]} */ (Object.keys(table));

  function readAll() {
    const pairs = names.map((name) => [name, table[name].read(url.read(`${view}.${name}`))]);
    return /** @type {T} */ (Object.fromEntries(pairs));
  }

  const parameters = {
    now: readAll(),
    /** @param {Partial<T>} part */
    set(part) {
      const before = parameters.now;
      parameters.now = { ...before, ...part };
      const written = Object.keys(part).map((name) => {
        return [`${view}.${name}`, table[name].write(parameters.now[name])];
      });
      url.write(Object.fromEntries(written));
      changed(before);
    },
  };
  url.subscribe(() => {
    const before = parameters.now;
    const after = readAll();
    const written = (/** @type {T} */ values) =>
      names.map((name) => table[name].write(values[name])).join("&");
    if (written(before) === written(after)) return;
    parameters.now = after;
    changed(before);
  });
  return parameters;
}

/**
 * One of some words, the first by default.
 *
 * @template {string} T
 * @param {readonly T[]} words
 * @returns {Parameter<T>}
 */
export function oneOf(words) {
  const usual = /** @type {T} */ (words[0]);
  return {
    read: (text) => words.find((word) => word === text) ?? usual,
    write: (value) => (value === usual ? null : value),
  };
}

/** @type {Parameter<string>} */
export const text = {
  read: (written) => written ?? "",
  write: (value) => value || null,
};

/**
 * A number within bounds, with two decimals.
 *
 * @param {number} least Also the default.
 * @param {number} largest
 * @returns {Parameter<number>}
 */
export function numberWithin(least, largest) {
  return {
    read(written) {
      const number = /^\d{1,9}(\.\d{1,6})?$/.test(written ?? "") ? Number(written) : least;
      return number >= least && number <= largest ? number : least;
    },
    write: (value) => (value === least ? null : String(+value.toFixed(2))),
  };
}

/**
 * Names that came from files: any text, a comma too.
 *
 * @type {Parameter<readonly string[]>}
 */
export const names = {
  read: (written) => (written ?? "").split(",").filter(Boolean).map(decoded),
  write: (value) => value.map(encodeName).join(",") || null,
};

/**
 * A range of the x-axis for each of some names.
 *
 * @type {Parameter<Readonly<Record<string, [number, number]>>>}
 */
export const ranges = {
  read(written) {
    /** @type {Record<string, [number, number]>} */
    const found = {};
    for (const part of (written ?? "").split(",").filter(Boolean)) {
      const [name = "", from = "", to = ""] = part.split(":");
      const range = [from, to].map((end) => (end.trim() === "" ? NaN : Number(end)));
      const [low = NaN, high = NaN] = range;
      if (Number.isFinite(low) && Number.isFinite(high) && low < high) {
        found[decoded(name)] = [low, high];
      }
    }
    return found;
  },
  write(value) {
    const parts = Object.entries(value).map(
      ([name, ends]) => [encodeName(name), ...ends.map((end) => +end.toPrecision(12))].join(":"),
    );
    return parts.join(",") || null;
  },
};

/** @param {string} name */
function encodeName(name) {
  return name.replace(/[%,:]/g, encodeURIComponent);
}

/** @param {string} written */
function decoded(written) {
  try {
    return decodeURIComponent(written);
  } catch {
    return written; // A percent sign that encodes nothing.
  }
}
