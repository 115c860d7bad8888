/** Where the reader is, judged by positions alone: no timers, so nothing that a slow machine gets wrong. */

/** @typedef {{ top: number, max: number }} Place where a scroller stands, and how far it could go */

const SAME = 1; // px: what browsers round off
const END = 8; // px from the end that count as the end for one who scrolls down
const FAR = 200; // px of text below the edge from which the button is worth its place
const NEAR = 60; // px at which it is worth it no more

/**
 * What a scroll event was about.
 *
 * written: the position that the page itself wrote last. before: where it stood at the last look, which is
 * taken after each writing: what did not move since then is no news. A scroll up is the reader's even where it
 * is one pixel long, or a smooth wheel would be fought against; a position that only moved because the content
 * became shorter is nobody's.
 * @param {Place} now @param {Place} before @param {number} written
 * @returns {"detach" | "attach" | "nothing"}
 */
export function classify(now, before, written) {
  const moved = now.top - before.top;
  const left = now.max - now.top;
  if (Math.abs(moved) < SAME / 2) return "nothing";
  if (moved > 0) return left <= END ? "attach" : "nothing";
  if (Math.abs(now.top - written) < SAME) return "nothing";
  const shrunk = now.max < before.max - SAME / 2;
  return shrunk && left <= SAME ? "nothing" : "detach";
}

/**
 * Whether the button to the end is shown: on above 200 px, off below 60, as it was in between.
 * @param {boolean} shown @param {number} below px of text under the edge @param {boolean} attached
 * @returns {boolean}
 */
export function offersEnd(shown, below, attached) {
  if (attached) return false;
  return shown ? below >= NEAR : below > FAR;
}
