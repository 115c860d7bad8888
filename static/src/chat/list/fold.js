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
  const held = on ? byId("side").contains(document.activeElement) : document.activeElement?.matches(".unfold");
  byId("app").classList.toggle("folded", folded);
  if (on === undefined) return;
  if (on) store.kept.set(KEY, true);
  else store.kept.remove(KEY);
  if (held) document.querySelector(/** @type {"button"} */ (on ? "#top .unfold" : "#side .fold"))?.focus(); // where the pressed button was, its opposite is
}

/** @returns {boolean} */
export function isFolded() {
  return byId("app").classList.contains("folded");
}
