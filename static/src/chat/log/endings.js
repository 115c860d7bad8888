/** How an answer ended where it did not simply end: what happened, what to do. */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { words } from "../live/errors.js";

const FULL = 80; // per cent of the context from which one is warned

/** @typedef {import("./message.js").Item} Item */
/** @typedef {import("./deeds.js").Deeds} Deeds */

/**
 * @param {Item} item @param {string} what of `phase` @param {Deeds} deeds @param {boolean} heard whether it happened before one's eyes
 * @param {number | null} used per cent of the context
 * @returns {import("../../lib/dom.js").Child[]}
 */
export function afterword(item, what, deeds, heard, used) {
  const full = used !== null && used >= FULL && h("p", { class: "context", text: t("log.context_full", { used }) });
  return [what === "failed" ? failure(item, deeds, heard) : what !== "complete" && ended(item, what, deeds), full];
}

/** @param {Item} item @param {string} what @param {Deeds} deeds @returns {HTMLElement} */
function ended(item, what, deeds) {
  const goes = item.last && item.may && !item.busy && what !== "filtered" && said(item);
  return h("div", { class: `ended ${what}` },
    h("span", { class: "badge", text: t(`log.${what}`) }),
    goes && h("button", { type: "button", class: "btn quiet", data: { act: "more" }, onclick: () => deeds.goOn(item) }, icon("play"), t("log.go_on")),
  );
}

/** @param {Item} item */
function said(item) {
  return Boolean(item.live?.text || item.message.text);
}

/** @param {Item} item @param {Deeds} deeds @param {boolean} heard @returns {HTMLElement} */
function failure(item, deeds, heard) {
  const code = item.live?.err?.code ?? item.message.error ?? "internal_error";
  const ref = item.live?.g ?? item.message.generation;
  const again = item.last && item.may && !item.busy;
  return h("div", { class: "failure", role: heard ? "alert" : null },
    icon("warning"),
    h("div", null,
      h("p", null, h("strong", { text: t(said(item) ? "log.broke_off" : "log.no_answer") }), " ", words(code)),
      h("p", { class: "code" }, t("log.code", { code }), ref && h("span", { text: t("log.ref", { ref }) })),
    ),
    again && h("button", { type: "button", class: "btn", data: { act: "retry" }, onclick: () => deeds.regenerate(item) }, icon("retry"), t("log.retry")),
  );
}
