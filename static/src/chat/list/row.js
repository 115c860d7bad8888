/** One conversation in the list: a link with marks, and its menu. Made once, then shown as it changes. */

import { fill, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { summon, titleOf } from "./refusal.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

/**
 * @typedef {object} Row
 * @property {HTMLLIElement} element
 * @property {HTMLAnchorElement} link
 * @property {() => void} show
 */

/**
 * @param {Store} store @param {Acts} acts @param {string} id
 * @param {{ go: (id: string) => void, removed: (id: string) => () => void }} list
 * @returns {Row}
 */
export function rowOf(store, acts, id, list) {
  const name = h("span", { class: "name" });
  const marks = h("span", { class: "marks" });
  const link = h("a", { href: `/c/${id}`, onclick: (/** @type {MouseEvent} */ event) => follow(event, () => list.go(id)) }, name, marks);
  const more = h("button", { type: "button", class: "icon small more", "aria-haspopup": "menu", "aria-expanded": "false" }, icon("more"));
  const element = h("li", { class: "row", data: { id } }, link, more);
  more.addEventListener("click", () => summon(import("./deeds.js"), (deeds) => {
    const rename = () => {
      element.classList.add("renaming");
      deeds.rename(store, acts, id, link, () => {
        element.classList.remove("renaming");
        if (document.activeElement === document.body) link.focus();
      });
    };
    deeds.conversationMenu(store, acts, id, more, { rename, removed: list.removed(id) });
  }));
  let drawn = "";
  const show = () => {
    const card = store.cards.get(id);
    if (!card) return;
    const open = store.open === id;
    const running = Boolean(card.running || store.running(id));
    const unread = card.unread && !open && !running;
    const state = JSON.stringify([card.title, card.team, open, running, unread]);
    if (state === drawn) return;
    drawn = state;
    const title = titleOf(card);
    name.textContent = title;
    link.title = title;
    if (open) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    element.classList.toggle("on", open);
    more.setAttribute("aria-label", t("list.menu_of", { title }));
    fill(marks,
      card.team !== null && h("span", { class: "chip", title: t("list.in_team", { where: store.teamName(card.team) }) }, store.teamName(card.team)),
      (running || unread) && h("span", { class: running ? "dot running" : "dot" }, h("span", { class: "vh", text: t(running ? "list.running" : "list.unread") })),
    );
  };
  show();
  return { element, link, show };
}

/**
 * Follow a link inside the page, unless it is meant for another tab.
 * @param {MouseEvent} event @param {() => void} go
 */
export function follow(event, go) {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go();
}
