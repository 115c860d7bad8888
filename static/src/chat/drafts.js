/** What is written and not sent, for each conversation: survives reload, sign-in and a full storage. */

import { Kept } from "./store/kept.js";

/** @typedef {import("./shapes").Draft} Draft */

const WAIT = 300; // ms without a key until it is kept
const MOST = 60; // conversations with a draft; the oldest goes first

/** @param {string | null} c @returns {string} */
const keyOf = (c) => `draft:${c ?? "new"}`;

/** @param {Draft} draft @returns {boolean} */
const isEmpty = (draft) => !draft.text && !draft.images.length;

export class Drafts {
  /** @type {Map<string | null, Draft>} not kept yet */
  #fresh = new Map();
  /** @type {any} */
  #timer = 0;

  /** @param {Kept} kept */
  constructor(kept = new Kept("nobody", null)) {
    this.kept = kept;
  }

  /** From now on this person's. @param {Kept} kept */
  begin(kept) {
    this.kept = kept;
    addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  /** @param {string | null} c @returns {Draft} empty where there is none */
  get(c) {
    const found = this.#fresh.get(c) ?? this.kept.get(keyOf(c));
    return { ...found, text: found?.text ?? "", images: found?.images ?? [] };
  }

  /** Keeps it a moment later. @param {string | null} c @param {Draft} draft */
  set(c, draft) {
    this.#fresh.set(c, draft);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), WAIT);
  }

  /** @param {string | null} c */
  clear(c) {
    this.#fresh.delete(c);
    this.kept.remove(keyOf(c));
  }

  /** Keep at once what was not kept yet. */
  flush() {
    clearTimeout(this.#timer);
    for (const [c, draft] of this.#fresh) this.#keep(c, draft);
    this.#fresh.clear();
  }

  /** @param {string | null} c @param {Draft} draft */
  #keep(c, draft) {
    if (isEmpty(draft) && draft.team === undefined) {
      this.kept.remove(keyOf(c));
      return;
    }
    const value = { ...draft, at: Date.now() };
    if (!this.kept.set(keyOf(c), value) && this.#makeRoom(1)) this.kept.set(keyOf(c), value);
    this.#makeRoom(0);
  }

  /** Drops the oldest drafts beyond the most there may be, and `more` of them. @param {number} more @returns {boolean} */
  #makeRoom(more) {
    const keys = this.kept.keys("draft:");
    const surplus = Math.max(keys.length - MOST, 0) + more;
    if (!surplus || keys.length < 2) return false;
    const old = keys.map((key) => ({ key, at: this.kept.get(key)?.at ?? 0 })).sort((one, other) => one.at - other.at);
    for (const { key } of old.slice(0, Math.min(surplus, keys.length - 1))) this.kept.remove(key);
    return true;
  }
}

/** This page's; `begin` says whose. */
export const drafts = new Drafts();
