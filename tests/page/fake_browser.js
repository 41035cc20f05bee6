/**
 * A browser that the test drives: clock, event streams, answers, visibility.
 */

import { mock } from "node:test";

/** An event stream that the test opens, feeds and breaks. */
export class FakeEventSource extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSED = 2;
  /** @type {FakeEventSource[]} */
  static all = [];

  constructor(url) {
    super();
    this.url = url;
    this.readyState = FakeEventSource.CONNECTING;
    FakeEventSource.all.push(this);
  }

  static get last() {
    return FakeEventSource.all.at(-1);
  }

  /** Send an event of this moment, or of `late_s` ago where something held it back. */
  send(type, data, late_s = 0) {
    this.readyState = FakeEventSource.OPEN;
    const time = "server_time_s" in data ? { server_time_s: Date.now() / 1000 - late_s } : {};
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify({ ...data, ...time }) }));
  }

  /** Break; the browser tries again by itself unless it was refused. */
  fail({ refused = false } = {}) {
    this.readyState = refused ? FakeEventSource.CLOSED : FakeEventSource.CONNECTING;
    this.onerror?.();
  }

  close() {
    this.readyState = FakeEventSource.CLOSED;
  }
}

/**
 * Put the fake browser in place.
 *
 * @param {(path: string) => unknown} answer What the server answers to a path: a value is sent
 *   as JSON, a string as text, an `Error` stands for no connection, `{status, body}` for a
 *   refusal.
 */
export function fakeBrowser(answer = () => new Error("no server")) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 2_000_000_000 });
  FakeEventSource.all = [];
  const document = new EventTarget();
  document.hidden = false;
  const window = new EventTarget();
  const session = new Map();
  const browser = { document, paths: [], lastEventIds: [], reloads: 0, answer, session };
  const globals = {
    document,
    EventSource: FakeEventSource,
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
    performance: { now: () => Date.now() },
    location: { reload: () => { browser.reloads += 1; } },
    sessionStorage: {
      getItem: (key) => session.get(key) ?? null,
      setItem: (key, value) => session.set(key, value),
    },
    fetch: async (path, { headers } = {}) => {
      browser.paths.push(path);
      browser.lastEventIds.push(headers?.["Last-Event-ID"] ?? "");
      const found = browser.answer(path);
      if (found instanceof Error) throw new TypeError("failed to fetch");
      if (found?.status) {
        return new Response(JSON.stringify(found.body), { status: found.status });
      }
      return new Response(typeof found === "string" ? found : JSON.stringify(found));
    },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  browser.hide = (hidden) => {
    document.hidden = hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  return browser;
}

/** Let time pass in small steps, and everything that waits for answers come to rest. */
export async function pass(ms) {
  for (let left = ms; left > 0; left -= 100) {
    mock.timers.tick(Math.min(100, left));
    await rest();
  }
}

/** Let what waits for answers come to rest. */
export async function rest() {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done));
}

/** Real time again. */
export function realBrowser() {
  mock.timers.reset();
}

/** The text of a stream that ends, as the server answers where it is polled. */
export function eventText(...events) {
  const blocks = events.map(([type, data]) =>
    `event: ${type}\nid: ${data.version}\ndata: ${JSON.stringify(data)}\n\n`);
  return `retry: 1000\n\n${blocks.join("")}`;
}
