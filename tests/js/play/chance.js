/** The same numbers for the same seed. @param {number} seed @returns {() => number} from 0 to 1 */
export function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** @template T @param {() => number} random @param {T[]} from @returns {T | undefined} */
export const oneOf = (random, from) => from[Math.floor(random() * from.length)];
