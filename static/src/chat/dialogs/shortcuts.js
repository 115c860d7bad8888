/** The list of shortcuts, and the box's own keys. */

import { open } from "../../lib/dialog.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { onMac, SHORTCUTS, written } from "../list/keys.js";
import { settled } from "../list/deeds.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

/** @param {Store} store @param {Acts} acts */
export function show(store, acts) {
  const mac = onMac();
  const mod = mac ? "⌘" : "Ctrl";
  const byEnter = store.settings.send_by === "enter";
  const all = SHORTCUTS.filter((one) => one.name !== "new" || store.can("chat:write"));
  const box = store.can("chat:write") ? [
    row(t("shortcuts.send"), byEnter ? ["Enter"] : [mod, "Enter"]),
    row(t("shortcuts.line"), byEnter ? ["Shift", "Enter"] : ["Enter"]),
    row(t("shortcuts.edit"), ["↑"]),
    row(t("shortcuts.stop"), ["Esc"]),
  ] : [];
  const off = h("p", { class: "shortcuts-off" }, t("shortcuts.off"), " ", h("button", { type: "button", class: "btn quiet", text: t("shortcuts.switch_on"), onclick: () => void settled(acts.setSettings({ shortcuts: true })) }));
  const paint = () => {
    off.hidden = store.settings.shortcuts;
  };
  paint();
  const away = store.on("settings", paint);
  open(t("shortcuts.title"), [
    off,
    h("dl", { class: "keys" }, all.map((one) => row(t(`shortcuts.${one.name}`), written(one, mac)))),
    box.length > 0 && h("h3", { text: t("shortcuts.in_box") }),
    box.length > 0 && h("dl", { class: "keys" }, box),
  ], { onclose: away });
}

/** @param {string} what @param {string[]} keys @returns {HTMLElement} */
function row(what, keys) {
  return h("div", null, h("dt", { text: what }), h("dd", null, keys.map((key) => h("kbd", { text: key }))));
}
