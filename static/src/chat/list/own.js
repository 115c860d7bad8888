/** The menu of what is the person's own. */

import { openMenu } from "../../lib/menu.js";
import { t } from "../../lib/texts.js";
import { summon } from "./refusal.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

/** @param {Store} store @param {Acts} acts @param {HTMLElement} button */
export function ownMenu(store, acts, button) {
  const dialogs = {
    settings: () => summon(import("../dialogs/settings.js"), (dialog) => dialog.show(store, acts)),
    shortcuts: () => summon(import("../dialogs/shortcuts.js"), (dialog) => dialog.show(store, acts)),
    import: () => summon(import("../dialogs/import.js"), (dialog) => dialog.show(store, acts)),
    archive: () => summon(import("../dialogs/archived.js"), (dialog) => dialog.show(store, acts)),
  };
  const line = /** @type {"line"} */ ("line");
  openMenu(button, [
    { label: t("list.settings"), icon: "settings", act: () => void dialogs.settings() },
    { label: t("list.shortcuts"), icon: "keyboard", act: () => void dialogs.shortcuts() },
    { label: t("list.archive_view"), icon: "archive", act: () => void dialogs.archive() },
    ...(store.can("chat:write") ? [{ label: t("list.import"), icon: "upload", act: () => void dialogs.import() }] : []),
    ...(store.me.staff ? [line, { label: t("list.admin"), icon: "team", act: () => location.assign("/admin/") }] : []),
    line,
    { label: t("list.sign_out"), icon: "logout", act: () => void acts.logout() },
  ]);
}
