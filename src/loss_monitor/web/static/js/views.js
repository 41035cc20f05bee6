/**
 * The views of the page: a table, the navigation made of it, and which one is shown.
 *
 * The overview stands in `index.html`; the others are modules with a style sheet of their own,
 * fetched when they are first shown, so that opening the page stays cheap. The view shown is
 * the parameter `view` of the address; Back leads to the one before.
 */

import { byId, element, icon } from "./element.js";
import { styled } from "./style_sheets.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./url_state.js").UrlState} UrlState */

/**
 * @typedef {object} View
 * @property {string} name In the address.
 * @property {string} title
 * @property {string} icon
 * @property {() => Promise<{mount: Mount}>} [load] None for the overview.
 * @property {readonly string[]} [styles] Style sheets that come with it.
 */

/**
 * @typedef {object} MountedView A view of which the page exists; told of states while shown.
 * @property {(state: State) => void} update With every change while it is shown.
 * @property {() => void} show It is shown from now on; an update follows.
 * @property {() => void} hide Let go of what is not needed unseen.
 * @property {(key: string) => string | null} press A key that no element had a use for; what it
 *   did is read out, `null` where the view has no use for it.
 */

/** @typedef {{store: Store, url: UrlState}} Context What a view is given. */
/** @typedef {(host: HTMLElement, context: Context) => MountedView} Mount */

/** @type {readonly View[]} */
const VIEWS = [
  { name: "overview", title: "Overview", icon: "overview" },
  {
    ...{ name: "scalars", title: "Scalars", icon: "scalars" },
    load: () => import("./views/scalars.js"),
    styles: ["tag_board"],
  },
  {
    ...{ name: "histograms", title: "Histograms", icon: "histograms" },
    load: () => import("./views/histograms.js"),
    styles: ["tag_board", "histograms"],
  },
  {
    ...{ name: "compare", title: "Compare", icon: "table" },
    load: () => import("./views/compare.js"),
    styles: ["tag_board", "compare"],
  },
];
const [OVERVIEW] = VIEWS;

/**
 * Mount the navigation, and show the view that the address asks for.
 *
 * @param {Context} context
 * @param {{log: HTMLElement, drawOverview: () => void}} overview The activity panel is the last
 *   entry of the bar on phones; charts are not drawn unseen, and so on return.
 * @returns {{update: (state: State) => void, press: (key: string) => string | null,
 *   overviewShown: () => boolean}}
 */
