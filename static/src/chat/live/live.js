/**
 * Everything live: the socket, what is asked by it and its answers, what was missed while it was away.
 */

import { rare } from "../lazy.js";
import { apply } from "../store/apply.js";
import { ApiError, fromFrame } from "./errors.js";
import { Fetched } from "./fetched.js";
import { Socket } from "./socket.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../shapes").Errand} Errand */
/** @typedef {import("../../protocol").Ack} Ack */

/**
 * @typedef {object} Asked something that is to be acknowledged, said again on each new connection until it is
 * @property {any} frame
 * @property {number} on which connection it was said last; 0: none, -1: by HTTP
 * @property {Promise<Ack>} answer
 * @property {(ack: Ack) => void} resolve
 * @property {(error: ApiError) => void} reject
 */

const MOST_HAD = 100; // answers that one hello may name
const VERDICT = 6_000; // ms in which a socket hears that its person or session is over
const BLOCKED = 3; // attempts without ever a `ready`, after which websockets count as blocked

/** @param {any} frame @returns {Asked} */
function begin(frame) {
  /** @type {Partial<Asked>} */
  const asked = { frame, on: 0 };
  asked.answer = new Promise((resolve, reject) => Object.assign(asked, { resolve, reject }));
  return /** @type {Asked} */ (asked);
}

export class Live {
  /** @type {Map<string, Asked>} */
  #asked = new Map();
  #connection = 0;
  #tries = 0; // to connect: after the first, much may have been missed
  /** @type {import("../../protocol").Hello} the last one */
  #named = { t: "hello", v: 1 };
  /** @type {Set<string>} answers that are heard by HTTP */
  #followed = new Set();
  /** @type {((denied: boolean) => void) | null} */
  #verdict = null;
  #revived = 0; // sign-ins in a row that the socket did not believe
  /** @type {string | null} what is wrong, as the server's last error said before it closed */
  #said = null;
  #ref = "";
  /** @type {Set<() => void>} */
  #onready = new Set();

  /**
   * @param {Store} store @param {import("./api.js").Api} api @param {import("./world.js").World} world
   * @param {string} url of the socket @param {() => void} keep what is done before the page is left
   */
  constructor(store, api, world, url, keep) {
    this.store = store;
    this.api = api;
    this.keep = keep;
    this.world = world;
    this.fetched = new Fetched(this);
    this.socket = new Socket(url, {
      hello: () => this.#hello(),
      frame: (frame) => this.#heard(frame),
      phase: (phase, retryAt) => this.#phase(phase, retryAt),
      stopped: (why, code) => this.#stopped(why, code),
    }, world);
  }

