/** The head of the dialogue: its title, who sees it, which model answers, and its menu. */

import { byId, fill, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { fold } from "./fold.js";
import { summon, titleOf } from "./refusal.js";
import { deedsOf } from "./rights.js";
import { follow } from "./row.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

const NAME = "Clawdbot";

/**
 * Fill `#top`.
 * @param {Store} store @param {Acts} acts
 */
export function mountTop(store, acts) {
  const heading = h("h1");
  const chip = h("span", { class: "where" });
  const model = h("span", { class: "badge model" });
  const more = h("button", { type: "button", class: "icon", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": t("top.menu"), title: t("top.menu") }, icon("more"));
  const burger = h("button", { type: "button", class: "icon burger", "aria-label": t("top.list"), "aria-expanded": "false", "aria-controls": "side", onclick: () => document.dispatchEvent(new CustomEvent("clawd:drawer", { detail: { open: true } })) }, icon("menu"));
  document.addEventListener("clawd:drawer-is", (event) => burger.setAttribute("aria-expanded", String(/** @type {CustomEvent} */ (event).detail.open)));
  const begin = () => {
    acts.openNew();
    document.dispatchEvent(new CustomEvent("clawd:focus-box"));
  };
  const fresh = store.can("chat:write") && h("a", { class: "icon fresh", href: "/", "aria-label": t("list.new"), title: t("list.new"), onclick: (/** @type {MouseEvent} */ event) => follow(event, begin) }, icon("plus"));
  fill(byId("top"),
    burger,
    h("button", { type: "button", class: "icon unfold", "aria-label": t("top.unfold"), title: t("top.unfold"), onclick: () => fold(store, false) }, icon("panel")),
    heading, chip, model, fresh, more,
  );

  const card = () => (store.open === null ? undefined : store.cards.get(store.open));
  const withDeeds = (/** @type {(deeds: typeof import("./deeds.js"), id: string, rename: () => void) => void} */ go) => () => {
    const id = store.open;
    if (id === null) return;
    void summon(import("./deeds.js"), (deeds) => go(deeds, id, () => deeds.rename(store, acts, id, heading, () => {
      if (document.activeElement === document.body) more.focus();
    })));
  };
  heading.addEventListener("dblclick", withDeeds((_deeds, _id, rename) => rename()));
  more.addEventListener("click", withDeeds((deeds, id, rename) => deeds.conversationMenu(store, acts, id, more, { rename })));
  let drawn = "";
  const paint = () => {
    const now = card();
    const title = store.missing ? t("top.missing") : now ? titleOf(now) : t("list.new");
    const answering = store.settings.model ?? store.defaultModel ?? "";
    const state = JSON.stringify([store.open, title, now?.team, now && deedsOf(now, store), answering]);
    if (state === drawn) return;
    drawn = state;
    heading.textContent = title;
    heading.title = title;
    document.title = now ? `${title} · ${NAME}` : NAME;
    model.textContent = answering;
    model.hidden = !answering;
    more.hidden = !now;
    fill(chip, now && whereOf(store, acts, now));
    byId("top").classList.toggle("has-where", Boolean(now));
  };
  paint();
  for (const topic of /** @type {const} */ (["list", "open", "settings", "models", "me"])) store.on(topic, paint);
}

/**
 * Private or whose team's; a button where it may be moved.
 * @param {Store} store @param {Acts} acts @param {{ id: string, team: string | null, may: string[], mine: boolean }} card
 */
function whereOf(store, acts, card) {
  const name = card.team === null ? t("list.private") : store.teamName(card.team);
  const said = t(card.team === null ? "top.is_private" : "top.is_team", { where: name });
  const look = card.team === null ? "badge place own" : "badge place";
  const inside = [icon(card.team === null ? "lock" : "team"), h("span", { text: name })];
  if (!deedsOf(card, store).includes("move")) return h("span", { class: look, title: said }, inside);
  const button = h("button", { type: "button", class: look, title: said, "aria-label": said, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => summon(import("./deeds.js"), (deeds) => deeds.moveMenu(store, acts, card.id, button)) }, inside);
  return button;
}
