/** Doing things with what is about to come into sight, and with everything before it is printed. */

import { byId } from "../../lib/dom.js";

const AHEAD = "1500px 0px";

/** @type {Map<Element, () => void>} */
const waiting = new Map();

/** @type {IntersectionObserver | undefined} */
let observer;

/** @param {Element} element @param {() => void} act once, when the reader comes near it */
export function whenNear(element, act) {
  if (!observer) {
    observer = new IntersectionObserver(seen, { root: byId("scroller"), rootMargin: AHEAD });
    addEventListener("beforeprint", () => [...waiting.keys()].forEach(now));
  }
  waiting.set(element, act);
  observer.observe(element);
}

/** Not any more. @param {Element} element */
export function forget(element) {
  waiting.delete(element);
  observer?.unobserve(element);
}

/** @param {IntersectionObserverEntry[]} entries */
function seen(entries) {
  for (const { isIntersecting, target } of entries) if (isIntersecting) now(target);
}

/** @param {Element} element */
function now(element) {
  const act = waiting.get(element);
  forget(element);
  act?.();
}
