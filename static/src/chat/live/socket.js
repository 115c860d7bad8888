/**
 * One connection at a time to /ws/chat: opened, greeted, kept alive, opened again. It knows nothing of
 * conversations.
 */

import { after, backoff, STABLE } from "./closes.js";

/** @typedef {import("./world.js").World} World */
/** @typedef {import("../../protocol").ServerMessage} ServerMessage */

/**
 * @typedef {object} Ears
 * @property {() => object} hello the first frame, made when it is sent
 * @property {(frame: ServerMessage) => void} frame each frame, but `bye` and `pong`
 * @property {(phase: "connecting" | "ready" | "waiting", retryAt: number | null) => void} phase
 * @property {(why: "sign-in" | "denied" | "look" | "old" | "broken", code: number) => void} stopped it comes back
 *   when it is told to
 */

export const PONG = 10_000; // ms for a sign of life
const GREETING = 15_000; // ms from the attempt to `ready`
const PROBE = 3_000; // ms for a sign of life when there is reason to doubt

export class Socket {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {() => void} */
  #cancel = () => {}; // the one timer of a connection's life: attempt, next ping, pong, or next try
  /** @type {() => void} */
  #settle = () => {};
  #tries = 0;
  #wrong = 0; // closes in a row that only a mistake of ours explains
  #heartbeat = 20_000;
  #pings = 0;
  #stopped = false;
  /** @type {number | null} */
  #wait = null;
  ready = false;
  failures = 0; // attempts in a row without a `ready`

  /** @param {string} url @param {Ears} ears @param {World} world */
  constructor(url, ears, world) {
    this.url = url;
    this.ears = ears;
    this.world = world;
  }

  /** Connect at once, unless it is connected or connecting. */
  connect() {
    if (this.#socket) return;
    this.#stopped = false;
    this.#cancel();
    this.#wait = null;
    const socket = this.world.socket(this.url, "clawd.v1");
    this.#socket = socket;
    const mine = (/** @type {(event: any) => void} */ act) => (/** @type {any} */ event) => {
      if (this.#socket === socket) act(event);
    };
    socket.onopen = mine(() => socket.send(JSON.stringify(this.ears.hello())));
    socket.onmessage = mine((event) => this.#heard(event.data));
    socket.onclose = mine((event) => this.#closed(event.code));
    this.#timer(GREETING, () => this.#drop());
    this.ears.phase("connecting", null);
  }

  /** Somebody came back, or the network did: connect, or see whether the connection lives. */
  wake() {
    if (this.ready) this.#ping(PROBE);
    else if (!this.#stopped) this.connect();
  }

  /** Only while `ready`. @param {object} frame @returns {boolean} whether it went out */
  say(frame) {
    if (!this.ready || !this.#socket) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Connect no more. */
  stop() {
    this.#stopped = true;
    this.#leave();
    this.#cancel();
  }

  /** @param {string} text */
  #heard(text) {
    /** @type {ServerMessage} */
    const frame = JSON.parse(text);
    if (this.ready) this.#timer(this.#heartbeat, () => this.#ping(PONG));
    if (frame.t === "pong") return;
    if (frame.t === "bye") this.#wait = frame.reconnect_after_ms ?? null;
    else {
      if (frame.t === "ready") this.#greeted(frame.hb_ms);
      this.ears.frame(frame);
    }
  }

  /** @param {number} heartbeat ms */
  #greeted(heartbeat) {
    this.ready = true;
    this.failures = 0;
    this.#heartbeat = heartbeat;
    this.#settle();
    this.#settle = this.world.later(STABLE, () => {
      this.#tries = 0;
      this.#wrong = 0;
    });
    this.#timer(heartbeat, () => this.#ping(PONG));
    this.ears.phase("ready", null);
  }

  /** @param {number} patience ms */
  #ping(patience) {
    this.#pings += 1;
    this.say({ t: "ping", n: this.#pings });
    this.#timer(patience, () => this.#drop());
  }

  /** No sign of life: as if it had closed. */
  #drop() {
    this.#closed(1006);
  }

  /** @param {number} code */
  #closed(code) {
    this.#leave();
    this.failures += 1;
    const next = after(code);
    if (next === "again") this.#again();
    else if (next !== "once") this.#stopAt(next, code);
    else if ((this.#wrong += 1) > 1) this.#stopAt("broken", code);
    else this.#again();
  }

  /** @param {"sign-in" | "denied" | "look" | "old" | "broken"} why @param {number} code */
  #stopAt(why, code) {
    this.#wrong = 0;
    this.#stopped = why !== "look";
    this.#cancel();
    this.ears.stopped(why, code);
  }

  #again() {
    const wait = this.#wait ?? backoff(this.#tries, this.world.random());
    this.#tries += 1;
    this.#timer(wait, () => this.connect());
    this.ears.phase("waiting", this.world.now() + wait);
  }

  #leave() {
    const socket = this.#socket;
    this.#socket = null;
    this.ready = false;
    this.#settle();
    this.#settle = () => {};
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.readyState < 2) socket.close();
  }

  /** In place of the timer that runs. @param {number} ms 0: none @param {() => void} act */
  #timer(ms, act) {
    this.#cancel();
    this.#cancel = this.world.later(ms, act);
  }
}
