/** Search: a field, what was found, and arrows between; before anything is typed, the last used. */

import { open } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { moment, t } from "../../lib/texts.js";
import { titleOf } from "../list/refusal.js";
import { composing } from "../list/keys.js";
import { words } from "../live/errors.js";
import { laterOnly } from "./later.js";
import { when } from "./when.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */
/** @typedef {{ text: string, hit: boolean }} Piece */
/** @typedef {{ conversation: string, team: string | null, title: Piece[], message: string | null, role: string | null, snippet: Piece[], at: string }} Result */

const PAUSE = 200; // ms after the last key
const RECENT = 8;

/** @param {Store} store @param {Acts} acts @param {string} [begun] what was typed already */
export function show(store, acts, begun = "") {
  const list = h("div", { id: "search-results", class: "results", role: "listbox", "aria-label": t("search.results") });
  const state = h("div", { class: "search-state", role: "status" });
  const field = h("input", {
    type: "search", class: "field", role: "combobox", "aria-expanded": "true", "aria-controls": "search-results", "aria-autocomplete": "list",
    "aria-label": t("search.title"), placeholder: t("search.placeholder"), autocomplete: "off", spellcheck: "false", maxlength: "200", autofocus: true,
  });
  const scroller = h("div", { class: "search-scroll" }, list, state);
  const shown = open(t("search.title"), [h("div", { class: "search-field" }, icon("search"), field), scroller], { wide: true, class: "search", onclose: () => seen.disconnect() });
  field.focus();

  const go = (/** @type {string} */ id, /** @type {string | null} */ message) => {
    shown.close();
    const then = async () => {
      await acts.open(id);
      if (message) document.dispatchEvent(new CustomEvent("clawd:find", { detail: { c: id, m: message } }));
    };
    document.dispatchEvent(new CustomEvent("clawd:drawer", { detail: { open: false, then } }));
  };
  const choose = (/** @type {Element | undefined} */ option) => {
    for (const one of list.children) one.setAttribute("aria-selected", String(one === option));
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const chosen = () => list.querySelector('[aria-selected="true"]') ?? undefined;
  const add = (/** @type {HTMLElement[]} */ options) => {
    for (const option of options) {
      option.id = `search-option-${list.children.length}`;
      list.append(option);
    }
    if (!chosen()) choose(list.firstElementChild ?? undefined);
    list.hidden = !list.firstElementChild; // a list box without options is none
    field.setAttribute("aria-expanded", String(!list.hidden));
  };
  const say = (/** @type {string} */ text, /** @type {(() => void) | undefined} */ again = undefined) => {
    fill(state, text && h("p", { class: again ? "bad" : "quiet-text", text }), again && h("button", { type: "button", class: "btn quiet", text: t("search.again"), onclick: again }));
  };

  const newest = laterOnly();
  /** @type {(() => void) | null} */
  let nextPage = null;
  const page = async (/** @type {string} */ query, /** @type {string | undefined} */ cursor) => {
    nextPage = null;
    list.setAttribute("aria-busy", "true");
    if (cursor) say(t("list.loading"));
    const answer = await newest(acts.search(query, cursor)).catch((/** @type {unknown} */ error) => ({ error }));
    if (!answer) return; // another query is on its way
    list.removeAttribute("aria-busy");
    if (!cursor) fill(list);
    if ("error" in answer) {
      add([]);
      return say(words(/** @type {any} */ (answer.error)), () => void page(query, cursor));
    }
    add(answer.results.map((/** @type {Result} */ one) => found(store, one, go)));
    say(list.firstElementChild ? "" : t("search.none", { query }));
    const { next } = answer;
    if (next) nextPage = () => void page(query, next);
    seen.unobserve(state);
    seen.observe(state);
  };
  const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && nextPage?.(), { root: scroller, rootMargin: "120px" });
  const recent = () => {
    list.removeAttribute("aria-busy");
    fill(list);
    add(store.order.slice(0, RECENT).flatMap((id) => {
      const card = store.cards.get(id);
      return card ? [option(go, id, null, [h("strong", { text: titleOf(card) })], teamOf(store, card.team), card.updated)] : [];
    }));
    say(list.firstElementChild ? "" : t("search.hint"));
  };

  let timer = 0;
  let asked = "";
  const typed = () => {
    const query = field.value.trim();
    if (query === asked) return;
    asked = query;
    clearTimeout(timer);
    void newest(Promise.resolve(null)); // what is on its way was not asked for either
    nextPage = null;
    if (!query) return recent();
    list.setAttribute("aria-busy", "true"); // what is shown is not what was asked for: Enter chooses nothing of it
    timer = window.setTimeout(() => void page(query, undefined), PAUSE);
  };
  field.addEventListener("input", (event) => /** @type {InputEvent} */ (event).isComposing || typed());
  field.addEventListener("compositionend", typed);
  field.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const all = [...list.children];
    const at = all.indexOf(/** @type {Element} */ (chosen()));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (field.value.trim() === asked && !list.hasAttribute("aria-busy")) /** @type {HTMLElement | undefined} */ (chosen())?.click();
    } else if (event.key === "Escape" && field.value) {
      event.preventDefault(); // first what was typed, then the dialog
      field.value = "";
      typed();
    }
  });
  recent();
  field.value = begun;
  typed();
}

/** @param {Store} store @param {Result} result @param {(id: string, message: string | null) => void} go */
function found(store, result, go) {
  const title = result.title.length ? marked(result.title) : [t("list.untitled")];
  const lines = [h("strong", null, title), result.snippet.length > 0 && h("p", null, marked(result.snippet.map((one) => ({ ...one, text: plain(one.text) }))))];
  return option(go, result.conversation, result.message, lines, teamOf(store, result.team), result.at);
}

/**
 * @param {(id: string, message: string | null) => void} go @param {string} id @param {string | null} message
 * @param {import("../../lib/dom.js").Child[]} lines @param {string | null} team @param {string} at
 */
function option(go, id, message, lines, team, at) {
  return h("div", { class: "result", role: "option", "aria-selected": "false", onclick: () => go(id, message), onmousedown: (/** @type {Event} */ event) => event.preventDefault() },
    h("div", null, lines),
    h("small", null, team && h("span", { class: "chip", text: team }), h("time", { datetime: at, title: moment(at), text: when(at) })),
  );
}

/** @param {Store} store @param {string | null} team @returns {string | null} */
function teamOf(store, team) {
  return team === null ? null : store.teamName(team);
}

/** Without the signs of Markdown that say nothing in a line. @param {string} text @returns {string} */
function plain(text) {
  return text.replace(/\*\*|~~|`+|^#+ |(?<=\s)#{2,6} |\|?(?:[ :]*-{3,}[ :]*\|)+/g, "").replace(/\s*\|\s*/g, " ");
}

/** Text with its hits marked: never markup. @param {Piece[]} pieces @returns {(Node | string)[]} */
function marked(pieces) {
  return pieces.map((piece) => (piece.hit ? h("mark", { text: piece.text }) : piece.text));
}
