/**
 * Named parameters of the page's address: `#view=scalars&window=100`.
 *
 * All that a reload, or a colleague with the link, must see the same is kept here, behind `#`,
 * where no server and no proxy sees it. Each name has one owner: the overview's names stand
 * alone (`window`, `zoom`), those of another view begin with its name (`scalars.filter`). A
 * name that nobody owns is kept as it is.
 *
 * An owner reads its names once, writes them when its state changes, and subscribes to be told
 * where the user went: Back, a link, an address pasted into the tab.
 */

/** @typedef {Record<string, string | null>} Parameters `null` takes a name out. */

/**
 * @typedef {object} UrlState
 * @property {(name: string) => string | null} read
 * @property {(parameters: Parameters) => void} write Mirror a state that its owner has already;
 *   tells nobody and leaves no entry in the history.
 * @property {(parameters: Parameters) => string} link The fragment, with its `#`, of the
 *   present address with these parameters: the `href` of a link within the page.
 * @property {(listener: () => void) => () => void} subscribe Be told where the user went;
 *   returns the way to unsubscribe.
 */

/** Browsers refuse an address that changes more than a hundred times in half a minute. */
const WRITE_INTERVAL_MS = 350;

/**
 * The parameters of a tab's address, from now on.
 *
 * @param {Window} [tab]
 * @returns {UrlState}
 */
export function createUrlState(tab = window) {
  let parameters = parse(tab.location.hash);
  /** @type {Set<() => void>} */
  const listeners = new Set();
  let wroteAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function show() {
    clearTimeout(timer);
    timer = undefined;
    wroteAt = Date.now();
    const { pathname, search, hash } = tab.location;
    const fragment = format(parameters);
    if (fragment === hash) return;
    tab.history.replaceState(tab.history.state, "", fragment || pathname + search);
  }

  function flush() {
    if (timer !== undefined) show();
  }

  tab.addEventListener("pagehide", flush);
  tab.addEventListener("hashchange", () => {
    clearTimeout(timer);
    timer = undefined;
    parameters = parse(tab.location.hash);
    for (const listener of [...listeners]) listener();
  });

  return {
    read: (name) => parameters.get(name) ?? null,
    write(changes) {
      parameters = merged(parameters, changes);
      if (timer !== undefined) return;
      const wait = wroteAt + WRITE_INTERVAL_MS - Date.now();
      if (wait <= 0) show();
      else timer = setTimeout(show, wait);
    },
    link: (changes) => format(merged(parameters, changes)) || "#",
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * @param {Map<string, string>} parameters
 * @param {Parameters} changes
 * @returns {Map<string, string>}
 */
function merged(parameters, changes) {
  const all = new Map(parameters);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) all.delete(name);
    else all.set(name, value);
  }
  return all;
}

/**
 * @param {string} hash
 * @returns {Map<string, string>} In the order of the address.
 */
function parse(hash) {
  return new Map(new URLSearchParams(hash.replace(/^#/, "")));
}

/**
 * @param {Map<string, string>} parameters
 * @returns {string} With its `#`; empty where there are none.
 */
function format(parameters) {
  const parts = [...parameters].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return parts.length === 0 ? "" : `#${parts.join("&")}`;
}

/**
 * Encode what would be read as something else; what a fragment may hold stays readable.
 *
 * @param {string} text
 */
function encode(text) {
  const readable = /%(?:2C|2F|3A|40|24|3F|3B)/g;
  // Half of a character (a lone surrogate) cannot be encoded.
  const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
  return encodeURIComponent(whole).replace(readable, decodeURIComponent);
}
