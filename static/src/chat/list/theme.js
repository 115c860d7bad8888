/** The theme as it was chosen just now, without a reload. */

import { h } from "../../lib/dom.js";

const BACKGROUNDS = { light: "#ffffff", dark: "#17181b" };

/** @param {string} theme auto, light or dark */
export function wear(theme) {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  // the browser's own bar around the page
  for (const old of document.querySelectorAll('meta[name="theme-color"]')) old.remove();
  for (const [scheme, content] of Object.entries(BACKGROUNDS)) {
    if (theme !== "auto" && theme !== scheme) continue;
    const media = theme === "auto" ? `(prefers-color-scheme: ${scheme})` : null;
    document.head.append(h("meta", { name: "theme-color", content, media }));
  }
}
