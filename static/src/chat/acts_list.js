/** What a person can do with conversations as a whole: open, rename, remove, search, export. */

import { newId } from "../lib/ids.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./shapes").Card} Card */

const ADDRESS = "/api/conversations";
const AT = /^\/c\/([^/]+)\/?$/;

export class ListActs {
  /** @param {Store} store @param {import("./live/live.js").Live} live @param {import("./live/api.js").Api} api */
  constructor(store, live, api) {
    this.store = store;
    this.live = live;
    this.api = api;
  }

  // ---- which one is open ---------------------------------------------------------------------------

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

  /** The open one once more, where its messages could not be loaded. */
  async reopen() {
    if (this.store.open !== null) await this.live.history(this.store.open);
  }

  // ---- the list ------------------------------------------------------------------------------------

  async moreOfList() {
    const { listNext } = this.store;
    if (listNext === null) return;
    const page = await this.api.get(ADDRESS, { cursor: listNext });
    if (this.store.listNext === listNext) this.store.takePage(page);
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

  /** In the list at once; back as it was where it is refused. @param {string} c @param {Partial<Card>} changed */
  async #change(c, changed) {
    const { store } = this;
    const before = store.cards.get(c);
    store.patchCard(c, changed);
    try {
      store.putCard(await this.api.call("PATCH", `${ADDRESS}/${c}`, { body: changed }));
    } catch (error) {
      const names = /** @type {(keyof Card)[]} */ (Object.keys(changed));
      if (before) store.patchCard(c, Object.fromEntries(names.map((name) => [name, before[name]])));
      throw error;
    }
  }

  /** Gone at once; `undoRemove` takes it back for half a minute. @param {string} c */
  async remove(c) {
    const { store } = this;
    const before = store.cards.get(c);
    const running = store.running(c);
    if (running) void this.live.askNow({ t: "chat.stop", id: newId(), g: running.g }).catch(() => {});
    if (store.open === c) await this.openNew();
    store.dropCard(c);
    try {
      await this.api.call("DELETE", `${ADDRESS}/${c}`);
    } catch (error) {
      if (before) store.putCard(before);
      throw error;
    }
  }

  /** @param {string} c */
  async undoRemove(c) {
    this.store.putCard(await this.api.call("POST", `${ADDRESS}/${c}/undo`));
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

  /** @param {Blob} file @returns {Promise<{ conversations: number, messages: number }>} */
  async importFile(file) {
    const counted = await this.api.call("POST", "/api/import", { body: file, headers: { "Content-Type": "application/json" } });
    this.store.takeFirstPage(await this.api.get(ADDRESS));
    return counted;
  }

  /** Who can see it. @param {string} c @returns {Promise<any>} */
  access(c) {
    return this.api.get(`${ADDRESS}/${c}/access`);
  }
}
