/**
 * What is written and not sent, for each conversation: survives reload, sign-in and a full storage. That of a new
 * conversation is each tab's own; who opens a tab finds the newest that a closed one left.
 */

import { newId } from "../lib/ids.js";
import { Kept } from "./store/kept.js";

/** @typedef {import("./shapes").Draft} Draft */

const WAIT = 300; // ms without a key until it is kept
const MOST = 60; // conversations with a draft; the oldest goes first

/** Between texts that are kept in one draft. */
export const GAP = "\n\n";

const NEW = "draft:new";
const OWN = "draft"; // where a tab keeps the key of its own
const LONG = 3_600_000; // ms after which a tab that did not say that it closed, has

/** @param {Draft} draft @returns {boolean} */
const isEmpty = (draft) => !draft.text && !draft.images.length;

export class Drafts {
  /** @type {Map<string | null, Draft>} not kept yet */
  #fresh = new Map();
  /** @type {any} */
  #timer = 0;
  #own = NEW;

  /** @param {Kept} kept */
  constructor(kept = new Kept("nobody", null)) {
    this.kept = kept;
  }

  /** @param {string | null} c @returns {string} */
  #key(c) {
    return c === null ? this.#own : `draft:${c}`;
  }

  /** From now on this person's. @param {Kept} kept @param {Kept} tab what this tab alone keeps */
  begin(kept, tab) {
    this.kept = kept;
    this.#adopt(tab);
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  /**
   * Take up what this tab left, else the newest that another left. A tab that was doubled takes a copy: the other
   * one is still there.
   * @param {Kept} tab
   */
  #adopt(tab) {
    const before = tab.get(OWN);
    this.#own = `${NEW}:${newId()}`;
    tab.set(OWN, this.#own);
    const found = this.#byAge().filter(({ key, at, left }) => key === before || (key.startsWith(NEW) && (left || at < Date.now() - LONG)));
    const { key, left, ...draft } = found.find((one) => one.key === before) ?? found.at(-1) ?? {};
    if (left) this.kept.remove(key);
    if (key) this.#keep(null, draft);
  }

  #leave() {
    this.flush();
    const draft = this.kept.get(this.#own);
    if (draft) this.kept.set(this.#own, { ...draft, left: true });
  }

  /** @param {string | null} c @returns {Draft} empty where there is none */
  get(c) {
    const found = this.#fresh.get(c) ?? this.kept.get(this.#key(c));
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
    const own = this.#key(c);
    if (isEmpty(draft) && draft.team === undefined) {
      this.kept.remove(own);
      return;
    }
    const value = { ...draft, at: Date.now() };
    const others = this.#byAge().flatMap(({ key }) => (key === own ? [] : [key]));
    for (const key of others.splice(0, Math.max(0, others.length - MOST + 1))) this.kept.remove(key);
    while (!this.kept.set(own, value) && others.length) this.kept.remove(others.shift() ?? "");
  }

  /** The oldest first. @returns {any[]} */
  #byAge() {
    const all = this.kept.keys("draft:").map((key) => ({ at: 0, ...this.kept.get(key), key }));
    return all.sort((one, other) => one.at - other.at);
  }
}

/** This page's; `begin` says whose. */
export const drafts = new Drafts();
