/**
 * Several tabs of one browser: one lock manager, channels between them, a visibility each.
 */

/** Locks as the browser grants them: one holder a name, the others wait in turn. */
export class FakeLocks {
  /** @type {Map<string, {callback: () => unknown, settle: object}[]>} */
  waiting = new Map();
  /** @type {Map<string, {reject: (error: Error) => void}>} */
  held = new Map();

  request(name, options, callback) {
    return new Promise((resolve, reject) => {
      const wish = { callback, resolve, reject };
      const queue = this.waiting.get(name) ?? [];
      this.waiting.set(name, queue);
      if (options.steal) {
        this.held.get(name)?.reject(new DOMException("stolen", "AbortError"));
        this.held.delete(name);
        queue.unshift(wish);
      } else {
        queue.push(wish);
      }
      options.signal?.addEventListener("abort", () => {
        if (!queue.includes(wish)) return; // Granted already: too late.
        queue.splice(queue.indexOf(wish), 1);
        reject(new DOMException("aborted", "AbortError"));
      });
      queueMicrotask(() => this.grant(name));
    });
  }

  grant(name) {
    if (this.held.has(name)) return;
    const wish = this.waiting.get(name)?.shift();
    if (!wish) return;
    this.held.set(name, wish);
    Promise.resolve(wish.callback({ name })).then((value) => {
      if (this.held.get(name) !== wish) return; // Stolen meanwhile.
      this.held.delete(name);
      wish.resolve(value);
      this.grant(name);
    });
  }
}

/** One browser: `tab()` opens a window of it. */
export class FakeTabs {
  constructor() {
    this.locks = new FakeLocks();
    this.channels = new Set();
    /** Every message, with the name of its channel. */
    this.messages = [];
  }

  tab({ hidden = false, path = "/", secure = true } = {}) {
    const document = new EventTarget();
    document.hidden = hidden;
    document.baseURI = `http://localhost:5000${path}`;
    const window = new EventTarget();
    window.document = document;
    window.navigator = secure ? { locks: this.locks } : {};
    window.BroadcastChannel = this.channelClass(window);
    window.hide = (hides) => {
      document.hidden = hides;
      document.dispatchEvent(new Event("visibilitychange"));
    };
    /** A tab whose scripts stand still hears nothing, and its words stay with it. */
    window.stuck = false;
    return window;
  }

  channelClass(window) {
    const { channels, messages } = this;
    return class {
      constructor(name) {
        this.name = name;
        this.window = window;
        channels.add(this);
      }

      postMessage(message) {
        if (!channels.has(this)) throw new DOMException("closed", "InvalidStateError");
        if (window.stuck) return;
        const copy = structuredClone(message);
        messages.push({ channel: this.name, message: copy });
        for (const other of channels) {
          if (other === this || other.name !== this.name || other.window.stuck) continue;
          queueMicrotask(() => {
            if (channels.has(other)) other.onmessage({ data: structuredClone(message) });
          });
        }
      }

      close() {
        channels.delete(this);
      }
    };
  }
}
