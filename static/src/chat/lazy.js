/** What the first second does not need (rare.js), fetched once; soon after the load, so that it is there when the network is not. */

/** @typedef {typeof import("./rare.js")} Rare */

/** @type {Promise<Rare> | null} */
let loading = null;

/** @returns {Promise<Rare>} */
export function rare() {
  loading ??= import("./rare.js").catch((failure) => {
    loading = null;
    throw failure;
  });
  return loading;
}
