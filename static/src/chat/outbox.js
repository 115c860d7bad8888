/**
 * Questions on their way. Each has one id for its whole life, so that it is asked once, however often it is
 * sent; its draft goes when it is stored, and not before.
 */

import { newId } from "../lib/ids.js";
import { ApiError } from "./live/errors.js";
import { answer, question } from "./store/tree.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./live/live.js").Live} Live */
/** @typedef {import("./shapes").Pending} Pending */
/** @typedef {import("../protocol").Ack} Ack */

const PATIENCE = 20_000; // ms without an answer on a good connection
const OLD = 600_000; // ms after which a question that comes back with the page is not sent by itself
const KEY = "outbox";
const NOT_YET = ["shutting_down", "auth_unavailable"]; // it was not taken, and will be

export class Outbox {
  /** @type {Map<string, () => void>} */
  #timers = new Map();

  /**
   * @param {Store} store @param {Live} live @param {import("./drafts.js").Drafts} drafts
   * @param {import("./live/world.js").World} world
   * @param {import("./store/kept.js").Kept} kept of this tab
   * @param {(c: string) => void} onborn where the address is to say the new conversation's id
   */
  constructor(store, live, drafts, world, kept, onborn) {
    this.store = store;
    this.live = live;
    this.drafts = drafts;
    this.world = world;
    this.kept = kept;
    this.onborn = onborn;
  }

  /** What a reload or a sign-in left unsent is there again; before the box asks for its draft. */
  restore() {
    /** @type {Pending[]} */
    const left = this.kept.get(KEY) ?? [];
    const young = (/** @type {Pending} */ one) => one.state !== "failed" && this.world.now() - one.at < OLD;
    if (left.length) this.store.setOutbox(left.map((one) => (young(one) ? { ...one, state: "waiting" } : failed(one, one.error ?? trouble("not_sent")))));
  }

  begin() {
    this.live.onready(() => this.flush());
    this.store.on("connection", () => this.#mark());
    this.store.on("generation", () => this.flush());
  }

  /** How to answer: as asked, else as the person's settings say; undefined: as the model does. @param {import("./shapes").Options} asked @returns {import("./shapes").Options | undefined} */
  options(asked) {
    const think = asked.think ?? this.store.settings.think;
    const model = asked.model ?? this.store.settings.model;
    if (think === null && model === null) return undefined;
    return { ...(think === null ? {} : { think }), ...(model === null ? {} : { model }) };
  }

  /** @param {Omit<Pending, "id" | "at" | "state" | "error">} asked */
  add(asked) {
    /** @type {Pending} */
    const pending = { ...asked, id: newId(), at: this.world.now(), state: "waiting", error: null };
    this.#set([...this.store.outbox, pending]);
    this.flush();
  }

  /** @param {string} id */
  cancel(id) {
    const pending = this.#find(id);
    if (pending) this.#undraft(pending);
    this.#drop(id);
    this.live.forget(id);
    this.flush();
  }

  /** @param {string} id */
  retry(id) {
    const found = this.#find(id);
    if (!found) return;
    this.#change(id, { state: "waiting", error: null });
    this.flush();
  }

  /**
   * Send what waits, of each conversation the first, and none while an answer is written there; but for one that was
   * said already: the answer may be its own.
   */
  flush() {
    if (!this.live.there && !this.store.connection.plain) return;
    const taken = new Set();
    for (const pending of this.store.outbox) {
      const first = !taken.has(pending.c);
      if (pending.state !== "failed") taken.add(pending.c);
      if (pending.state === "waiting" && first && (pending.body || !this.store.running(pending.c))) void this.#send(pending.id);
    }
  }

  /** @param {string} id */
  async #send(id) {
    const pending = this.#find(id);
    if (!pending) return;
    const body = pending.body ?? this.#body(pending);
    this.#change(id, { state: "sending", body, after: pending.body ? pending.after : this.store.newest() });
    this.#clear(id);
    this.#timers.set(id, this.world.later(PATIENCE, () => this.#late(id)));
    try {
      this.#stored(id, await this.live.ask(/** @type {any} */ (body)));
    } catch (error) {
      this.#refused(id, /** @type {ApiError} */ (error));
    }
  }

