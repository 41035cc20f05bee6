/**
 * The page: puts store, stream, requests and panels together, and says when each is drawn.
 *
 * Words and figures follow every change in the next frame, and once a second for what counts
 * up; charts and the ribbon are paced (see `pace.js`).
 */

import * as band from "./charts/band.js";
import * as batches from "./charts/batches.js";
import * as distribution from "./charts/distribution.js";
import * as history from "./charts/history.js";
import { byId } from "./element.js";
import { inNextFrame } from "./frames.js";
import { later } from "./later.js";
import { listenToKeys } from "./keys.js";
import { startRequests } from "./overview_requests.js";
import { pace } from "./pace.js";
import * as activity from "./panels/activity.js";
import * as cards from "./panels/cards.js";
import * as states from "./panels/states.js";
import * as statistics from "./panels/statistics.js";
import { getJson, RequestError } from "./requests.js";
import { mountRibbon } from "./ribbon.js";
import { mountSentence } from "./sentence.js";
import { mountSince } from "./since.js";
import { mountShell } from "./shell.js";
import { showRun, shownRun } from "./shown_run.js";
import { createStore, DEFAULT_VIEW } from "./store.js";
import { startSharedStream } from "./tabs.js";
import { mountTools } from "./tools.js";
import { createUrlState } from "./url_state.js";
import { addressFromView, viewFromAddress } from "./view.js";
import { mountViews } from "./views.js";

/** Many times what an idle browser takes to grant a lock. */
const BEGIN_MAX_MS = 30;

// Opened below a proxy's path without the final slash, requests would be asked for beside it.
const place = new URL("..", import.meta.url);
if (`${location.pathname}/` === place.pathname || location.search) {
  globalThis.history.replaceState(null, "", place.pathname + location.hash);
}

const url = createUrlState();
showRun(url.read("run") ?? "");
// From the first moment on: whoever goes back at once must not be left with the other run.
url.subscribe(() => {
  if ((url.read("run") ?? "") !== shownRun()) location.reload();
});
const store = createStore(viewFromAddress(url));
const stream = startSharedStream(store);
const { retry } = startRequests(store);
// The server answers while the page is built; another tab that leads may take longer.
await Promise.race([stream.begun, new Promise((done) => setTimeout(done, BEGIN_MAX_MS))]);

/** Drawn with every change. @type {import("./types.js").Panel[]} */
const words = [
  mountShell(store),
  mountSentence(byId("sentence")),
  mountSince(byId("since"), store),
  mountTools(byId("tools"), byId("zoom-bar"), store),
  cards.mount(byId("cards"), store),
  statistics.mount(byId("panel-statistics"), retry),
  activity.mount(byId("panel-activity"), byId("last-alert"), byId("announcer"), store),
  states.mount(byId("notices"), byId("empty"), byId("charts"), stream.retryNow),
];

/** Drawn at most twice a second. @type {import("./types.js").Panel[]} */
const charts = [
  mountRibbon(byId("ribbon"), store),
  history.mount(byId("panel-history"), store, retry),
  distribution.mount(byId("panel-distribution"), store),
  band.mount(byId("panel-band"), store, retry),
  // Few look at it at first: it is fetched when somebody does.
  later(byId("panel-online"), (view) => view.lower === "online", async () => {
    const { mount } = await import("./charts/online.js");
    return mount(byId("panel-online"), store, retry);
  }),
  batches.mount(byId("panel-batches"), store, retry),
];

const drawing = pace(() => {
  if (!views.overviewShown()) return;
  for (const chart of charts) chart.update(store.state);
});
const views = mountViews({ store, url }, {
  log: byId("panel-activity"),
  drawOverview: drawing.now,
});

function writeWords() {
  for (const panel of words) panel.update(store.state);
}

function drawWords() {
  if (!document.hidden) inNextFrame("words", writeWords);
}

store.subscribe((state, previous) => {
  if (state.view !== previous.view || state.fetched !== previous.fetched) drawing.now();
  else if (state.data !== previous.data) {
    // A page that was empty or belonged to another run has nothing that could rest.
    if (state.data?.run.id !== previous.data?.run.id) {
      drawing.now();
      void offerRuns();
    } else drawing.data();
  }
  drawWords();
  if (state.view !== previous.view) url.write(addressFromView(state.view));
  views.update(state);
});

let runsOffered = false;

/** Offer other runs where there are some; most servers have one, and nothing to choose. */
async function offerRuns() {
  if (runsOffered) return;
  try {
    const { runs } = await getJson("api/runs");
    if (runsOffered || (runs.length < 2 && shownRun() === "")) return;
    runsOffered = true;
    const { mountRunPicker } = await import("./run_picker.js");
    mountRunPicker(byId("run-label"), url, runs);
  } catch (error) {
    // The next run asks again; the page itself says what is wrong.
    if (!(error instanceof RequestError)) throw error;
  }
}

url.subscribe(() => store.setView({ ...DEFAULT_VIEW, ...viewFromAddress(url) }));
byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // The address keeps the view.
  byId("charts").scrollIntoView({ block: "nearest" });
  byId("main").focus();
});

void offerRuns();
listenToKeys(store, views.press);
setInterval(drawWords, 1000);
views.update(store.state);
drawWords();
drawing.now();
