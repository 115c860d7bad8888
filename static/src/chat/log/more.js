/** The menu of an answer, and its text with its look for Word and mail. Loaded when it is opened first. */

import { copy } from "../../lib/clipboard.js";
import { h } from "../../lib/dom.js";
import { openMenu } from "../../lib/menu.js";
import { t } from "../../lib/texts.js";
import { whole } from "../../markdown/index.js";
import { said } from "./deeds.js";

/** @param {import("./message.js").Item} item @param {HTMLElement} button */
export function openMore(item, button) {
  const text = item.message.text || item.live?.text || "";
  const row = /** @type {HTMLElement} */ (button.closest(".acts"));
  openMenu(button, [
    { label: t("log.copy_markdown"), icon: "copy", act: async () => said(await copy(text)) },
    { label: t("log.copy_rich"), icon: "copy", act: async () => said(await copy(text, rich(text))) },
    "line",
    { label: t(row.classList.contains("told") ? "log.hide_facts" : "log.show_facts"), icon: "info", act: () => row.classList.toggle("told") },
  ]);
}

/** As HTML without what only a page needs. @param {string} text @returns {string} */
export function rich(text) {
  const box = h("div", null, whole(text));
  for (const one of box.querySelectorAll("input")) one.replaceWith(one.checked ? "☑ " : "☐ ");
  for (const one of box.querySelectorAll("button, .bar")) one.remove();
  for (const one of box.querySelectorAll("*")) {
    for (const name of ["class", "tabindex", "aria-label", "role"]) one.removeAttribute(name);
  }
  return box.innerHTML;
}
