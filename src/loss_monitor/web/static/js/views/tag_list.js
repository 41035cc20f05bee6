/**
 * Tags as a view shows them: filtered, in groups, in an order people expect.
 *
 * Names of tags and what the user typed enter, groups leave. Pure.
 */

/** @typedef {{name: string, tags: string[]}} TagGroup */

/**
 * @typedef {object} Filter
 * @property {(tag: string) => boolean} matches
 * @property {string} problem Why the text is no regular expression; empty where it is one.
 */

/** Names with numbers in the order of the numbers. */
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * What a filter's text lets through. Case counts for nothing, as long as the text has no
 * capital letter itself. A text that is no regular expression is looked for as it stands.
 *
 * @param {string} text
 * @returns {Filter}
 */
export function filterOf(text) {
  if (text === "") return { matches: () => true, problem: "" };
  const caseless = text === text.toLowerCase();
  try {
    const expression = new RegExp(text, caseless ? "i" : "");
    return { matches: (tag) => expression.test(tag), problem: "" };
  } catch (error) {
    const told = error instanceof Error ? error.message : "";
    const reason = told.replace(/^Invalid regular expression: (?:\/.*\/\w*: )?/s, "");
    const plain = (/** @type {string} */ name) => (caseless ? name.toLowerCase() : name);
    return { matches: (tag) => plain(tag).includes(text), problem: reason || "not complete" };
  }
}

/**
 * Tags in groups of equal prefix, the part before the first slash; those without one last.
 *
 * @param {Iterable<string>} tags
 * @returns {TagGroup[]}
 */
export function groupTags(tags) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const tag of tags) {
    const slash = tag.indexOf("/");
    const name = slash > 0 ? tag.slice(0, slash) : "";
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [tag]);
    else group.push(tag);
  }
  return [...groups]
    .map(([name, members]) => ({ name, tags: members.sort(collator.compare) }))
    .sort((a, b) =>
      Number(a.name === "") - Number(b.name === "") || collator.compare(a.name, b.name));
}

/**
 * @param {string[]} names
 * @returns {string[]} In the order people expect.
 */
export function inOrder(names) {
  return [...names].sort(collator.compare);
}
