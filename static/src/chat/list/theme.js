/** The theme as the settings have it, at once and without a reload. */

import { h } from "../../lib/dom.js";

/** @typedef {import("../store.js").Store} Store */

const BACKGROUNDS = { light: "#ffffff", dark: "#17181b" };

/** @param {Store} store */
export function mindTheme(store) {
  let shown = store.settings.theme;
  store.on("settings", () => {
    if (store.settings.theme === shown) return;
    shown = store.settings.theme;
    const root = document.documentElement;
    if (shown === "auto") delete root.dataset.theme;
    else root.dataset.theme = shown;
    tint(shown);
  });
}

/** The browser's own bar around the page. @param {string} theme */
function tint(theme) {
  for (const old of document.querySelectorAll('meta[name="theme-color"]')) old.remove();
  for (const [scheme, content] of Object.entries(BACKGROUNDS)) {
    if (theme !== "auto" && theme !== scheme) continue;
    const media = theme === "auto" ? `(prefers-color-scheme: ${scheme})` : null;
    document.head.append(h("meta", { name: "theme-color", content, media }));
  }
}
