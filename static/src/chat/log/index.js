/** The dialogue: questions, answers as they are written, and the place of the reader in it. */

import { announce } from "../../lib/announce.js";
import { byId, fill, h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { mindCopies } from "../../markdown/index.js";
import { Deeds } from "./deeds.js";
import { beginning } from "./facts.js";
import { itemsOf, mayAsk } from "./items.js";
import { Articles } from "./list.js";
import { AnswerArticle } from "./message.js";
import { Question } from "./question.js";
import { Scroller } from "./scroll.js";
import { fetchEarly, rare } from "./lazy.js";
import { greeting, skeleton } from "./greeting.js";

/** @typedef {import("./message.js").Item} Item */
/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

const AHEAD = "800px 0px 0px 0px"; // how far above the edge older messages are asked for

/** @param {Store} store @param {Acts} acts @returns {Log} */
export function mountLog(store, acts) {
  return new Log(store, acts);
}

/** The parts are public for find.js. */
export class Log {
  /** @param {Store} store @param {Acts} acts */
  constructor(store, acts) {
    this.store = store;
    this.acts = acts;
    this.top = h("div", { class: "older" });
    this.list = h("div", { class: "articles" });
    this.state = h("div", { class: "state-place" });
    const room = h("div", { class: "room" }, this.list);
    fill(byId("messages"), this.top, room, this.state);
    this.scroller = new Scroller(this.list, room);
    const deeds = new Deeds(acts, {
      follows: () => this.scroller.attached,
      edit: (key) => this.#edit(key),
      again: (from) => {
        this.again = from.message.parent;
      },
      branch: (from, to, side) => this.#leave(from, to, side),
    });
    this.articles = new Articles(this.list, deeds, this.scroller);
    this.opened = store.open;
    this.place = "";
    /** @type {{ to: string, side: string, top: number } | null} where a version was asked for */
    this.turned = null;
    /** Answers that are spoken of. @type {Set<string>} */
    this.spoken = new Set();
    this.asking = false;
    this.due = false;
    /** @type {string | null} the question that another answer was asked for */
    this.again = null;
    mindCopies(this.list, () => announce(t("log.copied")));
    this.#listen();
    this.#render();
    fetchEarly();
  }

  #listen() {
    const { store } = this;
    for (const topic of /** @type {const} */ (["open", "chat", "outbox", "generation", "me", "list", "connection"])) store.on(topic, () => this.#soon());
    store.on("delta", (/** @type {{ g: string, k: "text" | "think", d: string }} */ one) => this.#piece(one));
    store.on("snapshot", (/** @type {{ g: string }} */ one) => this.#snapshot(one.g));
    document.addEventListener("clawd:edit-last", () => this.#editLast());
    document.addEventListener("clawd:find", async (event) => {
      await (await rare())?.find(this, /** @type {CustomEvent} */ (event).detail.m);
    });
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.#older(), { root: byId("scroller"), rootMargin: AHEAD });
    watch.observe(this.top);
  }

  /** Once for all that changed together. */
  #soon() {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.#render();
    });
  }

  #render() {
    const { store } = this;
    const moved = this.opened !== store.open;
    this.opened = store.open;
    const items = store.missing || (store.chat.loading && store.chat.messages.size === 0) ? [] : itemsOf(store);
    const kept = items.some((item) => this.articles.views.has(item.key));
    const began = this.articles.views.size === 0;
    const fresh = this.articles.show(items);
    this.#dress(items.length === 0);
    if (moved && !kept && !this.#continues(items)) this.scroller.reset();
    else if (began) this.scroller.reset();
    if (!began && fresh.length > 0) this.scroller.news();
    const asked = this.#askedNow(fresh);
    if (asked && !(began && items.length > 2)) this.scroller.anchor(asked);
    this.#arrive();
    this.#speak(items);
    this.#more();
  }

  /** The question that this reader has asked, or asked again, just now. @param {import("./message.js").View[]} fresh */
  #askedNow(fresh) {
    const view = fresh.find(({ item }) => item.pending && item.pending.state !== "failed");
    if (view) return view.element;
    if (this.again === null || !fresh.some(({ item }) => item.message.parent === this.again)) return undefined;
    const question = this.articles.views.get(this.again);
    this.again = null;
    return question?.element;
  }

  /** Whether the question of a new conversation stands here still, under its new name. @param {Item[]} items */
  #continues(items) {
    return items.some((item) => this.articles.views.get(item.key)?.element === this.scroller.question);
  }

  /** What stands where there is no message. @param {boolean} empty */
  #dress(empty) {
    const { store } = this;
    const writes = mayAsk(store);
    const place = !empty ? "" : store.missing ? "missing" : store.open !== null && (store.chat.loading || store.chat.before) ? "loading" : store.open === null ? `empty ${writes}` : "";
    if (place === this.place) return;
    this.place = place;
    byId("log").classList.toggle("vacant", place !== "" && place !== "loading");
    if (place === "missing") void this.#miss();
    else if (place === "loading") fill(this.state, skeleton());
    else if (place === "") fill(this.state);
    else fill(this.state, greeting({ name: store.me.name, writes }));
  }

  async #miss() {
    const parts = await rare();
    if (parts && this.place === "missing") fill(this.state, parts.missing(() => this.acts.openNew()));
  }

  /** @param {{ g: string, k: "text" | "think", d: string }} one */
  #piece(one) {
    const live = this.store.generation(one.g);
    const view = live?.m && this.articles.views.get(live.m);
    if (!live || !(view instanceof AnswerArticle)) return;
    view.answer.push(live, one.k, one.d);
    this.scroller.news();
  }

  /** @param {string} g */
  #snapshot(g) {
    const live = this.store.generation(g);
    const view = live?.m && this.articles.views.get(live.m);
    if (live && view instanceof AnswerArticle) {
      view.answer.replace(live);
      this.#render();
    }
  }

  /** What screen readers hear: that it is being answered, then how the answer begins. @param {Item[]} items */
  #speak(items) {
    for (const { live } of items) {
      if (!live) continue;
      if (live.state !== "done" && !this.spoken.has(live.g)) {
        this.spoken.add(live.g);
        announce(t("log.answering"));
      } else if (live.state === "done" && this.spoken.delete(live.g)) {
        if (live.reason === "stopped") announce(t("log.stopped"));
        else if (live.text) announce(t("log.answered", { text: beginning(live.text) }));
      }
    }
  }

  /** The edge of what is drawn may still be in sight: an observer only tells of changes. */
  #more() {
    if (this.articles.whole() && this.top.getBoundingClientRect().bottom > byId("scroller").getBoundingClientRect().top - 800) void this.#older();
  }

  async #older() {
    const { chat } = this.store;
    if (this.asking || !chat.before || chat.loading || !this.articles.whole()) return;
    this.asking = true;
    try {
      await this.acts.older();
    } catch {
      // the next scroll asks again
    } finally {
      this.asking = false;
    }
  }

  /** @param {string} key */
  #edit(key) {
    const view = this.articles.views.get(key);
    if (view instanceof Question) void view.edit();
  }

  #editLast() {
    const last = this.articles.items.findLast((item) => item.kind === "question" && item.may && !item.busy && !item.asker && !item.pending);
    if (last) this.#edit(last.key);
  }

  /** Another version is wanted: it comes to where this one stands. @param {Item} from @param {string} to @param {string} side */
  #leave(from, to, side) {
    const view = this.articles.views.get(from.key);
    if (!view) return;
    const question = from.kind === "question" ? view : this.articles.views.get(from.message.parent ?? "");
    this.scroller.stay(question?.element ?? null);
    this.turned = { to, side, top: view.element.getBoundingClientRect().top };
  }

  #arrive() {
    const view = this.turned && this.articles.views.get(this.turned.to);
    if (!this.turned || !view) return;
    const { side, top } = this.turned;
    this.turned = null;
    view.element.style.contentVisibility = "visible"; // or it would be measured by a guess
    if (view.item.kind === "question") this.scroller.stay(view.element);
    this.scroller.makeRoom();
    this.scroller.write(this.scroller.box.scrollTop + view.element.getBoundingClientRect().top - top);
    /** @type {HTMLElement | null} */ (view.element.querySelector(`[data-act="${side}"]`))?.focus({ preventScroll: true });
  }
}
