/** What stands in the dialogue's place before there is one: a greeting, a skeleton. */

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
