/** Loading the page again because it is an old one: once, never in a circle. */

import { tabStorage } from "../store/kept.js";

const KEY = "clawdbot:reloaded";
const SELDOM = 60_000; // ms

/**
 * @param {import("./world.js").World} world @param {Storage | null} [storage] of this tab
 * @returns {boolean} false: that was done just now and did not help
 */
export function reloadOnce(world, storage = tabStorage()) {
  try {
    if (world.now() - Number(storage?.getItem(KEY) ?? 0) < SELDOM) return false;
    if (!storage) return false;
    storage.setItem(KEY, String(world.now()));
  } catch {
    return false; // nobody would remember that it was done
  }
  world.reload();
  return true;
}

/** Whether this says that a part of the page is not on the server any more. @param {unknown} reason @returns {boolean} */
export function isStaleChunk(reason) {
  return reason instanceof TypeError && /dynamically imported module|module script failed|importing a module/i.test(reason.message);
}
