// Conversations and the answers that are written in them, as docs/protocol.md has them: small, in memory, at once.

import { card, ME } from "../live/stand.js";

export const ROWS = 4; // of a page of the list
export const NEWEST = 8; // messages of a page of a history
const BEGAN = Date.UTC(2026, 10, 25);

export class Server {
  conversations = new Map();
  answers = new Map();
  acks = new Map();
  sockets = new Set();
  stored = new Map(); // question -> how often
  #ids = 0;
  #stamps = 0;

  constructor(clock, random) {
    this.clock = clock;
    this.random = random;
  }

  id() {
    this.#ids += 1;
    return `0000${String(this.#ids).padStart(4, "0")}-0000-4000-8000-000000000000`;
  }

  stamp() {
    this.#stamps += 1;
    return new Date(BEGAN + this.clock.at + this.#stamps).toISOString();
  }

  // ---- what is stored ------------------------------------------------------------------------------

  begin(title = "", titled = false) {
    const made = { id: this.id(), title, titled, messages: new Map(), leaf: null, updated: this.stamp(), deleted: false };
    this.conversations.set(made.id, made);
    return made;
  }

  put(where, role, parent, more = {}) {
    const asker = role === "mark" ? {} : { asker: ME.name, asker_id: ME.id };
    const made = {
      id: this.id(), parent, role, asker: null, asker_id: null, ...asker, text: "", thinking: "", images: [], model: "", state: "complete",
      reason: null, error: null, usage: null, generation: null, created: this.stamp(), ...more,
    };
    where.messages.set(made.id, made);
    where.leaf = made.id;
    return made;
  }

  running(where) {
    return [...this.answers.values()].find((answer) => answer.c === where.id && !answer.over);
  }

  card(where) {
    return { ...card(where.id), title: where.title, updated: where.updated, leaf: where.leaf, running: this.running(where)?.g ?? null };
  }

  /** The list, newest first. */
  listed() {
    return [...this.conversations.values()].filter((one) => !one.deleted).sort((one, other) => (one.updated < other.updated ? 1 : -1));
  }

  history(where, before = null) {
    const all = [...where.messages.values()].filter((one) => before === null || one.id < before).sort((one, other) => (one.id < other.id ? -1 : 1));
    const rows = all.slice(-NEWEST);
    return { messages: rows.map((row) => ({ ...row })), before: all.length > NEWEST ? rows[0].id : null, leaf: where.leaf };
  }

  // ---- whom it tells -------------------------------------------------------------------------------

  /** All sockets of the person, which those of a team's conversation hear as well. */
  tell(frame) {
    for (const socket of this.sockets) socket.hear(frame);
  }

  /** Those that follow a conversation. */
  tellThere(c, frame) {
    for (const socket of this.sockets) if (socket.subs.has(c)) socket.hear(frame);
  }

  #tellFollowers(answer, frame) {
    for (const socket of this.sockets) if (socket.follows.has(answer.g)) socket.hear(frame);
  }

  // ---- answers -------------------------------------------------------------------------------------

  /** An answer to `parent`; again: the message that goes on. */
  answer(where, parent, again = null) {
    const g = this.id();
    const message = again ?? this.put(where, "assistant", parent, { model: "m" });
    Object.assign(message, { generation: g, state: "generating", reason: null });
    where.updated = this.stamp();
    const answer = { g, c: where.id, m: message.id, message, log: [], over: null, queued: this.random() < 0.2 };
    this.answers.set(g, answer);
    if (message.text) answer.log.push({ t: "delta", g, s: 1, k: "text", d: message.text });
    for (const socket of this.sockets) if (socket.subs.has(where.id)) socket.follows.add(g);
    this.tellThere(where.id, { t: "gen.start", g, c: where.id, m: message.id, parent: message.parent, model: "m", s: 0 });
    if (answer.queued) this.#tellFollowers(answer, { t: "gen.queued", g, pos: 1, eta_ms: null });
    for (const frame of answer.log) this.#tellFollowers(answer, frame);
    this.#write(answer, 1 + Math.floor(this.random() * 8));
    return answer;
  }

  #write(answer, left) {
    this.clock.later(this.random() * 400, () => {
      if (answer.over) return;
      if (left === 0) this.end(answer, this.#reason());
      else {
        this.piece(answer);
        this.#write(answer, left - 1);
      }
    });
  }

  #reason() {
    const roll = this.random();
    if (roll < 0.7) return "stop";
    if (roll < 0.85) return "length";
    return roll < 0.93 ? "error" : "interrupted";
  }

  piece(answer) {
    const s = answer.log.length + 1;
    const frame = { t: "delta", g: answer.g, s, k: "text", d: `${this.random() < 0.3 ? "w" : "word"}${s} ` };
    answer.message.text += frame.d;
    answer.log.push(frame);
    this.#tellFollowers(answer, frame);
  }

  end(answer, reason) {
    const where = this.conversations.get(answer.c);
    const state = { stopped: "stopped", error: "failed", interrupted: "interrupted" }[reason] ?? "complete";
    Object.assign(answer.message, { state, reason });
    where.updated = this.stamp();
    const err = reason === "error" ? { err: { code: "upstream_unavailable", key: "error.upstream_unavailable" } } : {};
    answer.over = { t: "gen.end", g: answer.g, s: answer.log.length, m: answer.m, reason, ...err };
    for (const socket of this.sockets) if (socket.follows.has(answer.g) || socket.subs.has(answer.c)) socket.hear(answer.over);
    if (where.titled) return;
    where.titled = true;
    where.title = `title of ${where.id.slice(4, 8)}`;
    this.tell({ t: "title", c: where.id, title: where.title });
  }

  snapshot(answer) {
    const text = answer.log.map((frame) => frame.d).join("");
    return { t: "snapshot", g: answer.g, s: answer.log.length, text, think: "", state: answer.over ? "complete" : "generating" };
  }
}
