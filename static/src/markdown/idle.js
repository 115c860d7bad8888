/** When nothing else is to be done. */

/** @param {() => void} act */
export function idle(act) {
  if (typeof requestIdleCallback === "function") requestIdleCallback(act, { timeout: 1000 });
  else setTimeout(act, 50); // Safari
}
