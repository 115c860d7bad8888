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
  const deeds = {
    search: () => {
      const held = hold();
      return summon(import("../dialogs/search.js").finally(held.end), (dialog) => dialog.show(store, acts, held.text()));
    },
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
    const found = store.settings.shortcuts ? shortcutOf(event, mac) : null;
    if (!found) return;
    event.preventDefault();
    if (!event.repeat && !document.querySelector("dialog[open]")) void deeds[found]();
  });
}

/** What is typed while a dialog is fetched is meant for it, and not for the box. */
function hold() {
  let text = "";
  const keep = (/** @type {KeyboardEvent} */ event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    text += event.key;
  };
  addEventListener("keydown", keep, true);
  return { text: () => text, end: () => removeEventListener("keydown", keep, true) };
}
