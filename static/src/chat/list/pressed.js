/** The shortcuts at work. */

import { NARROW } from "./narrow.js";
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
  const search = () => import("../dialogs/search.js");
  const deeds = {
    search: () => summon(search(), (dialog) => dialog.show(store, acts)),
    help: () => summon(import("../dialogs/shortcuts.js"), (dialog) => dialog.show(store, acts)),
    new: () => store.can("chat:write") && begin(),
    box: () => document.dispatchEvent(new CustomEvent("clawd:focus-box")),
    code: () => summon(import("./copies.js"), (copies) => copies.lastCode()),
    answer: () => summon(import("./copies.js"), (copies) => copies.lastAnswer(store)),
    side: () => {
      if (matchMedia(NARROW).matches) document.dispatchEvent(new CustomEvent("clawd:drawer", { detail: { open: !document.querySelector("#app.open") } }));
      else fold(store, !isFolded());
    },
  };
  addEventListener("keydown", (event) => {
    if (event.key === (mac ? "Meta" : "Control") && store.settings.shortcuts) search().catch(() => {}); // typed after K is typed there
    const found = store.settings.shortcuts ? shortcutOf(event, mac) : null;
    if (!found) return;
    event.preventDefault();
    if (!event.repeat && !document.querySelector("dialog[open]")) void deeds[found]();
  });
}
