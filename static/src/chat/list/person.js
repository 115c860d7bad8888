/** The person's row below the list: who is signed in, and what is theirs. */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { openMenu } from "../../lib/menu.js";
import { t } from "../../lib/texts.js";
import { summon } from "./refusal.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

/** @param {Store} store @param {Acts} acts @returns {HTMLElement} */
export function personRow(store, acts) {
  const { name } = store.me;
  const button = h("button", { type: "button", class: "me-button", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => openMenu(button, items(store, acts)) },
    h("span", { class: "ava", "aria-hidden": "true", text: [...name.trim()][0]?.toUpperCase() ?? "?" }),
    h("span", { class: "name", text: name }),
    h("span", { class: "vh", text: t("list.own_menu") }),
    icon("more"),
  );
  return h("footer", { class: "me" }, button);
}

/** @param {Store} store @param {Acts} acts @returns {(import("../../lib/menu.js").Item | "line")[]} */
function items(store, acts) {
  const dialogs = {
    settings: () => summon(() => import("../dialogs/settings.js"), (dialog) => dialog.show(store, acts)),
    shortcuts: () => summon(() => import("../dialogs/shortcuts.js"), (dialog) => dialog.show(store, acts)),
    import: () => summon(() => import("../dialogs/import.js"), (dialog) => dialog.show(store, acts)),
    archive: () => summon(() => import("../dialogs/archived.js"), (dialog) => dialog.show(store, acts)),
  };
  const line = /** @type {"line"} */ ("line");
  return [
    { label: t("list.settings"), icon: "settings", act: () => void dialogs.settings() },
    { label: t("list.shortcuts"), icon: "keyboard", act: () => void dialogs.shortcuts() },
    { label: t("list.archive_view"), icon: "archive", act: () => void dialogs.archive() },
    ...(store.can("chat:write") ? [{ label: t("list.import"), icon: "upload", act: () => void dialogs.import() }] : []),
    ...(store.me.staff ? [line, { label: t("list.admin"), icon: "sliders", act: () => location.assign("/admin/") }] : []),
    line,
    { label: t("list.sign_out"), icon: "logout", act: () => void acts.logout() },
  ];
}
