// Two pages of one person against a small server, over a bad network: whatever they do, in the end both show what is stored.

import { Acts } from "../../../static/src/chat/acts.js";
import { boot, Clock, FakeStorage, page as put } from "../live/stand.js";
import { act } from "./acts.js";
import { facts } from "./asked.js";
import { chance } from "./chance.js";
import { wrongAtRest, wrongNow, wrongWith } from "./holds.js";
import { Line } from "./line.js";
import { Server } from "./server.js";

const STEPS = 60;
const PAUSE = 700; // ms between two of them, at most
const REST = 60_000;
const MOST_LATE = 4_000; // ms from the server's rendering to the page's first word
globalThis.history ??= { pushState() {} };

class Play {
  clock = new Clock();
  pages = [];
  wrong = [];
  trace = [];
  #asked = 0;

  constructor(seed) {
    this.random = chance(seed);
    this.server = new Server(this.clock, this.random);
    for (let at = 0; at < 6; at += 1) {
      const where = this.server.begin(`seed ${at}`, true);
      this.server.put(where, "user", null, { text: `seed ${at}` });
    }
    const [first] = this.server.conversations.keys();
    this.pages = [this.page(null), this.page(first)];
  }

  question() {
    this.#asked += 1;
    return `Q${this.#asked}`;
  }

  /** A page as the server renders it, and connected a while later. @param {string | null} open @param {any} [before] the page that it was */
  page(open, before = { tab: new FakeStorage(), local: new FakeStorage() }) {
    const line = new Line(this.server, this.clock, this.random, (what) => this.#log(page, what));
    const { tab, local } = before;
    const made = put({ facts: boot(facts(this.server, open)), world: line, clock: this.clock, tab, local });
    const page = Object.assign(made, { line, acts: new Acts(made.store, made.live, made.api, made.outbox) });
    page.live.onready(() => (page.greeted = true));
    for (const topic of ["chat", "delta", "snapshot"]) page.store.on(topic, () => this.#look(page));
    line.later(this.random() < 0.3 ? this.random() * MOST_LATE : 0, () => page.live.socket.connect());
    return page;
  }

  #log(page, what) {
    this.trace.push(`${Math.round(this.clock.at)} p${this.pages.indexOf(page)} ${what}`);
  }

  #look(page) {
    if (!this.pages.includes(page)) return;
    const wrong = wrongNow(page, this.server);
    if (wrong.length) this.#log(page, wrong.join());
    this.wrong.push(...wrong);
  }

  async run() {
    for (let step = 0; step < STEPS; step += 1) {
      const page = this.pages[Math.floor(this.random() * 2)];
      this.#log(page, `DOES ${act(this, page)}, ${page.store.open} is open`);
      await this.clock.pass(this.random() * PAUSE);
    }
    await this.#rest();
    for (const [at, page] of this.pages.entries()) this.wrong.push(...wrongAtRest(page, this.server).map((one) => `p${at} ${one}`));
    this.wrong.push(...wrongWith(this.server));
  }

  /** The network is good again; what had failed is tried once more. */
  async #rest() {
    for (const { line } of this.pages) {
      line.fall(false);
      line.loss = 0;
    }
    await this.clock.pass(REST);
    for (const { outbox, store } of this.pages) {
      for (const one of store.outbox) if (one.state === "failed" && one.error?.code !== "not_found") outbox.retry(one.id);
    }
    await this.clock.pass(REST);
    for (const { acts, store } of this.pages) if (!store.branch().length) acts.older().catch(() => {}); // as the dialogue does
    await this.clock.pass(REST);
  }
}

/** @param {number} seed @returns {Promise<{ wrong: string[], trace: string[] }>} */
export async function play(seed) {
  const made = new Play(seed);
  const thrown = (error) => made.wrong.push(`thrown: ${error.stack}`);
  process.on("uncaughtException", thrown);
  process.on("unhandledRejection", thrown);
  await made.run().catch(thrown);
  process.off("uncaughtException", thrown);
  process.off("unhandledRejection", thrown);
  return made;
}