  /** Connect, and come back whenever there is reason to. */
  begin() {
    addEventListener("online", () => this.#network(true));
    addEventListener("offline", () => this.#network(false));
    addEventListener("focus", () => this.store.connection.phase === "waiting" && this.socket.wake());
    document.addEventListener("visibilitychange", () => this.world.looking() && this.socket.wake());
    this.socket.connect();
  }

  /** After each `ready`. @param {() => void} act */
  onready(act) {
    this.#onready.add(act);
  }

  /** Whether what is said now arrives. @returns {boolean} */
  get there() {
    return this.socket.ready && this.store.connection.online;
  }

  /** Connect now instead of later. */
  retry() {
    this.socket.wake();
  }

  /** @returns {Promise<import("../session.js").Session>} */
  session() {
    return this.api.session();
  }

  // ---- what is asked -------------------------------------------------------------------------------

  /**
   * Say it until it is acknowledged. The same id may be asked again and is said once.
   * @param {{ t: string, id: string, [field: string]: any }} frame @returns {Promise<Ack>} or ApiError
   */
  ask(frame) {
    const asked = this.#asked.get(frame.id) ?? begin(frame);
    this.#asked.set(frame.id, asked);
    if (this.there) this.#say(asked);
    else if (this.plain) void this.#byHttp(asked);
    return asked.answer;
  }

  /** Whether questions go by HTTP. @returns {boolean} */
  get plain() {
    return this.store.connection.plain && this.store.connection.online;
  }

  /** @param {Asked} asked */
  async #byHttp(asked) {
    if (asked.on < 0) return;
    asked.on = -1;
    try {
      const { askByHttp } = await rare();
      await askByHttp(this, asked.frame, (frame) => this.#heard(frame));
    } catch (error) {
      this.#forget(asked.frame.id)?.reject(error instanceof ApiError ? error : new ApiError({ code: "offline" }));
    }
  }

  /** What is being written in the open conversation, where no socket tells it. @param {string} c */
  async follow(c) {
    const running = this.store.running(c);
    if (!this.plain || !running || this.#followed.has(running.g)) return;
    this.#followed.add(running.g);
    const { followByHttp } = await rare();
    const whole = await followByHttp(this, c, running, (frame) => this.#heard(frame));
    this.#followed.delete(running.g);
    if (!whole) this.fetched.again(null, () => this.store.open === c && this.history(c));
  }

  /** Once for each connection. @param {Asked} asked */
  #say(asked) {
    if (asked.on === this.#connection) return;
    asked.on = this.#connection;
    this.socket.say(asked.frame);
  }

  /** Its answer is long in coming: asked again, it is said again. @param {string} id */
  doubt(id) {
    const asked = this.#asked.get(id);
    if (asked) asked.on = 0;
  }

  /** As `ask`, for what makes no sense later: refused where there is no connection. @param {any} frame @returns {Promise<Ack>} */
  async askNow(frame) {
    if (!this.there && !this.plain) throw new ApiError({ code: "offline" });
    return this.ask(frame);
  }

  /** It is asked no more. @param {string} id */
  forget(id) {
    this.#forget(id);
  }

  /** @param {string} id @returns {Asked | undefined} */
  #forget(id) {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  /** What happens in a conversation is heard from now on. @param {string} c */
  sub(c) {
    this.socket.say({ t: "sub", c });
  }

  /** And no more; as long as an answer is written there its end is waited for. @param {string} c */
  unsub(c) {
    if (!this.store.running(c)) this.socket.say({ t: "unsub", c });
  }

  // ---- what is heard -------------------------------------------------------------------------------

  /** @returns {import("../../protocol").Hello} */
  #hello() {
    const running = [...this.store.generations.values()].filter((live) => live.state !== "done");
    for (const live of running) live.asked = false;
    return this.#named = {
      t: "hello", v: 1, app: this.store.app, lang: globalThis.document?.documentElement.lang,
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone, focus: this.store.missing ? null : this.store.open,
      have: running.slice(-MOST_HAD).map(({ g, s }) => ({ g, s })),
    };
  }

  /** @param {import("../../protocol").ServerMessage} frame */
  #heard(frame) {
    if (frame.t === "ready" && frame.user.id !== this.store.me.id) return this.#another();
    if (frame.t === "ack") this.#forget(frame.id)?.resolve(frame);
    if (frame.t === "error") this.#refused(frame);
    const c = frame.t === "gen.end" ? this.store.generation(frame.g)?.c : "c" in frame && frame.c; // its end moves it up
    if (c) this.fetched.told(c, frame.t === "conv.deleted");
    const errands = apply(this.store, frame, this.world.now());
    if (frame.t === "ready") this.#ready(frame);
    for (const errand of errands) this.run(errand);
  }

  /** @param {import("../../protocol").Error} frame */
  #refused(frame) {
    if (frame.id) this.#forget(frame.id)?.reject(fromFrame(frame));
    else if (!frame.g) {
      this.#said = frame.code;
      this.#ref = frame.ref;
    }
  }

  /** @param {import("../../protocol").Ready} frame */
  #ready(frame) {
    this.#connection += 1;
    this.#revived = 0;
    this.store.setConnection({ newer: frame.app !== this.store.app, plain: false });
    this.#flush();
    this.#name();
    void this.fetched.all(this.#tries > 1);
    for (const act of this.#onready) act();
  }

  /** What became known, or was opened, since hello was said. */
  #name() {
    const { focus, have = [] } = this.#named;
    const { generations, missing, open } = this.store;
    const named = new Set(have.map(({ g }) => g));
    if (open !== null && open !== focus && !missing) this.sub(open);
    for (const { g, s, state } of generations.values()) if (state !== "done" && !named.has(g)) this.run({ do: "resume", g, s });
  }

