// What stands in for the browser: a clock that is turned by hand, sockets that say what a test says, storage.

import { readFileSync } from "node:fs";

import { Drafts } from "../../../static/src/chat/drafts.js";
import { Api } from "../../../static/src/chat/live/api.js";
import { Live } from "../../../static/src/chat/live/live.js";
import { Outbox } from "../../../static/src/chat/outbox.js";
import { Session } from "../../../static/src/chat/session.js";
import "../../../static/src/chat/rare.js"; // as in a page that is calm
import { Store } from "../../../static/src/chat/store.js";
import { Kept } from "../../../static/src/chat/store/kept.js";

/** What a gateway said, to the person of these tests. */
export function recording(name) {
  const text = readFileSync(new URL(`recordings/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text.replaceAll(JSON.parse(text).me.id, ME.id));
}
export const ID = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** Everything that waits for a promise has had its turn. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class Clock {
  at = 1_000_000;
  waiting = [];

  later(ms, act) {
    const one = { due: this.at + ms, act };
    this.waiting.push(one);
    return () => this.waiting.splice(this.waiting.indexOf(one), this.waiting.includes(one) ? 1 : 0);
  }

  /** Turn it on by `ms`; what falls due meanwhile happens in its order. */
  async pass(ms) {
    const end = this.at + ms;
    await settled();
    for (;;) {
      const next = this.waiting.filter((one) => one.due <= end).sort((one, other) => one.due - other.due)[0];
      if (!next) break;
      this.at = Math.max(this.at, next.due);
      this.waiting.splice(this.waiting.indexOf(next), 1);
      next.act();
      await settled();
    }
    this.at = end;
  }
}

export class FakeSocket {
  readyState = 0;
  sent = [];

  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
  }

  open() {
    this.readyState = 1;
    this.onopen?.({});
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  say(...frames) {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  shut(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  close() {
    this.readyState = 3;
  }

  said(t) {
    return this.sent.filter((frame) => frame.t === t);
  }
}

/** localStorage of a browser; `limit`: characters it takes. */
export class FakeStorage {
  map = new Map();

  constructor(limit = Infinity) {
    this.limit = limit;
  }

  get length() {
    return this.map.size;
  }

  key(place) {
    return [...this.map.keys()][place] ?? null;
  }

  getItem(key) {
    return this.map.get(key) ?? null;
  }

  setItem(key, value) {
    const others = [...this.map].filter(([one]) => one !== key).reduce((sum, [one, text]) => sum + one.length + text.length, 0);
    if (others + key.length + value.length > this.limit) throw new DOMException("full", "QuotaExceededError");
    this.map.set(key, value);
  }

  removeItem(key) {
    this.map.delete(key);
  }
}

export class World {
  sockets = [];
  asked = [];
  answers = new Map();
  gone = [];
  reloads = 0;
  chance = 0.5;

  constructor(clock = new Clock()) {
    this.clock = clock;
    this.now = () => clock.at;
    this.random = () => this.chance;
    this.later = (ms, act) => clock.later(ms, act);
    this.socket = (url, protocol) => this.sockets[this.sockets.push(new FakeSocket(url, protocol)) - 1];
    this.fetch = (path, options) => this.#answer(path, options);
    this.go = (url) => this.gone.push(url);
    this.reload = () => (this.reloads += 1);
    this.path = () => "/c/here";
    this.looking = () => true;
  }

  /** The answer to "METHOD path", as often as it is asked: a status, a body, or a function. */
  reply(what, body, status = 200, headers = {}) {
    this.answers.set(what, typeof body === "function" ? body : () => new Response(body === null ? null : JSON.stringify(body), { status, headers }));
  }

  get last() {
    return this.sockets.at(-1);
  }

  async #answer(path, options) {
    const what = `${options.method ?? "GET"} ${path}`;
    this.asked.push({ what, ...options });
    const found = this.answers.get(what) ?? this.answers.get(what.split("?")[0]);
    if (!found) throw new TypeError(`nobody answers ${what}`);
    return found();
  }
}

export const ME = { id: "u1", name: "Alice", staff: false };

export function card(id, more = {}) {
  return {
    id, title: `T ${id.slice(-4)}`, team: null, owner: { id: ME.id, name: ME.name }, mine: true, created: "2026-11-25T00:00:00.000Z",
    updated: "2026-11-25T00:00:00.000Z", leaf: null, pinned: false, archived: false, running: null,
    may: ["continue", "rename", "delete", "move", "pin", "export"], ...more,
  };
}

export function boot(more = {}) {
  return {
    csrf: "token-1", app: "1.0", language: "en", person: ME, scopes: ["chat:read", "chat:write", "image:upload"], teams: [], leads: [],
    default_team: null, expires_in: 7200, limits: { text: 200000, images: 8, image_bytes: 2e7, image_pixels: 2.5e7 },
    settings: { language: "auto", theme: "auto", send_by: "enter", model: null, think: null, shortcuts: true },
    default_model: "m", vision: false, list: { conversations: [], next: null }, open: null, ...more,
  };
}

export const READY = {
  t: "ready", user: { id: ME.id, name: ME.name }, scopes: ["chat:read", "chat:write"], teams: [], exp: 2e9, now: 1e9,
  limits: { text: 200000, images: 8, image_bytes: 2e7 }, hb_ms: 20000, app: "1.0", running: [],
};

/** A page whose parts are put together as in boot.js. */
export function page({ facts = boot(), local = new FakeStorage(), tab = new FakeStorage(), clock = new Clock(), world = new World(clock) } = {}) {
  const kept = new Kept(facts.person.id, local);
  const store = new Store(facts, kept);
  const drafts = new Drafts(kept);
  const keep = () => drafts.flush();
  const api = new Api(facts.csrf, world, async () => session);
  const live = new Live(store, api, world, "ws://here/ws/chat", keep);
  const session = new Session(facts.person.id, api, kept, world, keep, () => live.denied());
  const born = [];
  const outbox = new Outbox(store, live, drafts, world, new Kept(facts.person.id, tab), (c) => born.push(c));
  outbox.restore();
  outbox.begin();
  world.reply?.("GET /api/conversations", { conversations: [...store.cards.values()], next: null });
  return {
    world, clock, store, session, api, live, drafts, outbox, born, local, tab,
    /** Connected and greeted. */
    async ready(more = {}) {
      if (!world.last || world.last.readyState === 3) live.socket.connect();
      world.last.open();
      world.last.say({ ...READY, ...more });
      await settled();
      return world.last;
    },
  };
}
