/** Images of drafts: checked, shown, uploaded one by one; each can be tried again or removed alone. */

import { announce } from "../../lib/announce.js";
import { newId } from "../../lib/ids.js";
import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { drafts } from "../drafts.js";
import { words } from "../live/errors.js";
import { look, refusal } from "./checks.js";
import { Thumb, result } from "./thumb.js";

/**
 * @typedef {import("../store.js").Store} Store
 * @typedef {import("../acts.js").Acts} Acts
 * @typedef {import("../shapes").Picture} Picture
 */

/**
 * @typedef {object} Item
 * @property {string} key
 * @property {string | null} id once the server has it
 * @property {string} name
 * @property {File | null} file null: of a draft that was kept
 * @property {string} url
 * @property {"uploading" | "done" | "failed"} state
 * @property {boolean} final a failure that trying again does not mend
 * @property {string} words under the name
 * @property {number} part of the upload, 0 to 1
 * @property {AbortController} stop
 */

export class Images {
  /** @type {Map<string | null, Item[]>} drafts that were looked at, by conversation */
  #drafts = new Map();
  /** @type {Map<string, Thumb>} */
  #thumbs = new Map();
  /** @type {string | null} */
  #c = null;

  /** @param {Store} store @param {Acts} acts @param {HTMLElement} shelf @param {() => void} changed */
  constructor(store, acts, shelf, changed) {
    this.store = store;
    this.acts = acts;
    this.shelf = shelf;
    this.changed = changed;
    this.rows = document.createElement("ul");
    this.rows.setAttribute("aria-label", t("composer.images"));
    shelf.append(this.rows);
  }

  /** @returns {Item[]} */
  get #items() {
    return this.#drafts.get(this.#c) ?? [];
  }

  /** Uploaded ones in order. @returns {Picture[]} */
  list() {
    return pictures(this.#items);
  }

  /** @returns {import("./attaching.js").Tally} */
  tally() {
    const of = (/** @type {Item["state"]} */ state) => this.#items.filter((item) => item.state === state).length;
    return { count: this.#items.length, uploading: of("uploading"), failed: of("failed") };
  }

  /** Check, show and upload. @param {File[]} files */
  add(files) {
    for (const file of files) {
      const limit = this.store.limits.images;
      if (this.#items.length >= limit) {
        toast(t("composer.image.many", { limit }), { tone: "danger" });
        break;
      }
      const why = refusal(file, this.store.limits);
      if (why) toast(`${file.name}: ${t(why.key, why.args)}`, { tone: "danger", seconds: 8 });
      else this.#begin(file);
    }
    this.#draw();
    this.#thumbs.get(this.#items.at(-1)?.key ?? "")?.reveal();
  }

  /** The images of another draft. @param {string | null} c @param {Picture[]} kept */
  show(c, kept) {
    this.#c = c;
    if (!this.#drafts.has(c)) this.#drafts.set(c, kept.map(fromServer));
    this.#draw();
  }

  /** Put uploaded ones back, before those that are there. @param {Picture[]} images */
  restore(images) {
    this.#drafts.set(this.#c, [...images.map(fromServer), ...this.#items]);
    this.#draw();
  }

  /** @param {string | null} from @param {string | null} to */
  rename(from, to) {
    this.#drafts.set(to, this.#drafts.get(from) ?? []);
    this.#drafts.delete(from);
    this.#c = to;
    this.#draw();
  }

  /** They are on their way with the question, which shows them by their addresses. */
  empty() {
    this.#drafts.set(this.#c, []);
    this.#draw();
  }

  /** @param {File} file */
  #begin(file) {
    const item = {
      key: newId(), id: null, name: file.name || t("composer.image.unnamed"), file, url: URL.createObjectURL(file),
      state: /** @type {const} */ ("uploading"), final: false, words: "", part: 0, stop: new AbortController(),
    };
    this.#drafts.set(this.#c, [...this.#items, item]);
    void this.#upload(item);
  }

  /** @param {Item} item */
  async #upload(item) {
    const { file } = item;
    if (!file) return;
    Object.assign(item, { state: "uploading", part: 0, stop: new AbortController() });
    this.#draw(item);
    const onprogress = (/** @type {number} */ part) => {
      item.part = part;
      this.#draw(item);
    };
    try {
      const why = await look(file);
      if (why) return this.#fail(item, t(why.key, why.args), true);
      const got = await this.acts.upload(file, { onprogress, signal: item.stop.signal });
      Object.assign(item, { id: got.id, state: "done", words: result(file.size, got.bytes) });
      this.#settled(item);
    } catch (error) {
      if (item.stop.signal.aborted) return;
      const { status, code } = /** @type {{ status?: number, code?: string }} */ (error);
      this.#fail(item, code === "offline" ? t("composer.image.offline") : words(error), status === 400 || status === 413 || status === 415);
    }
  }

  /** @param {Item} item @param {string} words @param {boolean} final */
  #fail(item, words, final) {
    item.stop.abort();
    Object.assign(item, { state: "failed", words, final });
    announce(`${item.name}: ${words}`);
    this.#settled(item);
    this.#thumbs.get(item.key)?.reveal();
  }

  /** An upload may end after another conversation was opened: its draft hears of it all the same. @param {Item} item */
  #settled(item) {
    for (const [c, items] of this.#drafts) {
      if (c !== this.#c && items.includes(item)) drafts.set(c, { ...drafts.get(c), images: pictures(items, false) });
    }
    this.#draw(item);
  }

  /** @param {Item} item */
  #remove(item) {
    item.stop.abort();
    if (item.file) URL.revokeObjectURL(item.url);
    const place = this.#items.indexOf(item);
    this.#drafts.set(this.#c, this.#items.filter((one) => one !== item));
    this.#draw();
    const next = this.#items[Math.min(place, this.#items.length - 1)];
    if (next) this.#thumbs.get(next.key)?.focus();
    else document.dispatchEvent(new CustomEvent("clawd:focus-box"));
  }

  /** Bring the shelf up to date, or one item of it. @param {Item} [only] */
  #draw(only) {
    const items = this.#items;
    if (!only) this.#arrange(items);
    for (const item of only ? items.filter((one) => one === only) : items) this.#thumbs.get(item.key)?.draw(item);
    this.changed();
  }

  /** @param {Item[]} items */
  #arrange(items) {
    const keys = new Set(items.map(({ key }) => key));
    for (const [key, thumb] of this.#thumbs) {
      if (keys.has(key)) continue;
      thumb.element.remove();
      this.#thumbs.delete(key);
    }
    for (const item of items) {
      if (this.#thumbs.has(item.key)) continue;
      this.#thumbs.set(item.key, new Thumb(item, this.store.limits, {
        remove: () => this.#remove(item),
        retry: () => void this.#upload(item),
        fail: (words) => this.#fail(item, words, true),
      }));
    }
    this.rows.replaceChildren(...items.flatMap(({ key }) => this.#thumbs.get(key)?.element ?? []));
    this.shelf.hidden = items.length === 0;
  }
}

/** @param {Item[]} items @param {boolean} [urls] @returns {Picture[]} */
function pictures(items, urls = true) {
  return items.flatMap(({ id, name, url, state }) => (id && state === "done" ? [{ id, name, ...(urls && { url }) }] : []));
}

/** @param {Picture} picture one that the server has @returns {Item} */
function fromServer({ id, name, url }) {
  return {
    key: newId(), id, name: name || t("composer.image.unnamed"), file: null, url: url ?? `/api/images/${id}`,
    state: "done", final: true, words: "", part: 1, stop: new AbortController(),
  };
}
