/**
 * What a person can do. Each resolves when the server said yes, and throws ApiError where it said no. Lists
 * and texts change at once, and back where it is refused.
 */

import { newId } from "../lib/ids.js";
import { rare } from "./lazy.js";

/** @typedef {import("./shapes").Picture} Picture */

const ADDRESS = "/api/conversations";
const AT = /^\/c\/([^/]+)\/?$/;

export class Acts {
  /**
   * @param {import("./store.js").Store} store @param {import("./live/live.js").Live} live
   * @param {import("./live/api.js").Api} api @param {import("./outbox.js").Outbox} outbox
   */
  constructor(store, live, api, outbox) {
    this.store = store;
    this.live = live;
    this.api = api;
    this.outbox = outbox;
  }

  // ---- which conversation is open ------------------------------------------------------------------

  /** @param {string} id */
  async open(id) {
    if (id !== this.store.open || this.store.missing) history.pushState(null, "", `/c/${id}`);
    await this.show(id);
  }

  async openNew() {
    if (this.store.open !== null || this.store.missing) history.pushState(null, "", "/");
    await this.show(null);
  }

  /** What the address says, after Back or Forward. */
  async follow() {
    await this.show(AT.exec(location.pathname)?.[1] ?? null);
  }

  /** Show one without touching the address. @param {string | null} c */
  async show(c) {
    const { store, live } = this;
    const before = store.open;
    if (c === before && !store.missing) return;
    store.show(c);
    if (before !== null && before !== c) live.unsub(before);
    if (c === null) return;
    live.sub(c);
    await Promise.all([store.cards.has(c) ? null : live.card(c), live.history(c)]);
  }

  // ---- asking --------------------------------------------------------------------------------------

  /**
   * A question at the end of what is shown. It is in the outbox when this returns.
   * @param {{ text: string, images?: Picture[], think?: boolean | null, model?: string | null }} asked
   */
  async send({ text, images = [], ...how }) {
    const { open, newTeam } = this.store;
    this.outbox.add({ c: open, text, images, opts: this.outbox.options(how), ...(open === null ? { team: newTeam } : {}) });
  }

  /** Another version of a question of one's own, a branch of its own. @param {string} m @param {string} text @param {Picture[]} [images] */
  async edit(m, text, images = []) {
    const message = this.store.chat.messages.get(m);
    if (message) this.outbox.add({ c: this.store.open, parent: message.parent, text, images, opts: this.outbox.options({}) });
  }

  /** @param {string} id of a Pending */
  cancelPending(id) {
    this.outbox.cancel(id);
  }

  /** @param {string} id of a Pending */
  retryPending(id) {
    this.outbox.retry(id);
  }

  /** The answer that is being written there; its text so far stays. @param {string | null} c */
  async stop(c) {
    const live = this.store.running(c);
    if (live) await this.live.askNow({ t: "chat.stop", id: newId(), g: live.g });
  }

  /** Another answer beside `m`, or to the question `m`. @param {string} m */
  async regenerate(m) {
    return (await rare()).again(this, m, {});
  }

  /** The answer `m` was cut: let it go on. @param {string} m */
  async goOn(m) {
    return (await rare()).again(this, m, { more: true });
  }

  // ---- what is shown -------------------------------------------------------------------------------

  /** The branch through this sibling, to its newest end. @param {string} m */
  async showBranch(m) {
    return (await rare()).showBranch(this, m);
  }

  /** What was said before goes to the model no more. */
  async clearContext() {
    return (await rare()).clearContext(this);
  }

  /** Take the mark at the end back; nothing may follow it. */
  async undoClear() {
    return (await rare()).undoClear(this);
  }

  /** The page of messages before those that are shown; as many as it takes to show one more. */
  async older() {
    return (await rare()).older(this);
  }

  // ---- the list ------------------------------------------------------------------------------------

  async moreOfList() {
    await this.live.fetched.more();
  }

  /** @param {string | null} [cursor] @returns {Promise<import("./shapes").Page>} */
  archivedList(cursor) {
    return this.api.get(ADDRESS, { archived: "true", cursor });
  }

  /** @param {string} c @param {string} title */
  rename(c, title) {
    return this.#change(c, { title });
  }

  /** @param {string} c @param {boolean} on */
  pin(c, on) {
    return this.#change(c, { pinned: on });
  }

  /** @param {string} c @param {boolean} on */
  archive(c, on) {
    return this.#change(c, { archived: on });
  }

  /** @param {string} c @param {string | null} team */
  move(c, team) {
    return this.#change(c, { team });
  }

  /** @param {string} c @param {Partial<import("./shapes").Card>} changed */
  async #change(c, changed) {
    return (await rare()).change(this, c, changed);
  }

  /** Gone at once; `undoRemove` takes it back for half a minute. @param {string} c */
  async remove(c) {
    return (await rare()).remove(this, c);
  }

  /** @param {string} c */
  async undoRemove(c) {
    await this.live.fetched.take(c, this.api.call("POST", `${ADDRESS}/${c}/undo`));
  }

  // ---- finding, in and out -------------------------------------------------------------------------

  /** @param {string} q @param {string | null} [cursor] @returns {Promise<{ results: any[], next: string | null }>} */
  search(q, cursor) {
    return this.api.get("/api/search", { q, cursor });
  }

  /** @param {string} c @param {"markdown" | "json"} format @returns {string} */
  exportUrl(c, format) {
    return `${ADDRESS}/${c}/export?format=${format}`;
  }

  /** @param {Blob} file */
  async importFile(file) {
    return (await rare()).importFile(this, file);
  }

  /** Who can see it. @param {string} c @returns {Promise<any>} */
  access(c) {
    return this.api.get(`${ADDRESS}/${c}/access`);
  }

  // ---- the person ----------------------------------------------------------------------------------

  /** Another language loads the page again. @param {Partial<import("./shapes").Settings>} changed */
  async setSettings(changed) {
    return (await rare()).setSettings(this, changed);
  }

  /**
   * @param {File} file @param {{ onprogress?: (part: number) => void, signal?: AbortSignal }} [more]
   * @returns {Promise<any>} the server's facts of the picture
   */
  async upload(file, more = {}) {
    return (await rare()).upload(this, file, more);
  }

  /** Nothing of this person stays in this browser; all tabs are signed out. */
  async logout() {
    return (await rare()).logout(this);
  }
}
