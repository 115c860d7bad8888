/** What stands in the dialogue's place where there is none: a greeting, a skeleton, a conversation that is not there. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";

const SUGGESTIONS = 4;

/** @param {{ name: string, writes: boolean }} person @returns {HTMLElement} */
export function greeting(person) {
  const suggest = (/** @type {string} */ text) => () =>
    document.dispatchEvent(new CustomEvent("clawd:suggest", { detail: { text } }));
  const offers = Array.from({ length: SUGGESTIONS }, (_, index) =>
    h("button", { type: "button", class: "btn", onclick: suggest(t(`log.suggestion_${index + 1}_text`)) }, t(`log.suggestion_${index + 1}`)));
  return h("div", { class: "empty" },
    h("h2", { text: person.name ? t("log.greeting", { name: person.name }) : t("log.greeting_nobody") }),
    h("p", { text: t(person.writes ? "log.inside" : "log.only_reading") }),
    person.writes && h("div", { class: "suggestions" }, offers),
  );
}

/** @returns {HTMLElement} */
export function skeleton() {
  const row = (/** @type {string} */ kind) => h("div", { class: `bone ${kind}` });
  return h("div", { class: "bones", "aria-busy": "true" },
    h("p", { class: "vh", text: t("log.loading") }),
    row("asked"), row("long"), row("long"), row("short"), row("asked"), row("long"), row("short"),
  );
}

/** The same for one that never was and one that may not be read. @param {() => void} begin @returns {HTMLElement} */
export function missing(begin) {
  return h("div", { class: "empty missing" },
    h("h2", { text: t("log.missing") }),
    h("p", { text: t("log.missing_why") }),
    h("p", null, h("button", { type: "button", class: "btn primary", text: t("log.missing_new"), onclick: begin })),
  );
}