export function mountViews(context, { log, drawOverview }) {
  const { url, store } = context;
  const tabs = byId("views");
  const bar = byId("bottom-bar");
  /** @type {Map<string, Promise<MountedView>>} */
  const loading = new Map();
  /** @type {Map<string, number>} */
  const scrolled = new Map();
  let shown = OVERVIEW;
  /** @type {MountedView | null} */
  let mounted = null;
  let logWanted = false;

  tabs.hidden = VIEWS.length < 2;
  for (const view of VIEWS) {
    tabs.append(link(view));
    bar.append(link(view));
  }
  bar.append(logButton());
  mark();
  url.subscribe(follow);
  follow();
  addEventListener("scroll", () => {
    // Once the address has moved on it is the browser that scrolls: to the top, for one.
    const { hash } = location;
    const view = viewOf(new URLSearchParams(hash.slice(1)).get("view"));
    if (view === shown) scrolled.set(shown.name, scrollY);
  }, { passive: true });

  /** @param {View} view */
  function link(view) {
    const parameters = { view: view === OVERVIEW ? null : view.name };
    const made = element("a", { href: url.link(parameters), "data-view": view.name });
    made.append(icon(view.icon), view.title);
    // The address goes on changing: a link is what it says at the moment it is used.
    for (const type of ["pointerdown", "focus", "click"]) {
      made.addEventListener(type, () => void (made.href = url.link(parameters)));
    }
    return made;
  }

  function logButton() {
    const made = element("button", { type: "button" }, icon("log"), "Log");
    made.addEventListener("click", () => {
      logWanted = true;
      if (shown === OVERVIEW) showLog();
      else location.assign(url.link({ view: null }));
    });
    new IntersectionObserver(
      (entries) => {
        const at = entries.some((entry) => entry.isIntersecting);
        made.setAttribute("aria-current", String(at));
        bar.classList.toggle("is-at-log", at);
      },
      { rootMargin: "-45% 0px -45% 0px" },
    ).observe(log);
    return made;
  }

  function showLog() {
    logWanted = false;
    log.scrollIntoView({ behavior: motion(), block: "start" });
    const entries = log.querySelector("[role=log]");
    if (entries instanceof HTMLElement) entries.focus({ preventScroll: true });
  }

  function mark() {
    document.documentElement.dataset.view = shown.name;
    for (const one of document.querySelectorAll("[data-view].view, #views a, #bottom-bar a")) {
      if (!(one instanceof HTMLElement)) continue;
      const here = one.dataset.view === shown.name;
      if (one instanceof HTMLAnchorElement) {
        if (here) one.setAttribute("aria-current", "page");
        else one.removeAttribute("aria-current");
      } else one.hidden = !here;
    }
  }

  /** Show the view of the address. */
  function follow() {
    const view = viewOf(url.read("view"));
    if (view === shown) return;
    mounted?.hide();
    mounted = null;
    shown = view;
    const host = hostOf(view);
    mark();
    scrollTo({ top: scrolled.get(view.name) ?? 0, behavior: "instant" });
    if (view.load === undefined) {
      drawOverview();
      if (logWanted) showLog();
      return;
    }
    let ready = loading.get(view.name);
    if (ready === undefined) {
      ready = open(view, host, context);
      loading.set(view.name, ready);
    }
    ready.then(
      (made) => {
        if (shown !== view) return;
        mounted = made;
        made.show();
        made.update(store.state);
      },
      () => tellFailure(host, view),
    );
  }

  return {
    update: (state) => mounted?.update(state),
    press: (key) => mounted?.press(key) ?? null,
    overviewShown: () => shown === OVERVIEW,
  };
}

/** @param {string | null} named In the address. */
function viewOf(named) {
  return VIEWS.find(({ name }) => name === named) ?? OVERVIEW;
}

/**
 * @param {View} view
 * @returns {HTMLElement}
 */
function hostOf({ name, title }) {
  const found = document.getElementById(`view-${name}`);
  if (found !== null) return found;
  const made = element("section", {
    ...{ class: "view", id: `view-${name}`, "data-view": name, "aria-label": title },
  });
  made.append(element("p", { class: "view-loading" }, `Loading ${title} …`));
  byId("main").append(made);
  return made;
}

/**
 * Fetch a view and mount it.
 *
 * @param {View} view
 * @param {HTMLElement} host
 * @param {Context} context
 * @returns {Promise<MountedView>}
 */
async function open(view, host, context) {
  if (view.load === undefined) throw new TypeError("the overview is there already");
  const [{ mount }] = await Promise.all([view.load(), ...(view.styles ?? []).map(styled)]);
  host.replaceChildren();
  return mount(host, context);
}

/**
 * A browser asks for a module only once: another attempt is another load of the page, which
 * loses nothing, since the whole state is in the address.
 *
 * @param {HTMLElement} host
 * @param {View} view
 */
function tellFailure(host, { title }) {
  const again = element("button", { type: "button", class: "button" }, icon("retry"), "Try again");
  again.addEventListener("click", () => location.reload());
  const words = `${title} could not be loaded from the monitor.`;
  host.replaceChildren(
    element(
      "div",
      { class: "notice tone-err", role: "alert" },
      ...[icon("error"), element("span", { class: "notice-text" }, words), again],
    ),
  );
}

/** @returns {ScrollBehavior} */
function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
