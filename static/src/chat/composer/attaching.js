/** The way to the images of a draft: their code comes with the first one. */

import { summon } from "../list/refusal.js";

/**
 * @typedef {import("../shapes").Picture} Attached an image that the server has
 * @typedef {{ count: number, uploading: number, failed: number }} Tally
 * @typedef {import("./images.js").Images} Images
 */

export class Attaching {
  /** @type {Images | null} */
  #images = null;
  /** @type {Promise<Images> | null} */
  #coming = null;
  /** @type {{ c: string | null, images: Attached[] }} what is shown once the code is there */
  #shown = { c: null, images: [] };

  /** Files that were chosen and wait for the code. */
  #waiting = 0;

  /**
   * @param {import("../store.js").Store} store @param {import("../acts.js").Acts} acts
   * @param {HTMLElement} shelf where they are shown
   * @param {(lost?: boolean) => void} changed called after every change; lost: what was chosen is not there
   */
  constructor(store, acts, shelf, changed) {
    this.changed = changed;
    this.make = async () => {
      const { Images } = await import("./images.js");
      this.#images = new Images(store, acts, shelf, changed);
      this.#images.show(this.#shown.c, this.#shown.images);
      changed();
      return this.#images;
    };
  }

  /** @returns {Promise<Images>} */
  #here() {
    this.#coming ??= this.make().catch((error) => {
      this.#coming = null; // the next image asks again
      throw error;
    });
    return this.#coming;
  }

  /** What is uploaded, in order. @returns {Attached[]} */
  list() {
    return this.#images ? this.#images.list() : this.#shown.images;
  }

  /** @returns {Tally} */
  tally() {
    const { count, uploading, failed } = this.#images?.tally() ?? { count: this.#shown.images.length, uploading: 0, failed: 0 };
    return { count: count + this.#waiting, uploading: uploading + this.#waiting, failed };
  }

  /** Check, show and upload. @param {File[]} files */
  async add(files) {
    let lost = true;
    this.#waiting += files.length;
    this.changed();
    try {
      await summon(this.#here(), (images) => {
        images.add(files);
        lost = images.tally().count === 0;
      });
    } finally {
      this.#waiting -= files.length;
      this.changed(lost);
    }
  }

  /** The images of another draft. @param {string | null} c @param {Attached[]} images */
  show(c, images) {
    this.#shown = { c, images };
    if (this.#images) this.#images.show(c, images);
    else if (images.length) void this.#here();
  }

  /** Put uploaded ones back, before those that are there. @param {Attached[]} images */
  restore(images) {
    if (this.#images) this.#images.restore(images);
    else if (images.length) this.show(this.#shown.c, [...images, ...this.#shown.images]);
  }

  /** The draft's conversation got its id. @param {string | null} from @param {string | null} to */
  rename(from, to) {
    this.#shown.c = to;
    this.#images?.rename(from, to);
  }

  empty() {
    this.#shown.images = [];
    this.#images?.empty();
  }
}
