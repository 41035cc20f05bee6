/**
 * Marks in words: what each kind is called, and what one says. Pure.
 */

import { formatCount } from "../format.js";

/** @typedef {import("../types.js").Mark} Mark */

/** @type {Record<string, [one: string, many: string]>} */
const NOUNS = {
  checkpoint: ["checkpoint", "checkpoints"],
  rollback: ["rollback", "rollbacks"],
  restart: ["restart", "restarts"],
  restored: ["restored network", "restored networks"],
  dry_run: ["dry run", "dry runs"],
  non_finite: ["non-finite loss", "non-finite losses"],
  end: ["end of job", "ends of jobs"],
  note: ["note", "notes"],
};
const LOST = /: ([\d,]+) steps? of training lost$/;
const SHORT_MAX = 28;

/**
 * What a kind of marks is called.
 *
 * @param {string} kind
 * @param {number} [count]
 */
export function markNoun(kind, count = 1) {
  const [one, many] = NOUNS[kind] ?? [kind.replaceAll("_", " "), `${kind.replaceAll("_", " ")}s`];
  return count === 1 ? one : many;
}

/**
 * A mark in a sentence: what it says, and how many it stands for.
 *
 * @param {Mark} mark
 * @returns {string}
 */
export function markWords({ kind, count, message }) {
  if (count > 1) return `${formatCount(count)} ${markNoun(kind, count)}, last: ${message}`;
  return message || markNoun(kind);
}

/**
 * A mark in a word or two, where there is little room.
 *
 * @param {Mark} mark
 * @returns {string}
 */
export function markLabel({ kind, count, message }) {
  if (count > 1) return `${formatCount(count)} ${markNoun(kind, count)}`;
  if (kind === "note") {
    return message.length > SHORT_MAX ? `${message.slice(0, SHORT_MAX - 1)}\u2026` : message;
  }
  if (kind === "end") return endWords(message);
  const lost = kind === "rollback" ? LOST.exec(message)?.[1] : undefined;
  return lost === undefined ? markNoun(kind) : `rollback, ${lost} lost`;
}

/** @param {string} message The job's last words. */
function endWords(message) {
  if (/TIME LIMIT/.test(message)) return "timed out";
  if (/oom.kill|out.of.memory/i.test(message)) return "out of memory";
  if (/CANCELLED/.test(message)) return "cancelled";
  return /destroyed/.test(message) ? "finished" : "failed";
}
