/** When to come back, and what each close means (docs/protocol.md). Pure. */

export const STABLE = 30_000; // ms after which a connection counts as a good one
const FIRST = 500;
const LONGEST = 30_000;

/** Full jitter. @param {number} tries that have failed so far @param {number} random from 0 to 1 @returns {number} ms */
export function backoff(tries, random) {
  return Math.round(random * Math.min(LONGEST, FIRST * 2 ** tries));
}

/** @typedef {"again" | "once" | "sign-in" | "denied" | "look" | "old"} After what a page does after a close */

/** @type {Record<number, After>} */
const AFTER = { 1009: "once", 4400: "once", 4401: "sign-in", 4403: "denied", 4408: "once", 4409: "look", 4426: "old" };

/** @param {number} code @returns {After} */
export function after(code) {
  return AFTER[code] ?? "again";
}
