/** Parts that make text prettier: what the network did not bring is asked for again. */

const [FIRST, MOST] = [2_000, 60_000]; // ms to the next try

/** @template T @param {() => Promise<T>} load @param {number} [wait] ms @returns {Promise<T>} what it brings, in the end */
export async function patient(load, wait = FIRST) {
  try {
    return await load();
  } catch {
    await new Promise((next) => setTimeout(next, wait));
    return patient(load, Math.min(2 * wait, MOST));
  }
}