  /** Somebody else has signed in in this browser: nothing is said in their name, and the page is left. */
  #another() {
    this.socket.stop();
    void this.#signIn();
  }

  /** What was asked and not answered, once more. */
  #flush() {
    for (const asked of this.#asked.values()) this.#say(asked);
  }

  /** What is to be done beyond the store. @param {Errand} errand */
  run(errand) {
    if (errand.do === "resume") this.socket.say({ t: "resume", g: errand.g, s: errand.s });
    else if (errand.do === "history") void this.history(errand.c);
    else if (errand.do === "card") void this.card(errand.c);
    else if (errand.do === "unsub") this.unsub(errand.c);
    else void this.session().then((session) => session.expiring(this.#busy()), () => {});
  }

  /** Whether this person waits for something. @returns {boolean} */
  #busy() {
    const mine = [...this.store.generations.values()].some((live) => live.state !== "done" && live.asker?.id === this.store.me.id);
    return mine || this.store.outbox.some((pending) => pending.state !== "failed");
  }

  /** The newest messages of the open conversation. @param {string} c @returns {Promise<void>} */
  history(c) {
    return this.fetched.history(c);
  }

  /** One of the list. @param {string} c @returns {Promise<void>} */
  card(c) {
    return this.fetched.card(c);
  }

  // ---- the connection ------------------------------------------------------------------------------

  /** @param {boolean} online */
  #network(online) {
    this.store.setConnection({ online });
    if (!online) return;
    if (this.socket.ready) this.#flush();
    this.socket.wake();
    if (this.socket.ready) for (const act of this.#onready) act();
  }

  /** @param {"connecting" | "ready" | "waiting"} phase @param {number | null} retryAt */
  #phase(phase, retryAt) {
    const plain = !this.#connection && this.socket.failures >= BLOCKED;
    const before = this.store.connection.plain;
    if (phase === "connecting") this.#tries += 1;
    this.store.setConnection({ phase, retryAt, reason: null, plain: plain || (before && phase !== "ready") });
    if (plain && !before) for (const act of this.#onready) act(); // what waits goes the other way
  }

  /** @param {"sign-in" | "denied" | "look" | "old" | "broken"} why @param {number} code */
  #stopped(why, code) {
    const said = { reason: this.#said, ref: this.#ref };
    this.#verdict?.(why === "denied");
    if (why === "sign-in") void this.#signIn();
    else if (why === "old") this.#old();
    else if (why === "look") this.store.setConnection({ phase: "waiting", retryAt: null, reason: "too_many" });
    else if (why === "denied") this.store.setConnection({ phase: "denied", retryAt: null, ...said });
    else this.#broken(code);
  }

  /** What we said is not understood: it is not said again. @param {number} code */
  #broken(code) {
    const error = new ApiError({ code: code === 1009 ? "too_long" : (this.#said ?? "bad_request"), ref: this.#ref });
    for (const id of [...this.#asked.keys()]) this.#forget(id)?.reject(error);
    this.world.later(10_000, () => this.socket.connect());
    this.store.setConnection({ phase: "waiting", retryAt: this.world.now() + 10_000, reason: error.code, ref: this.#ref });
  }

  #old() {
    this.keep();
    this.store.setConnection({ phase: "old" });
    void rare().then(({ reloadOnce }) => reloadOnce(this.world), () => {});
  }

  /**
   * A call was refused: whether because the person is switched off. The socket knows, and says so within
   * seconds while it stands.
   * @returns {Promise<boolean>}
   */
  denied() {
    if (!this.socket.ready) return Promise.resolve(this.store.connection.phase === "denied");
    return new Promise((resolve) => {
      this.#verdict = resolve;
      this.world.later(VERDICT, () => resolve(false));
    });
  }

  async #signIn() {
    this.#revived += 1;
    this.store.setConnection({ phase: "connecting", retryAt: null });
    const state = await this.session().then((session) => session.revive(), () => "unknown");
    if (state === "over") this.store.setConnection({ phase: "ended" });
    else if (state === "alive" && this.#revived < 3) this.socket.connect();
    else {
      const wait = 5_000 * this.#revived;
      this.store.setConnection({ phase: "waiting", retryAt: this.world.now() + wait });
      this.world.later(wait, () => this.socket.connect());
    }
  }
}
