/** Where a question is on its way: needed without a network too, so it comes with the page. */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { words } from "../live/errors.js";

/** @typedef {import("./deeds.js").Deeds} Deeds */

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