  /** @param {Pending} pending @returns {Record<string, any>} */
  #body(pending) {
    const here = pending.c !== null && pending.c === this.store.open;
    const parent = pending.parent !== undefined ? pending.parent : here ? (this.store.chat.leaf ?? undefined) : undefined;
    return {
      t: "chat.send", id: pending.id, c: pending.c, text: pending.text,
      ...(parent === undefined || pending.c === null ? {} : { parent }),
      ...(pending.c === null && pending.team !== undefined ? { team: pending.team } : {}),
      ...(pending.images.length ? { images: pending.images.map((image) => image.id) } : {}),
      ...(pending.opts ? { opts: pending.opts } : {}),
    };
  }

  /** It is stored. Also where it was given up already. @param {string} id @param {Ack} ack */
  #stored(id, ack) {
    const pending = this.#find(id);
    if (!pending) return;
    this.#clear(id);
    const { store } = this;
    const c = ack.c ?? pending.c ?? "";
    if (!store.cards.has(c)) {
      if (pending.c === null) store.putCard(newCard(store, pending, ack, this.world.now()));
      else this.live.run({ do: "card", c });
    }
    const begins = pending.c === null && store.open === null;
    store.outbox = store.outbox.filter((one) => one.id !== id).map((one) => (pending.c === null ? this.#after(one, c) : one));
    if (begins) store.bear(c);
    const live = this.#answer(ack, c);
    if (store.open === c) this.#show(pending, ack);
    if (live?.state !== "done") store.patchCard(c, { running: ack.g ?? null, updated: store.latest(this.world.now()) });
    this.#undraft(pending);
    for (const { url } of pending.images) URL.revokeObjectURL(url ?? ""); // what is not shown yet comes from the server
    this.#set(store.outbox);
    if (begins) this.onborn(c);
    this.flush();
  }

  /** What waits below the first question of a new conversation goes there too. @param {Pending} one @param {string} c @returns {Pending} */
  #after(one, c) {
    if (one.c !== null || one.body) return one;
    this.#undraft(one);
    return { ...one, c };
  }

  /** Its words are no draft any more. @param {Pending} pending */
  #undraft(pending) {
    if (pending.parent === undefined) this.drafts.take(pending.c, pending);
  }

  /** @param {Ack} ack @param {string} c */
  #answer(ack, c) {
    if (!ack.g) return undefined;
    const live = this.store.begun(ack.g, c);
    live.m = ack.ma ?? null;
    live.asker = this.store.me;
    return live;
  }

  /** The question and the answer to come, in their places. @param {Pending} pending @param {Ack} ack */
  #show(pending, ack) {
    const { store } = this;
    const parent = pending.body?.parent ?? null;
    const images = pending.images.map((image) => image.id);
    const unknown = parent === null && pending.c !== null && pending.parent === undefined;
    if (ack.mu && !store.chat.messages.has(ack.mu)) {
      const asked = question(ack.mu, parent, pending.text, images, store.me.name, pending.at);
      store.putMessage({ ...asked, sent: pending.id });
    }
    if (ack.ma && ack.g && ack.mu && !store.chat.messages.has(ack.ma)) {
      store.putMessage(answer(ack.ma, ack.mu, store.begun(ack.g)));
    }
    store.goTo(ack.ma ?? ack.mu ?? null);
    const over = store.generation(ack.g ?? "")?.state === "done"; // before its ack came, as after a reload
    if (unknown || over) this.live.run({ do: "history", c: ack.c ?? "" });
  }

  /** @param {string} id @param {ApiError} error */
  #refused(id, error) {
    this.#clear(id);
    const pending = this.#find(id);
    if (!pending) return;
    if (NOT_YET.includes(error.code)) {
      this.#change(id, { state: "waiting" });
      this.world.later(error.retryAfterMs ?? 5_000, () => this.flush());
      return;
    }
    const retryAt = error.retryAfterMs === null ? null : this.world.now() + error.retryAfterMs;
    this.#change(id, failed(pending, { ...trouble(error.code), args: error.args, ref: error.ref, retryAt }));
    if (error.code === "rate_limit_exceeded" && retryAt !== null) this.#limited(retryAt);
    this.flush(); // what waited behind it
  }

  /** @param {number} until */
  #limited(until) {
    this.store.setLimited(until);
    this.world.later(until - this.world.now(), () => this.store.limited?.until === until && this.store.setLimited(null));
  }

  /** No answer for long: the person may decide. An answer that comes all the same counts. @param {string} id */
  #late(id) {
    const pending = this.#find(id);
    if (pending?.state !== "sending" || !this.live.there) return;
    this.live.doubt(id);
    this.#change(id, failed(pending, trouble("no_answer")));
  }

  /** Without a connection what was being sent waits. */
  #mark() {
    const there = this.live.there || this.store.connection.plain;
    for (const { id, state } of this.store.outbox) if (state === "sending" && !there) this.#change(id, { state: "waiting" });
  }

  /** @param {string} id @returns {Pending | undefined} */
  #find(id) {
    return this.store.outbox.find((one) => one.id === id);
  }

  /** @param {string} id @param {Partial<Pending>} changed */
  #change(id, changed) {
    this.#set(this.store.outbox.map((one) => (one.id === id ? { ...one, ...changed } : one)));
  }

  /** @param {string} id */
  #drop(id) {
    this.#clear(id);
    this.#set(this.store.outbox.filter((one) => one.id !== id));
  }

  /** @param {string} id */
  #clear(id) {
    this.#timers.get(id)?.();
    this.#timers.delete(id);
  }

  /** @param {Pending[]} outbox */
  #set(outbox) {
    if (outbox.length) this.kept.set(KEY, outbox);
    else this.kept.remove(KEY);
    this.store.setOutbox(outbox);
  }
}

/** @param {string} code @returns {import("./shapes").Trouble} */
function trouble(code) {
  return { code, key: `error.${code}`, args: {}, retryAt: null, ref: "" };
}

/** @param {Pending} pending @param {import("./shapes").Trouble} error @returns {Pending} */
function failed(pending, error) {
  return { ...pending, state: "failed", error };
}

/** A conversation that began just now, until the server says more. @param {Store} store @param {Pending} pending @param {Ack} ack @param {number} now */
function newCard(store, pending, ack, now) {
  const at = store.latest(now);
  const title = pending.text.split(/\s+/).filter(Boolean).join(" ").slice(0, 60);
  /** @type {import("./shapes").May[]} */
  const may = ["continue", "rename", "delete", "move", "pin", "export"];
  return {
    id: ack.c ?? "", title, team: pending.team === undefined ? store.defaultTeam : pending.team,
    owner: { id: store.me.id, name: store.me.name }, mine: true, created: at, updated: at, leaf: ack.ma ?? null,
    pinned: false, archived: false, running: ack.g ?? null, may,
  };
}
