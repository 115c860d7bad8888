/** Answers that come too late are no answers. */

/**
 * What lets only the newest of several promises through; the others are undefined.
 * @returns {<T>(asked: Promise<T>) => Promise<T | undefined>}
 */
export function laterOnly() {
  let newest = 0;
  return async (asked) => {
    newest += 1;
    const mine = newest;
    try {
      const answer = await asked;
      return mine === newest ? answer : undefined;
    } catch (error) {
      if (mine === newest) throw error;
      return undefined;
    }
  };
}
