/** The shortcuts that copy. */

import { copy } from "../../lib/clipboard.js";
import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { codeOf } from "../../markdown/index.js";

/** @typedef {import("../store.js").Store} Store */

/** The text of the last block of code that is shown. */
export function lastCode() {
  const last = [...document.querySelectorAll("#messages pre")].at(-1);
  return copied(last && codeOf(last), "code");
}

/** The text of the last answer that is whole, as Markdown. @param {Store} store */
export function lastAnswer(store) {
  const found = store.branch().findLast((message) => message.role === "assistant" && message.text && !message.live);
  return copied(found?.text, "answer");
}

/** @param {string | null | undefined} text @param {"code" | "answer"} what */
async function copied(text, what) {
  if (!text) toast(t(`list.no_${what}`));
  else if (await copy(text)) toast(t(`list.copied_${what}`));
  else toast(t("list.not_copied"), { tone: "danger" });
}
