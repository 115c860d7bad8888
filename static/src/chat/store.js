/**
 * What the page knows. Plain data, changed by the store's own methods alone; views read it and listen:
 *
 * "connection" "me" "list" "open" (another conversation, or it was loaded) "chat" (the branch) "generation" {g}
 * "delta" {g, k, d} "snapshot" {g} "outbox" "settings" "models" "limit" "notice" {level, key, args, c}
 */

import { Kept } from "./store/kept.js";
import * as tree from "./store/tree.js";
import { Topics } from "./store/topics.js";
import { Unread } from "./store/unread.js";
import { ended, goOn } from "./store/written.js";

/** @typedef {import("./shapes").Boot} Boot */
/** @typedef {import("./shapes").Card} Card */
/** @typedef {import("./shapes").Chat} Chat */
/** @typedef {import("./shapes").Connection} Connection */
/** @typedef {import("./shapes").Generation} Generation */
/** @typedef {import("./shapes").Message} Message */
/** @typedef {import("./shapes").Notice} Notice */
/** @typedef {import("./shapes").Pending} Pending */

const MOST_DONE = 60; // ended answers that stay known

export class Store extends Topics {
  /** @type {import("./shapes").Model[]} */
  models = [];
  /** @type {Map<string, Card>} */
  cards = new Map();
  /** @type {string[]} */
  order = [];
  /** @type {string | null} */
  listNext = null;
  /** When the last row of the pages that were read was updated; "": they reach to the end. */
  listEnd = "";
  /** @type {string | null} */
  open = null;
  missing = false;
  /** The conversation that this tab's own question began last. @type {string | null} */
  born = null;
  /** @type {Chat} */
  chat = tree.emptyChat(null);
  /** @type {Map<string, Generation>} */
  generations = new Map();
  /** @type {Pending[]} */
  outbox = [];
  /** @type {{until: number} | null} */
  limited = null;
  /** @type {Connection} */
  connection = {
    phase: "connecting", retryAt: null, online: true, reason: null, ref: "", newer: false, plain: false,
  };

  /** @param {Boot} boot @param {Kept} [kept] */
  constructor(boot, kept = new Kept(boot.person.id)) {
    super();
    this.kept = kept;
    this.unread = new Unread(kept);
    this.app = boot.app;
    this.me = boot.person;
    this.scopes = new Set(boot.scopes);
    this.teams = boot.teams;
    this.leads = new Set(boot.leads);
    this.settings = boot.settings;
    this.limits = boot.limits;
    this.defaultModel = boot.default_model;
    this.vision = boot.vision;
    this.contextLength = boot.context_length ?? null;
    this.defaultTeam = boot.default_team;
    /** @type {string | null} */
    this.newTeam = boot.default_team;
    this.#begin(boot);
  }

