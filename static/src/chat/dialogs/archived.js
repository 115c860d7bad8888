/** The archive: read, take out again, or delete; page by page. */

import { open } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { archive } from "../list/deeds.js";
import { titleOf } from "../list/refusal.js";
import { words } from "../live/errors.js";
import { follow } from "../list/row.js";
import { when } from "./when.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */
/** @typedef {Omit<import("../shapes").Card, "unread">} Card */

/** @param {Store} store @param {Acts} acts */
export function show(store, acts) {
  const list = h("ul", { class: "archived" });
  const end = h("div", { class: "archived-end", "aria-live": "polite" });
  const shown = open(t("archived.title"), [list, end], { wide: true });
  const go = (/** @type {string} */ id) => {
    shown.close();
    document.dispatchEvent(new CustomEvent("clawd:drawer", { detail: { open: false, then: () => void acts.open(id) } }));
  };
  const load = async (/** @type {string | undefined} */ cursor) => {
    fill(end, h("p", { class: "quiet-text", text: t("list.loading") }));
    try {
      const { conversations, next } = await acts.archivedList(cursor);
      list.append(...conversations.map((/** @type {Card} */ card) => row(acts, card, go)));
      fill(end, next && more(() => load(next)), !list.firstElementChild && h("p", { class: "quiet-text", text: t("archived.none") }));
    } catch (error) {
      fill(end, h("p", { class: "bad", role: "alert" }, icon("warning"), h("span", { text: words(/** @type {any} */ (error)) })), more(() => load(cursor)));
    }
  };
  void load(undefined);
}

/** @param {() => void} load */
function more(load) {
  return h("button", { type: "button", class: "btn quiet", text: t("list.more"), onclick: load });
}

/** @param {Acts} acts @param {Card} card @param {(id: string) => void} go @returns {HTMLElement} */
function row(acts, card, go) {
  const title = titleOf(card);
  const out = h("button", {
    type: "button", class: "btn quiet", "aria-label": t("archived.out_of", { title }), text: t("archived.out"),
    onclick: async () => {
      out.disabled = true;
      await archive(acts, card.id, false);
      element.remove();
    },
  });
  const element = h("li", null,
    h("a", { href: `/c/${card.id}`, onclick: (/** @type {MouseEvent} */ event) => follow(event, () => go(card.id)) }, h("span", { text: title }), h("small", { text: when(card.updated) })),
    out,
  );
  return element;
}
