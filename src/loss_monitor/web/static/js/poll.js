/**
 * The stream's events asked for again and again, where no stream gets through.
 *
 * The version that the page has enters, the events since then leave: the same ones, as an
 * answer that ends. Source of the form: HTML Living Standard, section 9.2, as far as our own
 * server uses it (each event has one line of data).
 */

import { getText } from "./requests.js";

/** @typedef {import("./apply.js").StreamEvent} StreamEvent */

/**
 * @param {string} version Of the last event; empty: begin with a snapshot.
 * @returns {Promise<StreamEvent[]>} A heartbeat at least.
 * @throws {import("./requests.js").RequestError}
 */
export async function pollEvents(version) {
  const text = await getText("api/stream?once=true", version ? { "Last-Event-ID": version } : {});
  return text.split("\n\n").flatMap((block) => {
    const [, type, data] = /^event: (.+)\n(?:id: .*\n)?data: (.+)$/m.exec(block) ?? [];
    return type ? [/** @type {StreamEvent} */ ({ type, data: JSON.parse(data) })] : [];
  });
}