  /** @param {Boot} boot */
  #begin(boot) {
    this.connection.online = globalThis.navigator?.onLine ?? true;
    const { open } = boot;
    if (open && !("missing" in open)) {
      this.open = open.conversation.id;
      this.chat = tree.emptyChat(this.open);
    }
    this.missing = Boolean(open && "missing" in open);
    this.takePage(boot.list);
    if (open && !("missing" in open)) {
      this.putCard(open.conversation);
      this.takeHistory(open);
    }
  }

  // ---- what views ask ------------------------------------------------------------------------------

  /** @param {string} scope @returns {boolean} */
  can(scope) {
    return this.scopes.has(scope);
  }

  /** @param {string | null} slug @returns {string} */
  teamName(slug) {
    return this.teams.find((team) => team.slug === slug)?.name ?? slug ?? "";
  }

  /** From the first loaded message to the last, questions on their way at the end. @returns {Message[]} */
  branch() {
    return tree.branch(this.chat, this.outbox.filter((one) => one.c === this.open), this.me);
  }

  /** The id of the newest message that is known; all ids sort by time. @returns {string} */
  newest() {
    const leaves = [...this.cards.values()].map((card) => card.leaf ?? "");
    return [...this.chat.messages.keys(), ...leaves].sort().at(-1) ?? "";
  }

  /** Now, as the list has it: the clock here may be slow. @param {number} now ms @returns {string} */
  latest(now) {
    const last = Date.parse(this.cards.get(this.order[0] ?? "")?.updated ?? "");
    return new Date(Math.max(now, last + 1 || 0)).toISOString();
  }

  /** The versions beside a message. @param {string} id @returns {string[]} */
  siblings(id) {
    return tree.siblings(this.chat, id);
  }

  /** @param {string} g @returns {Generation | undefined} */
  generation(g) {
    return this.generations.get(g);
  }

  /** What is being written in a conversation. @param {string | null} c @returns {Generation | undefined} */
  running(c) {
    if (c === null) return undefined;
    return [...this.generations.values()].find((one) => one.c === c && one.state !== "done");
  }

  // ---- the list ------------------------------------------------------------------------------------

  /** A card as the server has it. @param {Omit<Card, "unread">} card */
  putCard(card) {
    const over = this.generations.get(card.running ?? "")?.state === "done"; // it ended while the card was on its way
    const running = over ? null : card.running;
    const unread = this.unread.judge(card.id, running, card.id === this.open);
    this.cards.set(card.id, { ...card, running, unread });
    if (running) this.begun(running, card.id);
    this.#sort(card.id, !card.archived);
  }

  /** Some fields of a card that is known. @param {string} c @param {Partial<Card>} changed */
  patchCard(c, changed) {
    const card = this.cards.get(c);
    if (!card) return;
    this.cards.set(c, { ...card, ...changed });
    if (changed.unread === false && card.unread) this.unread.set(c, null);
    if (changed.unread || changed.running) this.unread.set(c, changed.unread ? "unread" : "running");
    this.#sort(c, !(changed.archived ?? card.archived));
  }

  /** @param {string} c @param {boolean} listed */
  #sort(c, listed) {
    const others = this.order.filter((id) => id !== c);
    const at = (/** @type {string} */ id) => this.cards.get(id)?.updated ?? "";
    const place = others.findIndex((id) => at(id) < at(c));
    if (listed) others.splice(place < 0 ? others.length : place, 0, c);
    this.order = others;
    this.emit("list");
  }

  /** @param {string} c */
  dropCard(c) {
    this.cards.delete(c);
    this.order = this.order.filter((id) => id !== c);
    this.unread.set(c, null);
    this.emit("list");
  }

  /**
   * A page of the list, down from what was updated at `before`; missing: the first. What would be on it and is not
   * there is gone.
   * @param {import("./shapes").Page} page @param {string} [before]
   */
  takePage(page, before = "~") {
    const cards = [...(page.pinned ?? []), ...page.conversations];
    const there = new Set(cards.map((card) => card.id));
    this.listNext = page.next;
    this.listEnd = page.next === null ? "" : (page.conversations.at(-1)?.updated ?? "");
    this.dropCards(before, this.listEnd, there);
    for (const card of cards) this.putCard(card);
  }

  /** Those of the list between two times, but for these and the open one. @param {string} before @param {string} after @param {Set<string>} but */
  dropCards(before, after, but) {
    for (const c of [...this.order]) {
      const at = this.cards.get(c)?.updated ?? "";
      if (at < before && at > after && c !== this.open && !but.has(c)) this.dropCard(c);
    }
  }

  // ---- the open conversation -----------------------------------------------------------------------

  /** Show another one (null: a new one); its messages come later. @param {string | null} c */
  show(c) {
    this.open = c;
    this.missing = false;
    this.chat = tree.emptyChat(c);
    this.chat.loading = c !== null;
    if (c !== null) this.patchCard(c, { unread: false });
    this.emit("open");
    this.emit("chat");
  }

  /** It cannot be read (any more). @param {string} c */
  lost(c) {
    this.dropCard(c);
    for (const live of [...this.generations.values()]) {
      if (live.c === c && this.generations.delete(live.g)) this.emit("generation", { g: live.g }); // nothing waits for it any more
    }
    if (c !== this.open || this.missing) return;
    this.chat = tree.emptyChat(c);
    this.missing = true;
    this.emit("open");
    this.emit("chat");
  }

  /** The new conversation has got its id. @param {string} c */
  bear(c) {
    this.open = this.born = this.chat.id = c;
    this.emit("open");
  }

  /**
   * Messages as the server has them: what is newer here stays. older: the page before those that are loaded.
   * Where more came meanwhile than one page has, what was loaded does not reach to it: it begins anew.
   * @param {import("./shapes").History} history @param {boolean} [older]
   */
  takeHistory(history, older = false) {
    const apart = history.before !== null && !history.messages.some((message) => this.chat.messages.has(message.id));
    if (apart && !older) this.chat = tree.emptyChat(this.chat.id);
    const { chat } = this;
    const first = !chat.messages.size;
    const news = history.messages.filter((message) => !chat.messages.has(message.id));
    for (const message of history.messages) tree.put(chat, this.#merged(message));
    if (older || first) chat.before = history.before;
    if (!older) this.#follow(history.leaf, first, new Set(news.map((message) => message.id)));
    chat.loading = false;
    this.emit("chat");
  }

  /** Stay on the branch that is shown; go with its end. @param {string | null} leaf @param {boolean} first @param {Set<string>} news */
  #follow(leaf, first, news) {
    const { chat } = this;
    if (leaf === null || (!first && !chat.messages.has(leaf))) return;
    const shown = chat.leaf;
    const beside = news.has(leaf) && tree.endsAt(chat, chat.messages.get(leaf)?.parent ?? null);
    if (first || shown === null || beside || tree.leadsTo(chat, shown, leaf)) chat.leaf = leaf;
  }

  /** @param {Message} message @returns {Message} */
  #merged(message) {
    const known = this.chat.messages.get(message.id);
    const sent = known?.sent;
    const running = message.state === "queued" || message.state === "generating";
    if (known?.live && known.live.g !== message.generation) return known; // it went on meanwhile
    if (!running || !message.generation) {
      const live = this.generations.get(message.generation ?? "");
      if (live) {
        live.c ??= this.chat.id;
        this.settle(live);
      }
      return { ...message, sent };
    }
    const live = this.begun(message.generation, this.chat.id);
    live.m = message.id;
    live.asker ??= { id: message.asker_id ?? null, name: message.asker ?? "" };
    live.model ||= message.model;
    if (live.state === "done") return ended(message, live);
    if (!known?.live) goOn(message, live);
    return { ...message, live };
  }

  /** The server has it as over, or knows it no more. @param {Generation} live @returns {boolean} whether it was not */
  settle(live) {
    if (live.state === "done") return false;
    live.s = Infinity;
    this.end(live);
    return true;
  }

  /** Add a message that only this page knows so far, and go there. @param {Message} message @param {boolean} [go] */
  putMessage(message, go = false) {
    tree.put(this.chat, message);
    if (go) this.chat.leaf = message.id;
    this.emit("chat");
  }

  /** @param {string | null} leaf */
  goTo(leaf) {
    this.chat.leaf = leaf;
    this.emit("chat");
  }

  // ---- answers in the making -----------------------------------------------------------------------

  /** The answer by this id, known from now on. @param {string} g @param {string | null} [c] @returns {Generation} */
  begun(g, c = null) {
    const known = this.generations.get(g);
    if (known) {
      known.c ??= c;
      return known;
    }
    /** @type {Generation} */
    const made = {
      g, c, m: null, s: 0, text: "", think: "", state: "generating", pos: null, eta_ms: null, began: Date.now(),
      thinkMs: null, reason: null, err: null, usage: null, asker: null, model: "", thought: null,
      again: { text: 0, think: 0 }, end: null, asked: false,
    };
    this.generations.set(g, made);
    this.#forget();
    return made;
  }

  /** Those that ended first are forgotten first. */
  #forget() {
    const done = [...this.generations.values()].filter((one) => one.state === "done");
    for (const one of done.slice(0, Math.max(0, done.length - MOST_DONE))) this.generations.delete(one.g);
  }

  /** An answer that was there is being written further. @param {Message} message @param {Generation} live */
  goOn(message, live) {
    goOn(message, live);
    this.putMessage({ ...message, live, generation: live.g });
  }

  /** An answer is over: its message has what it became. @param {Generation} live @param {number} [now] ms, where it is over just now */
  end(live, now) {
    live.state = "done";
    const message = this.chat.messages.get(live.m ?? "");
    if (message?.live === live) this.putMessage(ended(message, live));
    const card = live.c === null ? undefined : this.cards.get(live.c);
    if (live.c !== null && card && (card.running === live.g || card.running === null)) {
      const moved = now === undefined ? {} : { updated: this.latest(now) };
      this.patchCard(live.c, { running: null, ...moved, ...(live.c === this.open ? {} : { unread: true }) });
      if (live.c === this.open) this.unread.set(live.c, null);
    }
    this.emit("generation", { g: live.g });
  }

  // ---- the rest ------------------------------------------------------------------------------------

  /** @param {Partial<Connection>} changed */
  setConnection(changed) {
    Object.assign(this.connection, changed);
    this.emit("connection");
  }

  /** @param {Pending[]} outbox */
  setOutbox(outbox) {
    this.outbox = outbox;
    this.emit("outbox");
    this.emit("chat");
  }

  /** The team that the next new conversation gets. @param {string | null} slug */
  setNewTeam(slug) {
    this.newTeam = slug;
    this.emit("settings");
  }

  /** @param {import("./shapes").Settings} settings */
  setSettings(settings) {
    this.settings = settings;
    this.emit("settings");
  }

  /** @param {import("./shapes").Model[]} models */
  setModels(models) {
    this.models = models;
    this.emit("models");
  }

  /** @param {number | null} until ms */
  setLimited(until) {
    this.limited = until === null ? null : { until };
    this.emit("limit");
  }

  /** @param {Notice} notice */
  notice(notice) {
    this.emit("notice", notice);
  }
}
