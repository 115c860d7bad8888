/** The way to what is not needed at first. It is fetched early enough to be there when the network is not. */

/** @typedef {typeof import("./rare.js")} Rare */

const WAIT = 2000; // ms

/** What few visits need; undefined where it cannot be had now. @returns {Promise<Rare | undefined>} */
export function rare() {
  return import("./rare.js").catch(() => undefined);
}

/** @type {typeof import("../../markdown/stream.js").StreamView | undefined} */
let Stream;

/** What draws an answer that is being written; undefined until it is there. */
export function streamView() {
  return Stream;
}

/** @returns {Promise<boolean>} whether it is there */
export async function fetchStream() {
  Stream ??= (await import("../../markdown/stream.js").catch(() => undefined))?.StreamView;
  return Stream !== undefined;
}

/** When the page has nothing else to do. */
export function fetchEarly() {
  const fetch = () => void Promise.all([fetchStream(), rare()]);
  if (typeof requestIdleCallback === "function") requestIdleCallback(fetch, { timeout: WAIT });
  else setTimeout(fetch, WAIT);
}
