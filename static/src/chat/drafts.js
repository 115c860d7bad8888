/** What is written and not sent, for each conversation: survives reload, sign-in and a full storage. */

import { Kept } from "./store/kept.js";

/** @typedef {import("./shapes").Draft} Draft */

const WAIT = 300; // ms without a key until it is kept
const MOST = 60; // conversations with a draft; the oldest goes first

/** Between texts that are kept in one draft. */
export const GAP = "\n\n";

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

  /**
   * Take out what was stored, or is wanted no more; what was written since stays, and what another tab wrote.
   * @param {string | null} c @param {Draft} stored
   */
  take(c, stored) {
    const draft = this.get(c);
    draft.text = (GAP + draft.text.trimEnd() + GAP).replace(GAP + stored.text + GAP, () => GAP).slice(GAP.length, -GAP.length);
    draft.images = draft.images.filter(({ id }) => !stored.images.some((one) => one.id === id));
    if (isEmpty(draft)) delete draft.team;
    this.#fresh.delete(c);
    this.#keep(c, draft);
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
    const others = this.#byAge().filter((key) => key !== keyOf(c));
    for (const key of others.splice(0, Math.max(0, others.length - MOST + 1))) this.kept.remove(key);
    while (!this.kept.set(keyOf(c), value) && others.length) this.kept.remove(others.shift() ?? "");
  }

  /** The oldest first. @returns {string[]} */
  #byAge() {
    const all = this.kept.keys("draft:").map((key) => ({ key, at: this.kept.get(key)?.at ?? 0 }));
    return all.sort((one, other) => one.at - other.at).map((one) => one.key);
  }
}

/** This page's; `begin` says whose. */
export const drafts = new Drafts();
