/**
 * One stream for all visible tabs of a browser: the seventh stream to one host would hang.
 *
 * Tabs of one page (same origin, same path) elect a leader by a lock. The leader holds the
 * stream and passes its events and the state of its connection on over a channel; the others
 * apply them as if they were their own. A tab that joins is given the leader's data. A hidden
 * tab takes no part: it gives up lock and channel, and joins again on return. When the leader
 * goes, the browser grants the lock to the next tab, which opens a stream of its own.
 *
 * Where locks or channels do not exist (a page that came by plain HTTP from another host) each
 * tab has its own stream.
 */

import { apply, SCHEMA } from "./apply.js";
import { shownRun } from "./shown_run.js";
import { startStream } from "./stream.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./apply.js").StreamEvent} StreamEvent */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Connection} Connection */
/** @typedef {ReturnType<typeof startStream>} Stream */
/** @typedef {Stream & {begun: Promise<void>}} SharedStream `begun` once data are asked for. */

/**
 * @typedef {{kind: "ask", from: string, hidden: boolean}
 *   | {kind: "state", from: string, to: string, data: Data | null, connection: Connection}
 *   | {kind: "event", from: string, event: StreamEvent, connection: Connection}
 *   | {kind: "connection", from: string, connection: Connection}
 *   | {kind: "retry", from: string}} Message
 */

/** The leader says this often that it is there. */
export const BEAT_MS = 5_000;
/** A leader that misses so many beats (stopped in a debugger, printing) is replaced. */
const BEATS_MISSED_MAX = 4;

/**
 * Keep a store connected, by a stream shared with the other tabs where that can be.
 *
 * @param {Store} store
 * @param {Window & typeof globalThis} [tab] The tab's window; a test has several.
 * @returns {SharedStream}
 */
export function startSharedStream(store, tab = window) {
  // Undefined outside secure contexts, whatever the types say.
  if (!tab.navigator.locks || !tab.BroadcastChannel) {
    return { ...startStream(store), begun: Promise.resolve() };
  }
  const member = new Member(store, tab);
  const { begun } = member;
  return { begun, retryNow: () => member.retryNow(), destroy: () => member.destroy() };
}

/** A tab among those that share a stream. */
class Member {
  /**
   * @param {Store} store
   * @param {Window & typeof globalThis} tab
   */
  constructor(store, tab) {
    this.store = store;
    this.tab = tab;
    this.id = Math.random().toString(36).slice(2);
    // The path tells monitors behind one proxy apart, the schema a page from before an update.
    const { pathname } = new URL(".", tab.document.baseURI);
    this.name = `loss-monitor ${SCHEMA} ${pathname} ${shownRun()}`.trimEnd();
    /** @type {BroadcastChannel | null} */
    this.channel = null;
    /** Ends the wish to lead. @type {AbortController | null} */
    this.wish = null;
    /** Held while this tab leads, or where streams cannot be shared. @type {Stream | null} */
    this.stream = null;
    this.giveUpLock = () => {};
    this.begin = () => {};
    /** @type {Promise<void>} */
    this.begun = new Promise((resolve) => (this.begin = resolve));
    /** Whose events continue the data that are here. @type {string | null} */
    this.followed = null;
    this.beatsMissed = 0;

    this.gone = false;
    /** @param {Event} [event] */
    this.attend = (event) => {
      if (event?.type === "pagehide" || event?.type === "pageshow") {
        this.gone = event.type === "pagehide";
      }
      if (this.wanted) this.join();
      else this.leave();
    };
    tab.document.addEventListener("visibilitychange", this.attend);
    for (const type of ["pageshow", "pagehide"]) tab.addEventListener(type, this.attend);
    this.unsubscribe = store.subscribe((state, previous) => {
      const { status, retry_at_ms, error } = previous.connection;
      const now = state.connection;
      if (now.status !== status || now.retry_at_ms !== retry_at_ms || now.error !== error) {
        this.tellConnection();
      }
    });
    this.beats = setInterval(() => this.beat(), BEAT_MS);
    this.join();
  }

  /** A tab opened in the background takes part until its title has something to say. */
  get wanted() {
    return !this.gone && (!this.tab.document.hidden || this.store.state.live === null);
  }

  get leads() {
    return this.channel !== null && this.stream !== null;
  }

