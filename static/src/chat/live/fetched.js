/**
 * What is fetched by HTTP beside what the socket tells: the list, a card, the messages of the open conversation.
 * An answer that comes late may be older than what was told meanwhile; one that does not come is asked for again.
 */

const MOST_PAGES = 10; // of the list, after a gap
const AGAIN = 5_000; // ms until what could not be had is asked for again

/** Whether it is not there, or may not be read. @param {any} error @returns {boolean} */
const gone = (error) => error?.status === 404;

export class Fetched {
  /** @type {Set<string>} cards that are asked for */
  #cards = new Set();
  #told = 0; // frames about a conversation
  /** @type {Map<string, number>} the last of them about each */
  #news = new Map();
  #asks = 0; // histories that were asked for
  #answered = 0; // the last of them that came

  /** @param {import("./live.js").Live} live */
  constructor(live) {
    this.live = live;
    this.store = live.store;
    this.api = live.api;
  }

  /** The socket told of a conversation. @param {string} c */
  told(c) {
    this.#told += 1;
    this.#news.set(c, this.#told);
  }

  /** The list as it is now, and the open conversation; after a short gap only where its card says another thing. @param {boolean} long */
  async all(long) {
    const { store } = this;
    const before = this.#state();
    try {
      await this.list();
    } catch (error) {
      this.again(error, () => this.all(long));
    }
    const { cards, missing, open } = store;
    if (open === null) return;
    if (!missing && (long || this.#state() !== before)) await this.history(open);
    else if (missing && cards.has(open)) this.#back(open);
  }

  /** What changes where messages do. */
  #state() {
    const card = this.store.cards.get(this.store.open ?? "");
    return `${card?.updated} ${card?.leaf}`;
  }

  /** As many pages of the list as were read before; what stands below the last of them is read when it is looked for. */
  async list() {
    const { store } = this;
    const { listEnd } = store;
    const since = this.#told;
    const seen = new Set();
    /** @type {string | undefined} */
    let before;
    for (let pages = 1, more = true, cursor = null; more; pages += 1) {
      const page = await this.api.get("/api/conversations", { cursor });
      for (const { id } of [...(page.pinned ?? []), ...page.conversations]) seen.add(id);
      this.#learn(() => store.takePage(page, before));
      before = store.listEnd;
      cursor = page.next;
      more = before > listEnd && pages < MOST_PAGES;
    }
    store.dropCards(store.listEnd, listEnd, seen);
    const others = store.missing ? store.order : [...store.order, store.open];
    for (const c of new Set(others)) if (c !== null && !seen.has(c)) await this.card(c); // which no page would tell of
    for (const [c, at] of this.#news) if (at > since) void this.card(c); // it may be older than what was told
  }

  /**
   * Take what came by HTTP. What is being written there, that nobody told of, is heard out where it is open or this
   * person's own (it may be over already); of others' nobody would say the end, so it is not shown as running.
   * @param {() => void} take
   */
  #learn(take) {
    const { cards, generations, open } = this.store;
    const heard = new Set(generations.keys());
    take();
    for (const { g, c, s } of [...generations.values()]) {
      if (c === null || heard.has(g)) continue;
      if (c === open || cards.get(c)?.mine) this.live.run({ do: "resume", g, s });
      else {
        generations.delete(g);
        this.store.patchCard(c, { running: null });
      }
    }
  }

  /** The newest messages of the open conversation. @param {string} c @returns {Promise<void>} */
  async history(c) {
    this.#asks += 1;
    const ask = this.#asks;
    const open = () => this.store.open === c && ask > this.#answered; // an answer that was overtaken is an old one
    try {
      const history = await this.api.get(`/api/conversations/${c}/messages`);
      if (open()) this.#learn(() => this.store.takeHistory(history));
      this.#answered = Math.max(ask, this.#answered);
      void this.live.follow(c).catch(() => {});
    } catch (error) {
      if (open() && gone(error)) this.store.lose();
      this.again(error, () => open() && this.history(c));
    }
  }

  /** Once more in a while, where that may help; a new connection asks by itself. @param {any} error @param {() => unknown} act */
  again(error, act) {
    const final = error?.status >= 400 && error.status < 429;
    if (!final) this.live.world.later(AGAIN, () => void ((this.live.there || this.live.plain) && act()));
  }

  /** One of the list. Told of meanwhile, it is asked for once more: it may have changed. @param {string} c @returns {Promise<void>} */
  async card(c) {
    if (this.#cards.has(c)) return;
    this.#cards.add(c);
    const since = this.#told;
    try {
      const card = await this.api.get(`/api/conversations/${c}`);
      this.#learn(() => this.store.putCard(card));
      if (this.store.missing && this.store.open === c) this.#back(c);
    } catch (error) {
      if (gone(error)) this.store.dropCard(c);
      this.again(error, () => this.card(c));
    }
    this.#cards.delete(c);
    if ((this.#news.get(c) ?? 0) > since) await this.card(c);
  }

  /** The open conversation was gone, and may be read again. @param {string} c */
  #back(c) {
    this.store.show(c);
    this.live.sub(c);
    void this.history(c);
  }
}
