/** The person's row below the list: who is signed in, and what is theirs. */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { summon } from "./refusal.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

/** @param {Store} store @param {Acts} acts @returns {HTMLElement} */
export function personRow(store, acts) {
  const { name } = store.me;
  const button = h("button", { type: "button", class: "me-button", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => summon(import("./own.js"), (own) => own.ownMenu(store, acts, button)) },
    h("span", { class: "ava", "aria-hidden": "true", text: [...name.trim()][0]?.toUpperCase() ?? "?" }),
    h("span", { class: "name", text: name }),
    h("span", { class: "vh", text: t("list.own_menu") }),
    icon("more"),
  );
  return h("footer", { class: "me" }, button);
}