  join() {
    if (this.channel || this.stream) return;
    this.channel = new this.tab.BroadcastChannel(this.name);
    this.channel.onmessage = (event) => this.hear(event.data);
    this.beatsMissed = 0;
    this.ask();
    this.requestLock();
  }

  /** @param {{steal?: boolean}} [how] */
  requestLock({ steal = false } = {}) {
    this.wish?.abort();
    const wish = new AbortController();
    this.wish = wish;
    // A lock is either waited for or taken: the two options exclude each other.
    const options = steal ? { steal } : { signal: wish.signal };
    const lead = () => (wish.signal.aborted ? undefined : this.lead());
    this.tab.navigator.locks.request(this.name, options, lead).catch((error) => {
      if (wish.signal.aborted) return;
      this.leave();
      if (error.name === "AbortError") this.attend(); // Another tab took the lock.
      else this.stream = startStream(this.store); // Not allowed here.
      this.begin();
    });
  }

  /** @returns {Promise<void>} The lock is held until it resolves. */
  lead() {
    return new Promise((resolve) => {
      this.giveUpLock = resolve;
      this.stream = startStream(this.store, (event) => this.passOn(event));
      this.begin();
    });
  }

  /** Take no part any more: no stream, no lock, no messages. */
  leave() {
    if (!this.channel) return; // Alone, the stream itself looks after hidden tabs.
    this.channel.close();
    this.channel = null;
    this.followed = null;
    this.wish?.abort();
    this.stream?.destroy();
    this.stream = null;
    this.giveUpLock();
  }

  /** @param {Message} message */
  post(message) {
    this.channel?.postMessage(message);
  }

  /** Ask for the data; where no leader is, the next one's snapshot is the answer. */
  ask() {
    this.followed = null;
    this.post({ kind: "ask", from: this.id, hidden: this.tab.document.hidden });
  }

  /** @param {StreamEvent} event */
  passOn(event) {
    this.post({ kind: "event", from: this.id, event, connection: this.store.state.connection });
    if (!this.wanted) this.leave();
  }

  tellConnection() {
    if (!this.leads) return;
    this.post({ kind: "connection", from: this.id, connection: this.store.state.connection });
  }

  beat() {
    if (!this.channel) return;
    if (this.leads) {
      this.tellConnection();
      return;
    }
    this.beatsMissed += 1;
    if (this.beatsMissed > BEATS_MISSED_MAX) this.requestLock({ steal: true });
    else if (this.followed === null) this.ask();
  }

  /** @param {Message} message */
  hear(message) {
    if (this.leads) this.answer(message);
    else this.follow(message);
  }

  /**
   * As leader.
   *
   * @param {Message} message
   */
  answer(message) {
    if (message.kind === "retry") this.stream?.retryNow();
    if (message.kind !== "ask") return;
    const { live: data, connection } = this.store.state;
    this.post({ kind: "state", from: this.id, to: message.from, data, connection });
    if (!this.tab.document.hidden || message.hidden) return;
    // A browser slows a hidden tab down: those that are seen need not wait for it.
    this.leave();
    this.join();
  }

  /** @param {Message} message */
  follow(message) {
    if (message.kind === "ask" || message.kind === "retry") return;
    this.beatsMissed = 0;
    this.begin();
    if (message.kind === "state" && message.to !== this.id) return;
    this.store.setConnection(message.connection);
    if (message.kind === "state" && message.data) this.take(message.from, message.data);
    if (message.kind === "event") this.continueWith(message.from, message.event);
    if (!this.wanted) this.leave();
  }

  /**
   * @param {string} from
   * @param {StreamEvent} event
   */
  continueWith(from, event) {
    const whole = event.type === "snapshot";
    if (!whole && this.followed === null) return; // The data asked for will hold it.
    const next = whole || this.followed === from ? apply(this.store.state.live, event) : null;
    if (next) this.take(from, next);
    else this.ask();
  }

  /**
   * @param {string} from
   * @param {Data} data
   */
  take(from, data) {
    this.followed = from;
    this.store.setData(data);
  }

  retryNow() {
    if (this.stream) this.stream.retryNow();
    else this.post({ kind: "retry", from: this.id });
  }

  destroy() {
    clearInterval(this.beats);
    this.unsubscribe();
    this.tab.document.removeEventListener("visibilitychange", this.attend);
    for (const type of ["pageshow", "pagehide"]) this.tab.removeEventListener(type, this.attend);
    this.leave();
    this.stream?.destroy();
    this.stream = null;
  }
}
