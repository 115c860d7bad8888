/** What a person is told when something did not work. */

import { has, t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";

/** @param {any} error an ApiError, or what the network threw @returns {string} */
export function words(error) {
  const key = `error.${error?.code}`;
  return has(key) ? t(key, error.args ?? {}) : t("list.failed");
}

/** @param {unknown} error */
export function refused(error) {
  toast(words(error), { tone: "danger" });
}

/**
 * Show a dialog whose code comes when it is needed.
 * @template T
 * @param {() => Promise<T>} code @param {(dialog: T) => void} show
 */
export async function summon(code, show) {
  let dialog;
  try {
    dialog = await code();
  } catch {
    toast(t("list.not_loaded"), { tone: "danger", action: { label: t("list.reload"), act: () => location.reload() } });
    return;
  }
  show(dialog);
}
