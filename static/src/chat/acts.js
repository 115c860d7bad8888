/** What a person can do. Each resolves when the server said yes, and throws ApiError where it said no. */

import { newId } from "../lib/ids.js";
import { drafts } from "./drafts.js";
import { ListActs } from "./acts_list.js";
import { newestLeaf } from "./store/tree.js";
import { place } from "./store/apply.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./live/live.js").Live} Live */
/** @typedef {import("./live/api.js").Api} Api */
/** @typedef {import("./shapes").Picture} Picture */

const MOST_PAGES = 20; // of older messages, to find where the shown branch goes on

export class Acts extends ListActs {
  /** @param {Store} store @param {Live} live @param {Api} api @param {import("./outbox.js").Outbox} outbox */
  constructor(store, live, api, outbox) {
    super(store, live, api);
    this.outbox = outbox;
  }

  // ---- asking --------------------------------------------------------------------------------------

  /**
   * A question at the end of what is shown. It is in the outbox when this returns.
   * @param {{ text: string, images?: Picture[], think?: boolean | null, model?: string | null }} asked
   */
  async send(asked) {
    const { open, newTeam } = this.store;
    this.outbox.add({
      c: open, text: asked.text, images: asked.images ?? [], opts: this.#options(asked), ...(open === null ? { team: newTeam } : {}),
    });
  }

  /**
   * Another version of a question of one's own, a branch of its own.
   * @param {string} m @param {string} text @param {Picture[]} [images]
   */
  async edit(m, text, images = []) {
    const message = this.store.chat.messages.get(m);
    if (!message) return;
    this.outbox.add({ c: this.store.open, parent: message.parent, text, images, opts: this.#options({}) });
  }

  /** @param {{ think?: boolean | null, model?: string | null }} asked @returns {import("./shapes").Options | undefined} */
  #options(asked) {
    const think = asked.think ?? this.store.settings.think;
    const model = asked.model ?? this.store.settings.model;
    if (think === null && model === null) return undefined;
    return { ...(think === null ? {} : { think }), ...(model === null ? {} : { model }) };
  }

  /** @param {string} id of a Pending */
  cancelPending(id) {
    this.outbox.cancel(id);
  }

  /** @param {string} id of a Pending */
  retryPending(id) {
    this.outbox.retry(id);
  }

  /** Another answer beside `m`, or to the question `m`. @param {string} m */
  regenerate(m) {
    return this.#again(m, {});
  }

  /** The answer `m` was cut: let it go on. @param {string} m */
  goOn(m) {
    return this.#again(m, { more: true });
  }

  /** @param {string} m @param {{ more?: boolean }} how */
  async #again(m, how) {
    const { store } = this;
    const c = store.open;
    const message = store.chat.messages.get(m);
    if (c === null || !message) return;
    const opts = this.#options({});
    const ack = await this.live.askNow({ t: "chat.regen", id: newId(), c, m, ...how, ...(opts ? { opts } : {}) });
    if (!ack.g || !ack.ma || store.open !== c) return;
    const live = store.begun(ack.g, c);
    live.m = ack.ma;
    live.asker = store.me;
    const question = message.role === "user" ? message.id : (message.parent ?? "");
    for (const errand of place(store, live, question)) this.live.run(errand);
    store.patchCard(c, { running: live.state === "done" ? null : ack.g });
    store.goTo(ack.ma);
  }

  /** The answer that is being written there; its text so far stays. @param {string | null} c */
  async stop(c) {
    const live = this.store.running(c);
    if (live) await this.live.askNow({ t: "chat.stop", id: newId(), g: live.g });
  }

  // ---- what is shown -------------------------------------------------------------------------------

  /** The branch through this sibling, to its newest end. @param {string} m */
  async showBranch(m) {
    const { store } = this;
    const leaf = newestLeaf(store.chat, m);
    store.goTo(leaf);
    const card = store.open === null ? undefined : store.cards.get(store.open);
    if (card?.may.includes("continue")) await this.#patchLeaf(card.id, leaf);
  }

  /** @param {string} c @param {string} leaf */
  async #patchLeaf(c, leaf) {
    await this.api.call("PATCH", `/api/conversations/${c}`, { body: { leaf } });
  }

  /** What was said before goes to the model no more. */
  async clearContext() {
    const c = this.store.open;
    if (c === null) return;
    await this.live.askNow({ t: "context.clear", id: newId(), c });
    await this.live.history(c);
  }

  /** Take the mark at the end back; nothing may follow it. */
  async undoClear() {
    const { store } = this;
    const mark = store.chat.messages.get(store.chat.leaf ?? "");
    if (mark?.role !== "mark" || mark.parent === null || store.open === null) return;
    await this.#patchLeaf(store.open, mark.parent);
    if (store.chat.leaf === mark.id) store.goTo(mark.parent);
  }

  /** The page of messages before those that are shown; as many as it takes to show one more. */
  async older() {
    const { store } = this;
    const { chat } = store;
    const shown = store.branch().length;
    for (let pages = 0; pages < MOST_PAGES && chat.before !== null && store.branch().length <= shown; pages += 1) {
      const page = await this.api.get(`/api/conversations/${chat.id}/messages`, { before: chat.before });
      if (store.chat !== chat) return;
      store.takeHistory(page, true);
    }
  }

  // ---- the person ----------------------------------------------------------------------------------

  /** @param {Partial<import("./shapes").Settings>} changed */
  async setSettings(changed) {
    const { store } = this;
    const before = store.settings;
    store.setSettings({ ...before, ...changed });
    try {
      store.setSettings(await this.api.call("PUT", "/api/settings", { body: changed }));
    } catch (error) {
      store.setSettings(before);
      throw error;
    }
    if (changed.language !== undefined && changed.language !== before.language) {
      drafts.flush();
      this.live.world.reload();
    }
  }

  /**
   * @param {File} file @param {{ onprogress?: (part: number) => void, signal?: AbortSignal }} [more]
   * @returns {Promise<any>} the server's facts of the picture
   */
  upload(file, more = {}) {
    const headers = { "Content-Type": file.type || "application/octet-stream", "X-File-Name": encodeURIComponent(file.name) };
    return this.api.upload("/api/images", file, { ...more, headers });
  }

  /** Nothing of this person stays in this browser; all tabs are signed out. */
  logout() {
    this.live.socket.stop();
    this.outbox.kept.wipe();
    this.live.session.forget();
    const form = document.createElement("form");
    form.method = "post";
    form.action = "/logout";
    const token = document.createElement("input");
    token.type = "hidden";
    token.name = "csrfmiddlewaretoken";
    token.value = this.live.session.csrf;
    form.append(token);
    document.body.append(form);
    form.submit();
  }
}
