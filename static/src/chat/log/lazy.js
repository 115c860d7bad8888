/** The way to what is rare. It is fetched early enough to be there when the network is not. */

const WAIT = 3000; // ms

export const rare = () => import("./rare.js");

export function fetchEarly() {
  const fetch = () => void rare().catch(() => undefined); // asked again when it is needed
  if (typeof requestIdleCallback === "function") requestIdleCallback(fetch, { timeout: WAIT });
  else setTimeout(fetch, WAIT);
}
