/** The words of who waits for the model. */

import { t } from "../../lib/texts.js";

/** "In the queue, 3 ahead, about 20 s". @param {number | null} pos 1 is the next @param {number | null} eta ms @returns {string} */
export function queueWords(pos, eta) {
  const ahead = Math.max(0, (pos ?? 1) - 1);
  const where = pos === null ? t("log.queued") : ahead === 0 ? t("log.queued_next") : t("log.queued_ahead", { count: ahead });
  if (!eta) return where;
  const long = eta < 60_000 ? t("log.eta_seconds", { count: Math.max(1, Math.ceil(eta / 1000)) }) : t("log.eta_minutes", { count: Math.ceil(eta / 60_000) });
  return t("log.queued_with_eta", { where, eta: long });
}
