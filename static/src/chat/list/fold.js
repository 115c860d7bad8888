/** Folding the list away on wide screens; remembered in this browser for this person. */

import { byId } from "../../lib/dom.js";

/** @typedef {import("../store.js").Store} Store */

/**
 * Fold or unfold; without `on`, as it was left.
 * @param {Store} store @param {boolean} [on]
 */
export function fold(store, on) {
  const key = `clawdbot:${store.me.id}:folded`;
  const folded = on ?? read(key);
  const held = byId("side").contains(document.activeElement);
  byId("app").classList.toggle("folded", folded);
  if (on !== undefined) write(key, folded);
  if (folded && held) document.querySelector(/** @type {"button"} */ ("#top .unfold"))?.focus();
  if (on === false) document.querySelector(/** @type {"button"} */ ("#side .fold"))?.focus();
}

/** @returns {boolean} */
export function isFolded() {
  return byId("app").classList.contains("folded");
}

/** @param {string} key @returns {boolean} */
function read(key) {
  try {
    return localStorage.getItem(key) === "1";
  } catch {
    return false; // storage is switched off
  }
}

/** @param {string} key @param {boolean} folded */
function write(key, folded) {
  try {
    if (folded) localStorage.setItem(key, "1");
    else localStorage.removeItem(key);
  } catch {
    // it holds until the page is left
  }
}
