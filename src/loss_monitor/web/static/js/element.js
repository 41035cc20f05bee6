/**
 * Elements from words: the only place where the page's document is built.
 *
 * Texts are always set as text, never as markup: names and lines of files are shown as they are.
 */

const SVG = "http://www.w3.org/2000/svg";
/** `Node.TEXT_NODE` */
const TEXT_NODE = 3;

/**
 * Make an element.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | undefined>} [attributes] `true` stands without a
 *   value, `false` and `undefined` are left out.
 * @param {...(Node | string | null)} children `null` is left out.
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * An icon of the sheet in `index.html`; says nothing to screen readers.
 *
 * @param {string} name
 * @param {string} [className]
 * @returns {SVGSVGElement}
 */
export function icon(name, className = "icon") {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", className);
  made.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  made.append(use);
  return made;
}

/**
 * Change a text only where it differs, so that nothing is announced or drawn in vain.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  const { firstChild: first } = node;
  // Other letters in the same piece of text cost the browser less than another piece.
  const alone = first?.nodeType === TEXT_NODE && first === node.lastChild && text !== "";
  if (!alone) {
    if (node.textContent !== text) node.textContent = text;
  } else if (first.nodeValue !== text) first.nodeValue = text;
}

/**
 * Make these the children of an element; what stands there already is not touched: it keeps the
 * focus, what is selected in it, and its place in what is scrolled.
 *
 * @param {Element} host
 * @param {readonly Element[]} children
 */
export function putChildren(host, children) {
  const kept = new Set(children);
  for (const child of [...host.children]) if (!kept.has(child)) child.remove();
  let next = host.firstElementChild;
  for (const child of children) {
    if (child === next) next = child.nextElementSibling;
    else host.insertBefore(child, next);
  }
}

/**
 * The element of that id, which `index.html` holds.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element #${id}`);
  return found;
}
