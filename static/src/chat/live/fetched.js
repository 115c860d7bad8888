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
  /** @type {Set<string>} conversations of which the last of them was that they are gone */
  #gone = new Set();
  #asks = 0; // histories that were asked for
  #answered = 0; // the last of them that came

  /** @param {import("./live.js").Live} live */
  constructor(live) {
    this.live = live;
    this.store = live.store;
    this.api = live.api;
  }

  /** The socket told of a conversation. @param {string} c @param {boolean} [over] that it is gone */
  told(c, over = false) {
    this.#told += 1;
    this.#news.set(c, this.#told);
    if (over) this.#gone.add(c);
    else this.#gone.delete(c);
  }

  /** The list as it is now, and the open conversation; after a short gap only where its card says another thing. @param {boolean} long */
  async all(long) {
    try {
      await this.list(long);
    } catch (error) {
      this.again(error, () => this.all(long));
    }
    const { cards, missing, open } = this.store;
    if (open === null) return;
    if (missing && cards.has(open)) this.#back(open);
    else if (long && !missing) await this.history(open);
  }

  /** What of the open conversation changes where its messages do; "": it has no card. */
  #state() {
    const card = this.store.cards.get(this.store.open ?? "");
    return card ? `${card.updated} ${card.leaf}` : "";
  }

  /** Its messages too, where its card says another thing than before. @param {string} before */
  #mind(before) {
    const { missing, open } = this.store;
    if (before && open !== null && !missing && before !== this.#state()) void this.history(open);
  }

  /**
   * As many pages of the list as were read before; what stands below the last of them is read when it is looked for.
   * @param {boolean} [alone] the open conversation's messages are asked for anyway
   */
  async list(alone = true) {
    const { store } = this;
    const state = this.#state();
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
    if (!alone) this.#mind(state);
    const others = store.missing ? store.order : [...store.order, store.open];
    for (const c of new Set(others)) if (c !== null && !seen.has(c)) await this.card(c); // which no page would tell of
    this.#since(since);
  }

  /** The next page of the list. */
  async more() {
    const { store } = this;
    const { listEnd, listNext } = store;
    const since = this.#told;
    if (listNext === null) return;
    const page = await this.api.get("/api/conversations", { cursor: listNext });
    if (store.listNext === listNext) this.#learn(() => store.takePage(page, listEnd));
    this.#since(since);
  }

  /** What was told after an answer was asked for may be newer than it. @param {number} since */
  #since(since) {
    for (const c of this.#news.keys()) {
      if (!this.#newer(c, since)) continue;
      if (this.#gone.has(c)) this.store.dropCard(c);
      else void this.card(c);
    }
  }

  /** The card that comes of a change. Where it says another thing than what was told meanwhile, it may be the older. @param {string} c @param {Promise<any>} answer */
  async take(c, answer) {
    const since = this.#told;
    const card = await answer;
    const state = () => JSON.stringify(this.store.cards.get(c));
    const before = state();
    this.#put(card, since);
    if (this.#newer(c, since) && before !== state()) void this.card(c);
  }

  /** Whether it was told of since. @param {string} c @param {number} since */
  #newer(c, since) {
    return (this.#news.get(c) ?? 0) > since;
  }

  /** Unless it is gone since it was asked for. @param {any} card @param {number} since */
  #put(card, since) {
    if (!this.#gone.has(card.id) || !this.#newer(card.id, since)) this.#learn(() => this.store.putCard(card));
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
      if (!open()) return;
      this.#learn(() => this.store.takeHistory(history));
      this.#answered = ask;
      void this.live.follow(c).catch(() => {});
    } catch (error) {
      if (open() && gone(error)) this.store.lost(c);
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
    const state = this.#state();
    try {
      const card = await this.api.get(`/api/conversations/${c}`);
      this.#put(card, since);
      if (this.store.open !== c) {
        // the list shows it
      } else if (this.store.missing) this.#back(c);
      else this.#mind(state);
    } catch (error) {
      if (gone(error)) this.store.lost(c);
      this.again(error, () => this.card(c));
    }
    this.#cards.delete(c);
    if (this.#newer(c, since) && !this.#gone.has(c)) await this.card(c);
  }

  /** The open conversation was gone, and may be read again. @param {string} c */
  #back(c) {
    this.store.show(c);
    this.live.sub(c);
    void this.history(c);
  }
}
