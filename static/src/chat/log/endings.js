/** How an answer ended where it did not simply end, and where a question is on its way: what happened, what to do. */

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

/**
 * Under a question that could not be sent yet.
 * @param {import("./message.js").Pending} pending @param {Deeds} deeds
 * @returns {import("../../lib/dom.js").Child[]}
 */
export function pendingLine(pending, deeds) {
  const button = (/** @type {string} */ act, /** @type {() => void} */ does) =>
    h("button", { type: "button", class: "btn quiet", text: t(`log.${act}`), data: { act }, onclick: does });
  const cancel = button("cancel", () => deeds.cancel(pending));
  if (pending.state === "waiting") return [h("span", { class: "quiet-text", text: t("log.to_be_sent") }), cancel];
  const why = pending.error ? words(pending.error) : "";
  return [
    h("span", { class: "bad", role: "alert" }, icon("warning"), why ? t("log.not_sent_why", { why }) : t("log.not_sent")),
    button("retry", () => deeds.resend(pending)),
    button("copy", () => deeds.copy(pending.text)),
    cancel,
  ];
}
