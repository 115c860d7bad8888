/** The draft of the open conversation: in the box, in the browser's storage, and back out of a refused question. */

import { drafts, GAP } from "../drafts.js";
import { put, show } from "./box.js";

/** Refusals after which the words belong into the box again, not below the dialogue. */
const BACK = new Set(["busy", "rate_limit_exceeded", "insufficient_quota", "too_long", "shutting_down"]);

/**
 * @typedef {import("../store.js").Store} Store
 * @typedef {import("../acts.js").Acts} Acts
 * @typedef {import("./attaching.js").Attaching} Attaching
 */

export class Draft {
  /** @type {string | null | undefined} the conversation whose draft is in the box; undefined: none yet */
  #key;
  /** @type {string | null} the last conversation that a question of this box began */
  #born = null;
  /** @type {Set<string>} questions sent from this box */
  #sent = new Set();

  /** @param {Store} store @param {Acts} acts @param {HTMLTextAreaElement} box @param {Attaching} attaching */
  constructor(store, acts, box, attaching) {
    this.store = store;
    this.acts = acts;
    this.box = box;
    this.attaching = attaching;
  }

  /** Keep what is there now. */
  save() {
    if (this.#key === undefined) return;
    const team = this.#key === null ? { team: this.store.newTeam } : {};
    const going = this.#going(this.#key);
    const images = [...going.images, ...this.attaching.list()].map(({ id, name }) => ({ id, name })); // a blob's address dies with the page
    drafts.set(this.#key, { text: join(going.text, this.box.value), images, ...team });
  }

  /** A question was stored and its draft is gone: what waits and what was typed since is not. */
  keep() {
    if (this.box.value || this.attaching.list().length || this.#going(this.#key ?? null).text) this.save();
  }

  /**
   * Show the draft of the open conversation, if another one's is shown.
   * @returns {boolean} whether it changed
   */
  turn() {
    const { open } = this.store;
    if (open === this.#key) return false;
    const born = this.#key === null && open !== null && open === this.store.born && open !== this.#born;
    this.#key = open;
    if (born) {
      this.#born = open;
      drafts.take(null, { text: this.box.value, images: this.attaching.list() });
      this.attaching.rename(null, open);
      this.keep();
      return true;
    }
    const { text, images, team } = this.#kept(open);
    show(this.box, text);
    this.attaching.show(open, images);
    if (open === null && team !== undefined && isMine(this.store, team)) this.store.setNewTeam(team);
    return true;
  }

  /**
   * Note what is in the outbox since `before`, and empty the box.
   * @param {Set<string>} before ids of what was in the outbox already
   */
  sent(before) {
    for (const pending of this.store.outbox) {
      if (!before.has(pending.id)) this.#sent.add(pending.id);
    }
    show(this.box, "");
    this.attaching.empty();
  }

  /**
   * Take refused questions back: before what was typed meanwhile.
   * @returns {import("../shapes").Pending | null} the last of them
   */
  takeBack() {
    let last = null;
    for (const pending of [...this.store.outbox]) {
      const refused = pending.state === "failed" && BACK.has(pending.error?.code ?? "");
      if (!refused || pending.c !== this.store.open || !this.#sent.delete(pending.id)) continue;
      this.acts.cancelPending(pending.id);
      put(this.box, join(pending.text, this.box.value));
      this.attaching.restore(pending.images);
      this.save();
      last = pending;
    }
    return last;
  }

  /**
   * Questions that the server has not acknowledged: part of what is kept, and not of what is shown.
   * @param {string | null} c
   */
  #going(c) {
    const own = this.store.outbox.filter((pending) => pending.c === c && pending.parent === undefined);
    return { text: own.map(({ text }) => text).join(GAP), images: own.flatMap(({ images }) => images) };
  }

  /** What is kept, without what is on its way. @param {string | null} c */
  #kept(c) {
    const kept = drafts.get(c);
    const going = this.#going(c);
    const sent = new Set(going.images.map(({ id }) => id));
    const known = going.text !== "" && kept.text.trimEnd().startsWith(going.text);
    const text = known ? kept.text.slice(going.text.length).trimStart() : kept.text;
    return { ...kept, text, images: kept.images.filter(({ id }) => !sent.has(id)) };
  }
}

/** Texts below each other. @param {...string} texts @returns {string} */
export function join(...texts) {
  return texts.filter(Boolean).join(GAP);
}

/** @param {Store} store @param {string | null} team @returns {boolean} */
function isMine(store, team) {
  return team === null || store.teams.some(({ slug }) => slug === team);
}
