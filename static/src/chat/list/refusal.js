/** What a person is told when something did not work, and code that comes when it is needed. */

import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { words } from "../live/errors.js";

/** @param {any} error an ApiError */
export function refused(error) {
  toast(words(error.code ? error : "internal_error"), { tone: "danger" });
}

/**
 * Go on with a part of the page that is loaded when it is needed. Where it is gone from the server because there
 * is a newer page, boot.js hears of it and loads that.
 * @template T
 * @param {Promise<T>} code @param {(part: T) => void} go
 */
export async function summon(code, go) {
  code.catch(() => toast(t("list.not_loaded"), { tone: "danger", action: { label: t("list.reload"), act: () => location.reload() } }));
  go(await code);
}

/** @param {{ title: string }} card @returns {string} */
export function titleOf(card) {
  return card.title || t("list.untitled");
}
