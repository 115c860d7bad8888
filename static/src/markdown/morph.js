/**
 * Make what is shown like what should be shown with the fewest changes: what is the same stays the same node,
 * so selections, scroll positions and the eye keep their place.
 */

import { sources } from "./sources.js";

/** Longer text is replaced: browsers search a changed one for where characters with their accents begin. */
const LONG = 4000;

/**
 * @param {Node} parent
 * @param {ChildNode | null} from the first child that may change; null: there is none yet
 * @param {DocumentFragment} wanted its nodes are moved where they are new
 */
export function morph(parent, from, wanted) {
  let old = from;
  let next = wanted.firstChild;
  while (next) {
    const fresh = next;
    next = next.nextSibling;
    if (!old) {
      parent.appendChild(fresh);
    } else if (turn(old, fresh)) {
      old = old.nextSibling;
    } else {
      const after = old.nextSibling;
      parent.replaceChild(fresh, old);
      old = after;
    }
  }
  while (old) {
    const after = old.nextSibling;
    old.remove();
    old = after;
  }
}

/** Whether `old` could be made to be as `fresh` without being replaced. @param {ChildNode} old @param {ChildNode} fresh @returns {boolean} */
function turn(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return false;
  if (old instanceof Text) return retext(old, /** @type {Text} */ (fresh));
  if (!(old instanceof Element) || !(fresh instanceof Element)) return false;
  if (sources.has(old) || sources.has(fresh)) return (sources.get(old) ?? old.textContent) === (sources.get(fresh) ?? fresh.textContent) && (sources.has(old) || !sources.has(fresh));
  if (old.nodeName === "CODE" && old.textContent === fresh.textContent) return true;
  if (old.nodeName === "BUTTON") return true;
  if (old.nodeName === "INPUT" && old.hasAttribute("checked") !== fresh.hasAttribute("checked")) return false;
  attributes(old, fresh);
  const children = document.createDocumentFragment();
  children.append(...fresh.childNodes);
  morph(old, old.firstChild, children);
  return true;
}

/** @param {Text} old @param {Text} fresh @returns {boolean} */
function retext(old, fresh) {
  if (old.data === fresh.data) return true;
  if (old.length > LONG) return false;
  if (fresh.data.startsWith(old.data)) old.appendData(fresh.data.slice(old.length));
  else old.data = fresh.data;
  return true;
}

/** @param {Element} old @param {Element} fresh */
function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
