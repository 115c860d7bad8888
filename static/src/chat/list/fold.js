/** Folding the list away on wide screens; remembered in this browser for this person. */

import { byId } from "../../lib/dom.js";

/** @typedef {import("../store.js").Store} Store */

const KEY = "folded";

/**
 * Fold or unfold; without `on`, as it was left.
 * @param {Store} store @param {boolean} [on]
 */
export function fold(store, on) {
  const folded = on ?? Boolean(store.kept.get(KEY));
  const held = byId("side").contains(document.activeElement);
  byId("app").classList.toggle("folded", folded);
  if (on === undefined) return;
  if (on) store.kept.set(KEY, true);
  else store.kept.remove(KEY);
  // the button that was pressed is gone: its opposite has the focus
  if (on ? held : document.activeElement === document.body) document.querySelector(/** @type {"button"} */ (on ? "#top .unfold" : "#side .fold"))?.focus();
}

/** @returns {boolean} */
export function isFolded() {
  return byId("app").classList.contains("folded");
}
