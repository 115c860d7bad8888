/** A conversation that is not there. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";

/** The same for one that never was and one that may not be read. @param {() => void} begin @returns {HTMLElement} */
export function missing(begin) {
  return h("div", { class: "empty missing" },
    h("h2", { text: t("log.missing") }),
    h("p", { text: t("log.missing_why") }),
    h("p", null, h("button", { type: "button", class: "btn primary", text: t("log.missing_new"), onclick: begin })),
  );
}
