/** The articles: those that are wanted stand in order, those that stay are not touched, ten new ones a frame. */

import { formerly } from "./items.js";
import { viewOf } from "./message.js";

/** @typedef {import("./message.js").Item} Item */
/** @typedef {import("./message.js").View} View */

const AT_ONCE = 10;

export class Articles {
  /** @param {HTMLElement} box @param {import("./deeds.js").Deeds} deeds @param {import("./scroll.js").Scroller} scroller */
  constructor(box, deeds, scroller) {
    this.box = box;
    this.deeds = deeds;
    this.scroller = scroller;
    /** @type {Map<string, View>} */
    this.views = new Map();
    /** @type {Item[]} */
    this.items = [];
    /** Items before this one are still to be drawn. */
    this.from = 0;
    this.frame = 0;
  }

  /**
   * Show these.
   * @param {Item[]} items
   * @returns {View[]} the views that are new at the end
   */
  show(items) {
    const gone = this.#drop(items);
    for (const item of items) this.#adopt(item, gone);
    for (const one of gone) this.#remove(one.key);
    const standing = items.findIndex((item) => this.views.has(item.key));
    this.items = items;
    this.from = standing < 0 ? Math.max(0, items.length - AT_ONCE) : standing;
    const fresh = this.#draw();
    this.#later();
    return fresh;
  }

  /** Whether everything that is known stands. @returns {boolean} */
  whole() {
    return this.from === 0;
  }

  /** The views that are wanted no more, but for questions that may have become messages. @param {Item[]} items @returns {Item[]} */
  #drop(items) {
    const wanted = new Set(items.map((item) => item.key));
    const free = [...this.views.values()].map((view) => view.item).filter((item) => !wanted.has(item.key));
    for (const item of free) if (!item.pending) this.#remove(item.key);
    return free.filter((item) => item.pending);
  }

  /** @param {Item} item @param {Item[]} gone */
  #adopt(item, gone) {
    if (this.views.has(item.key)) return;
    const was = formerly(item, gone);
    const view = was && this.views.get(was.key);
    if (!was || !view) return;
    gone.splice(gone.indexOf(was), 1);
    this.views.delete(was.key);
    this.views.set(item.key, view);
  }

  /** @param {string} key */
  #remove(key) {
    const view = this.views.get(key);
    view?.destroy();
    view?.element.remove();
    this.views.delete(key);
  }

  /** Everything from `from` on, in order. @param {boolean} [far] whether what is new is far from what is seen @returns {View[]} */
  #draw(far = false) {
    const fresh = [];
    let here = this.box.firstElementChild;
    for (const item of this.items.slice(this.from)) {
      let view = this.views.get(item.key);
      if (view) view.update(item);
      else {
        view = viewOf(item, this.deeds, far);
        this.views.set(item.key, view);
        fresh.push(view);
      }
      if (view.element === here) here = here.nextElementSibling;
      else this.box.insertBefore(view.element, here);
    }
    return fresh;
  }

  /** What is above comes in the next frames, and moves nothing. */
  #later() {
    cancelAnimationFrame(this.frame);
    if (this.from === 0) return;
    this.frame = requestAnimationFrame(() => {
      this.from = Math.max(0, this.from - AT_ONCE);
      const first = /** @type {HTMLElement | null} */ (this.box.firstElementChild);
      this.scroller.hold(() => first, () => this.#draw(true));
      this.#later();
    });
  }

  clear() {
    cancelAnimationFrame(this.frame);
    this.from = 0;
    for (const key of [...this.views.keys()]) this.#remove(key);
  }
}
