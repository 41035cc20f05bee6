/**
 * The box behind the bell: whether the browser tells alerts, a test of it, and what to do where
 * the browser forbids it.
 */

import { element, setText } from "./element.js";

/**
 * @typedef {object} Notifying
 * @property {() => boolean} isPossible Whether this page may ask the browser at all.
 * @property {() => boolean} on
 * @property {(wanted: boolean) => void} set
 * @property {() => Notification} test Show one.
 */

const WORDS = {
  impossible: "Browsers allow notifications only to pages of this computer (localhost) and to "
    + "HTTPS: reach the monitor through an SSH tunnel, or serve it with --certfile.",
  denied: "This browser does not allow notifications of this page. Allow them in its settings "
    + "for this site, beside the address, and try again.",
  off: "The browser can tell warnings and errors while nobody looks at this page, as long as it "
    + "is open in a tab.",
  on: "The browser tells each warning and error once, while nobody looks at this page.",
  sent: "A test was sent. If none is to be seen, the system holds notifications back.",
  failed: "The browser could not show the test.",
};

/**
 * @param {HTMLElement} bell
 * @param {HTMLElement} announcer
 * @param {Notifying} notifying
 * @returns {{open: () => void}} `open` closes it where it is open.
 */
export function notificationBox(bell, announcer, notifying) {
  const words = element("p", { id: "notification-words" });
  const toggle = element("button", { type: "button", class: "button" });
  const test = element("button", { type: "button", class: "button" }, "Send a test");
  const box = element(
    "div",
    {
      ...{ class: "notification-box", role: "dialog", hidden: true },
      ...{ "aria-label": "Browser notifications", "aria-describedby": "notification-words" },
    },
    ...[words, element("p", {}, toggle, test)],
  );
  bell.after(box);

  /** @param {keyof typeof WORDS} kind */
  function say(kind) {
    setText(words, WORDS[kind]);
    setText(announcer, WORDS[kind]);
  }

  /** @returns {"impossible" | "denied" | "on" | "off"} */
  function state() {
    if (!notifying.isPossible()) return "impossible";
    if (Notification.permission === "denied") return "denied";
    return notifying.on() ? "on" : "off";
  }

  function show() {
    const now = state();
    say(now);
    setText(toggle, now === "on" ? "Turn off" : "Turn on");
    toggle.hidden = test.hidden = now === "impossible";
  }

  /** @returns {Promise<boolean>} Whether the browser allows it, asked where that is open. */
  async function allowed() {
    const answer = await Notification.requestPermission();
    if (answer === "granted") return true;
    notifying.set(false);
    show();
    say("denied");
    return false;
  }

  toggle.addEventListener("click", async () => {
    if (notifying.on()) notifying.set(false);
    else if (await allowed()) notifying.set(true);
    else return;
    show();
  });
  test.addEventListener("click", async () => {
    if (!(await allowed())) return;
    try {
      const told = notifying.test();
      told.onerror = () => say("failed");
      say("sent");
    } catch (error) {
      // Chromium on Android shows notifications of service workers only.
      if (!(error instanceof TypeError)) throw error;
      say("failed");
    }
  });

  /** @param {boolean} focus Whether the bell gets the focus back. */
  function close(focus) {
    box.hidden = true;
    bell.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", beside, true);
    if (focus) bell.focus();
  }

  /** @param {PointerEvent} event */
  function beside(event) {
    const target = /** @type {Node} */ (event.target);
    if (!box.contains(target) && !bell.contains(target)) close(false);
  }

  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close(true);
  });
  box.addEventListener("focusout", (event) => {
    const to = event.relatedTarget;
    if (to instanceof Node && !box.contains(to) && !bell.contains(to)) close(false);
  });

  return {
    open() {
      if (!box.hidden) return close(true);
      show();
      box.hidden = false;
      // The bell may stand at the lower end of a page that cannot be scrolled.
      box.classList.remove("is-above");
      box.classList.toggle("is-above", box.getBoundingClientRect().bottom > innerHeight);
      bell.setAttribute("aria-expanded", "true");
      document.addEventListener("pointerdown", beside, true);
      (toggle.hidden ? bell : toggle).focus();
    },
  };
}
