/** The shortcuts at work. */

import { copy } from "../../lib/clipboard.js";
import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { NARROW } from "./drawer.js";
import { fold, isFolded } from "./fold.js";
import { onMac, shortcutOf } from "./keys.js";
import { summon } from "./refusal.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

/**
 * @param {Store} store @param {Acts} acts
 * @param {() => void} begin a new conversation
 */
export function mindKeys(store, acts, begin) {
  const mac = onMac();
  const deeds = {
    search: () => summon(() => import("../dialogs/search.js"), (dialog) => dialog.show(store, acts)),
    help: () => summon(() => import("../dialogs/shortcuts.js"), (dialog) => dialog.show(store, acts)),
    new: () => store.can("chat:write") && begin(),
    box: () => document.dispatchEvent(new CustomEvent("clawd:focus-box")),
    code: () => copied([...document.querySelectorAll("#messages pre")].at(-1)?.textContent, "code"),
    answer: () => copied(lastAnswer(store), "answer"),
    side: () => {
      if (matchMedia(NARROW).matches) document.dispatchEvent(new CustomEvent("clawd:drawer", { detail: { open: !document.querySelector("#app.open") } }));
      else fold(store, !isFolded());
    },
  };
  addEventListener("keydown", (event) => {
    const found = store.settings.shortcuts ? shortcutOf(event, mac) : null;
    if (!found) return;
    event.preventDefault();
    if (!event.repeat && !document.querySelector("dialog[open]")) void deeds[found]();
  });
}

/** The text of the last whole answer of the shown branch. @param {Store} store @returns {string | undefined} */
function lastAnswer(store) {
  return store.branch().findLast((message) => message.role === "assistant" && message.text && !store.generation(message.live?.g ?? ""))?.text;
}

/** @param {string | null | undefined} text @param {"code" | "answer"} what */
async function copied(text, what) {
  if (!text) toast(t(`list.no_${what}`));
  else if (await copy(text)) toast(t(`list.copied_${what}`));
  else toast(t("list.not_copied"), { tone: "danger" });
}
