/** Rows of buttons that change while somebody may stand on one of them. */

import { fill } from "../../lib/dom.js";

/** New buttons in a row; who stood on one of them stands on the same again. @param {HTMLElement} row @param {import("../../lib/dom.js").Child[]} children */
export function refill(row, children) {
  const here = document.activeElement;
  const act = here instanceof HTMLElement && row.contains(here) ? here.dataset["act"] : undefined;
  fill(row, children);
  row.hidden = row.childElementCount === 0;
  if (act) /** @type {HTMLElement | null} */ (row.querySelector(`[data-act="${act}"]`) ?? row.querySelector("button"))?.focus({ preventScroll: true });
}
