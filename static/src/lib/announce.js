/** What screen readers are told, once, politely. The template has `#status`. */

import { byId } from "./dom.js";

/** @param {string} text */
export function announce(text) {
  const status = byId("status");
  status.textContent = "";
  requestAnimationFrame(() => {
    status.textContent = text;
  });
}
