/** The list at the left: begin, find and open conversations; the person's own things below. */

import { byId, fill, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { drawerOf, NARROW } from "./narrow.js";
import { fold } from "./fold.js";
import { untilTomorrow } from "./groups.js";
import { onMac, SHORTCUTS, written } from "./keys.js";
import { personRow } from "./person.js";
import { mindKeys } from "./pressed.js";
import { summon } from "./refusal.js";
import { follow } from "./row.js";
import { rowsIn } from "./rows.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

/**
 * Fill `#side`, and listen for what concerns it.
 * @param {Store} store @param {Acts} acts
 */
export function mountList(store, acts) {
  const side = byId("side");
  const panel = h("div", { class: "panel" });
  const drawer = drawerOf(panel);
  const begin = () => drawer.leave(() => {
    acts.openNew();
    document.dispatchEvent(new CustomEvent("clawd:focus-box"));
  });
  const fresh = h("a", { class: "btn fresh", href: "/", onclick: (/** @type {MouseEvent} */ event) => follow(event, begin) }, icon("plus"), t("list.new"));
  const find = findButton(store, acts);
  const box = h("div", { class: "groups" });
  const end = h("div", { class: "end" });
  const list = h("div", { class: "list" }, box, end);
  fill(panel,
    h("header", null,
      h("div", { class: "brand-line" },
        h("a", { class: "brand", href: "/", text: "Clawdbot", onclick: (/** @type {MouseEvent} */ event) => follow(event, begin) }),
        h("button", { type: "button", class: "icon small fold", "aria-label": t("list.fold"), title: t("list.fold"), onclick: () => fold(store, true) }, icon("panel")),
        h("button", { type: "button", class: "icon small shut", "aria-label": t("list.shut"), onclick: () => drawer.leave(() => {}) }, icon("close")),
      ),
      store.can("chat:write") && fresh,
      find,
    ),
    list,
    personRow(store, acts),
  );
  fill(side, panel);
  const rows = rowsIn(store, acts, box, (id) => drawer.leave(() => void acts.open(id)), () => fresh.focus());
  const paint = () => {
    rows.paint();
    box.classList.toggle("none", store.order.length === 0 && !store.listNext);
    if (!box.firstElementChild) box.append(h("p", { class: "quiet-text", text: t("list.none") }));
  };
  paint();
  store.on("list", paint);
  store.on("generation", paint);
  store.on("open", () => {
    paint();
    rows.current()?.scrollIntoView({ block: "nearest" });
  });
  followTheDay(paint);
  mindPages(store, acts, list, end);
  wearTheme(store);
  mindKeys(store, acts, begin);
  fold(store);
  warmUp();
}

/** @param {Store} store */
function wearTheme(store) {
  let worn = store.settings.theme;
  store.on("settings", () => {
    const { theme } = store.settings;
    // as it is when the code is there: what was refused meanwhile is not worn
    if (theme !== worn) void summon(import("./theme.js"), (code) => code.wear(store.settings.theme));
    worn = theme;
  });
}

/** Have the menus' code there before the first click. */
function warmUp() {
  const load = () => void Promise.all([import("./deeds.js"), import("./own.js"), matchMedia(NARROW).matches && import("./drawer.js")]).catch(() => {}); // said when it is needed
  for (const box of [byId("side"), byId("top")]) {
    for (const sign of ["pointerover", "focusin"]) box.addEventListener(sign, load, { once: true });
  }
}

/** @param {Store} store @param {Acts} acts */
function findButton(store, acts) {
  const keys = SHORTCUTS.find((one) => one.name === "search");
  const hint = keys && h("kbd", { "aria-hidden": "true", text: written(keys, onMac()).join(onMac() ? "" : "+") });
  const button = h("button", { type: "button", class: "field find", "aria-haspopup": "dialog", onclick: () => summon(import("../dialogs/search.js"), (dialog) => dialog.show(store, acts)) },
    icon("search"), h("span", { text: t("list.find") }), hint);
  const show = () => hint?.toggleAttribute("hidden", !store.settings.shortcuts);
  show();
  store.on("settings", show);
  return button;
}

/** Group anew when a day ends, or when the page is looked at again. @param {() => void} paint */
function followTheDay(paint) {
  const next = () => setTimeout(() => {
    paint();
    next();
  }, untilTomorrow(new Date()) + 1000);
  next();
  document.addEventListener("visibilitychange", () => document.hidden || paint());
}

/**
 * Load page after page as its end comes into sight.
 * @param {Store} store @param {Acts} acts @param {HTMLElement} list what scrolls @param {HTMLElement} end its last element
 */
function mindPages(store, acts, list, end) {
  let busy = false;
  const load = async () => {
    if (busy || !store.listNext) return;
    busy = true;
    fill(end, h("p", { class: "quiet-text", role: "status", text: t("list.loading") }));
    try {
      await acts.moreOfList();
      fill(end);
    } catch {
      fill(end, h("button", { type: "button", class: "btn quiet", text: t("list.more"), onclick: () => void load() }));
      return;
    } finally {
      busy = false;
    }
    look();
  };
  const look = () => {
    seen.unobserve(end); // says anew whether the end is in sight
    seen.observe(end);
  };
  const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void load(), { root: list, rootMargin: "200px" });
  store.on("list", () => end.firstElementChild || look()); // after a gap it may end earlier than before
  look();
}
