/**
 * The frame of the page: name, run, owner, the two pills, pause, theme, help, title and icon of
 * the tab, and the words a screen reader is told when one of them changes.
 */

import { byId, element, icon, setText } from "./element.js";
import { formatMoment, formatParams } from "./format.js";
import { connectionStatus, pageIcon, pageTitle, trainingStatus } from "./status.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./status.js").Status} Status */

const THEME_KEY = "loss-monitor-theme";

/**
 * Mount the header onto the elements of `index.html`.
 *
 * @param {Store} store
 * @returns {Panel}
 */
export function mountShell(store) {
  const label = byId("run-label");
  const owner = byId("owner");
  const connection = pill(byId("connection"));
  const training = pill(byId("training"));
  const theme = /** @type {HTMLButtonElement} */ (byId("theme"));
  const tabIcon = byId("icon");
  const printNote = byId("print-note");
  const pause = byId("pause");
  pause.addEventListener("click", () => store.setPaused(!store.state.paused));
  document.addEventListener("click", openHelp);
  const announce = announcer(byId("announcer"));

  const shape = element("i", { class: "shape" });
  const name = element("span", { class: "run-name mono" });
  const demo = element("span", { class: "run-badge" }, "demo");
  const open = element("span", { class: "run-badge open" }, "open to all");
  open.title = "No token is asked for: whoever reaches this address reads everything (--no-auth)";
  label.append(shape, name, demo, open);

  theme.addEventListener("click", toggleTheme);
  document.addEventListener("themechange", showTheme);
  showTheme();

  function showTheme() {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    theme.replaceChildren(icon(next === "light" ? "sun" : "moon"));
    theme.setAttribute("aria-label", `Switch to ${next} theme`);
    theme.title = `Switch to ${next} theme (T)`;
  }

  /** @param {boolean} paused */
  function showPause(paused) {
    if (pause.getAttribute("aria-pressed") === String(paused)) return;
    pause.setAttribute("aria-pressed", String(paused));
    pause.replaceChildren(icon(paused ? "play" : "pause"));
    pause.title = paused ? "Go on (Space)" : "Pause (Space)";
  }

  // What is printed says of what, and when.
  const notePrint = () => {
    const { directory = "" } = store.state.live?.about ?? {};
    setText(printNote, `${directory} · printed ${formatMoment(Date.now() / 1000)}`);
  };
  const paper = matchMedia("print");
  paper.addEventListener("change", notePrint);

  return {
    update(state) {
      const now_ms = Date.now();
      const { live: data, paused } = state;
      const heard = connectionStatus(state, now_ms);
      const trained = trainingStatus(state, now_ms);
      connection(heard);
      training(trained);
      document.documentElement.dataset.connection = state.connection.status;
      showPause(paused);

      label.hidden = !data?.run.label;
      setText(name, data?.run.label ?? "");
      name.title = [data?.run.label, formatParams(data?.run.params)].filter(Boolean).join("\n");
      demo.hidden = !data?.about.demo;
      open.hidden = !data?.about.is_open;
      if (trained) shape.className = shapeClass(trained);
      setText(owner, data?.about.user ? `${data.about.user}@${data.about.host}` : "");

      const title = pageTitle(state, now_ms);
      if (document.title !== title) document.title = title;
      const file = `icons/${pageIcon(state)}.svg`;
      if (tabIcon.getAttribute("href") !== file) tabIcon.setAttribute("href", file);
      if (data) announce(heard, trained);
    },
    destroy() {
      paper.removeEventListener("change", notePrint);
      document.removeEventListener("click", openHelp);
      theme.removeEventListener("click", toggleTheme);
      document.removeEventListener("themechange", showTheme);
    },
  };
}

/**
 * Open the help where a button for it was pressed: there are several.
 *
 * @param {MouseEvent} event
 */
async function openHelp(event) {
  if (!(event.target instanceof Element) || !event.target.closest("[data-opens=help]")) return;
  const { toggleHelp } = await import("./help.js");
  toggleHelp();
}

/** Change the theme and remember it for this browser. */
function toggleTheme() {
  const root = document.documentElement;
  const next = root.dataset.theme === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  try {
    localStorage.setItem(THEME_KEY, next);
  } catch {
    // Storage may be forbidden: the choice then lasts until the page is loaded again.
  }
  document.dispatchEvent(new CustomEvent("themechange"));
}

/**
 * @param {Status} status
 */
export function shapeClass(status) {
  return `shape shape-${status.shape} tone-${status.tone}`;
}

/**
 * A pill that shows a status.
 *
 * @param {HTMLElement} host
 * @returns {(status: Status | null) => void}
 */
function pill(host) {
  const shape = element("i", { class: "shape", "aria-hidden": "true" });
  const word = element("b");
  const detail = element("span");
  host.replaceChildren(shape, word, detail);
  return (status) => {
    host.hidden = status === null;
    if (!status) return;
    host.className = `pill tone-${status.tone}`;
    shape.className = shapeClass(status);
    host.title = status.title ?? "";
    setText(word, status.word);
    setText(detail, status.detail);
    detail.hidden = !status.detail;
    detail.classList.toggle("spare", Boolean(status.spare));
  };
}

/**
 * Tell a screen reader when the connection or the training changes; not when the page opens,
 * and not what counts up by itself.
 *
 * @param {HTMLElement} host
 * @returns {(connection: Status, training: Status | null) => void}
 */
function announcer(host) {
  let told = "";
  return (connection, training) => {
    const words = [connection.word, training?.word].filter(Boolean).join(". Training: ");
    if (words === told) return;
    if (told) setText(host, `Connection: ${words}`);
    told = words;
  };
}
