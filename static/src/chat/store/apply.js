/** What each frame of the server makes of the store. Returns what else is to be done. */

import { answer, endsAt } from "./tree.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../shapes").Errand} Errand */
/** @typedef {import("../shapes").Generation} Generation */
/** @typedef {import("../../protocol").ServerMessage} ServerMessage */

/** @type {Record<string, (store: Store, frame: any, now: number) => Errand[] | void>} */
const READERS = {
  ready,
  "gen.queued": queued,
  "gen.start": start,
  delta,
  snapshot,
  "gen.end": end,
  title: renamed,
  "conv.updated": renamed,
  "conv.deleted": deleted,
  "context.cleared": (store, frame) => (frame.c === store.open ? [{ do: "history", c: frame.c }] : []),
  error: lost,
  "auth.expiring": () => [{ do: "extend" }],
  notice: (store, frame) => store.notice(frame),
};

/**
 * @param {Store} store @param {ServerMessage} frame one that is not known is ignored
 * @param {number} [now] @returns {Errand[]}
 */
export function apply(store, frame, now = Date.now()) {
  return (Object.hasOwn(READERS, frame.t) && READERS[frame.t]?.(store, frame, now)) || [];
}

/** @param {Store} store @param {import("../../protocol").Ready} frame */
function ready(store, frame) {
  store.scopes = new Set(frame.scopes);
  const known = new Map(store.teams.map((team) => [team.slug, team]));
  store.teams = frame.teams.map((slug) => known.get(slug) ?? { slug, name: slug });
  store.me = { ...store.me, name: frame.user.name };
  store.limits = { ...store.limits, ...frame.limits };
  store.emit("me");
  for (const { g, c, m } of frame.running) {
    const live = store.begun(g, c);
    live.m = m;
    live.asker = store.me;
    store.patchCard(c, { running: g });
    const known = c === store.open ? store.chat.messages.get(m) : undefined;
    if (known && known.live !== live && live.state !== "done") store.goOn(known, live); // it goes on since the page was made
  }
}

/** @param {Store} store @param {import("../../protocol").GenQueued} frame @returns {Errand[]} */
function queued(store, frame) {
  const live = store.begun(frame.g);
  if (live.state === "done") return [];
  live.state = "queued";
  live.pos = frame.pos;
  live.eta_ms = frame.eta_ms;
  store.emit("generation", { g: frame.g });
  return unplaced(store, live);
}

/** An answer that no message here has: the open conversation's messages say whose it is. @param {Store} store @param {Generation} live @returns {Errand[]} */
function unplaced(store, live) {
  const here = live.c === null || live.c === store.open;
  const known = live.m !== null && store.chat.messages.has(live.m);
  return store.open !== null && here && !known ? [{ do: "history", c: store.open }] : [];
}

/** @param {Store} store @param {import("../../protocol").GenStart} frame @returns {Errand[]} */
function start(store, frame) {
  const live = store.begun(frame.g, frame.c);
  if (live.state === "done") return [];
  live.m = frame.m;
  live.model = frame.model;
  store.patchCard(frame.c, { running: frame.g });
  store.emit("generation", { g: frame.g });
  if (frame.c !== store.open) return store.cards.has(frame.c) ? [] : [{ do: "card", c: frame.c }];
  return place(store, live, frame.parent);
}

/** Into the open conversation. @param {Store} store @param {Generation} live @param {string} parent @returns {Errand[]} */
export function place(store, live, parent) {
  const { chat } = store;
  const known = chat.messages.get(live.m ?? "");
  if (known) {
    if (known.live !== live) store.goOn(known, live);
    return [];
  }
  if (!live.m || !chat.messages.has(parent)) return [{ do: "history", c: chat.id ?? "" }];
  live.asker ??= { id: null, name: chat.messages.get(parent)?.asker ?? "" };
  store.putMessage(answer(live.m, parent, live), !chat.messages.has(chat.leaf ?? "") || endsAt(chat, parent));
  return [];
}

/** @param {Store} store @param {import("../../protocol").Delta} frame @param {number} now @returns {Errand[]} */
function delta(store, frame, now) {
  const unknown = !store.generations.has(frame.g);
  const live = store.begun(frame.g);
  if (live.state === "done" || frame.s <= live.s) return [];
  if (frame.s > live.s + 1) return askAgain(live);
  live.s = frame.s;
  const piece = frame.k === "think" ? "think" : "text";
  const fresh = added(live, piece, frame.d);
  if (fresh === null) store.emit("snapshot", { g: frame.g });
  else if (fresh) {
    writes(store, live, piece, now);
    store.emit("delta", { g: frame.g, k: piece, d: fresh });
  }
  return [...(unknown ? unplaced(store, live) : []), ...caughtUp(store, live, now)];
}

/** Once for each gap. @param {Generation} live @returns {Errand[]} */
function askAgain(live) {
  if (live.asked) return [];
  live.asked = true;
  return [{ do: "resume", g: live.g, s: live.s }];
}

/**
 * Add a piece -> what of it is to be shown; null: what came again is not what was there, show all anew.
 * @param {Generation} live @param {"text" | "think"} piece @param {string} d @returns {string | null}
 */
function added(live, piece, d) {
  const left = live.again[piece];
  live.asked = false;
  if (!left) {
    live[piece] += d;
    return d;
  }
  const place = live[piece].length - left;
  const same = Math.min(left, d.length);
  if (live[piece].startsWith(d.slice(0, same), place)) {
    live.again[piece] = left - same;
    live[piece] += d.slice(same);
    return d.slice(same);
  }
  live.again[piece] = 0;
  live[piece] = live[piece].slice(0, place) + d;
  return null;
}

/** It waits no more, and thinks or has thought. @param {Store} store @param {Generation} live @param {"text" | "think"} piece @param {number} now */
function writes(store, live, piece, now) {
  const { state, thinkMs } = live;
  live.state = "generating";
  if (piece === "think") live.thought ??= now;
  else if (live.thought !== null) live.thinkMs ??= now - live.thought;
  if (state !== live.state || thinkMs !== live.thinkMs) store.emit("generation", { g: live.g });
}

/** @param {Store} store @param {import("../../protocol").Snapshot} frame @param {number} now @returns {Errand[]} */
function snapshot(store, frame, now) {
  const live = store.begun(frame.g);
  if (live.state === "done" || frame.s < live.s) return [];
  live.s = frame.s;
  live.asked = false;
  const goesOn = live.again.text || live.again.think;
  if (!goesOn || frame.text.length >= live.text.length) {
    live.text = frame.text;
    live.think = frame.think;
    live.again = { text: 0, think: 0 };
  } else live.again = { text: live.text.length - frame.text.length, think: Math.max(0, live.think.length - frame.think.length) };
  live.state = frame.state === "queued" ? "queued" : "generating";
  store.emit("snapshot", { g: frame.g });
  store.emit("generation", { g: frame.g });
  return [...unplaced(store, live), ...caughtUp(store, live, now)];
}

/** @param {Store} store @param {import("../../protocol").GenEnd} frame @param {number} now @returns {Errand[]} */
function end(store, frame, now) {
  const live = store.begun(frame.g);
  if (live.state === "done") return [];
  live.m ??= frame.m ?? null;
  const again = live.end !== null; // asked for the rest, and there is none
  live.end = frame;
  if (frame.s > live.s && !again) return askAgain(live);
  return over(store, live, frame, now);
}

/** The end that came before the last deltas did. @param {Store} store @param {Generation} live @param {number} now @returns {Errand[]} */
function caughtUp(store, live, now) {
  return live.end && live.s >= live.end.s ? over(store, live, live.end, now) : [];
}

/** @param {Store} store @param {Generation} live @param {import("../../protocol").GenEnd} frame @param {number} now @returns {Errand[]} */
function over(store, live, frame, now) {
  live.reason = frame.reason;
  live.err = frame.err ?? null;
  live.usage = frame.usage ?? null;
  live.end = null;
  const missed = frame.s > live.s && live.c !== null ? history(live.c) : unplaced(store, live);
  store.end(live, now);
  if (live.c === null || live.c === store.open) return missed;
  const card = store.cards.get(live.c);
  const mine = live.asker?.id === store.me.id;
  if (mine && card) store.notice({ level: "info", key: "notice.answered", c: live.c, args: { title: card.title } });
  return [{ do: "unsub", c: live.c }];
}

/** @param {string} c @returns {Errand[]} */
const history = (c) => [{ do: "history", c }];

/** @param {Store} store @param {any} frame @returns {Errand[]} */
function renamed(store, frame) {
  const { t: _type, c, ...changed } = frame;
  const card = store.cards.get(c);
  if (!card) return [{ do: "card", c }];
  const moved = "team" in changed && changed.team !== card.team;
  store.patchCard(c, changed);
  return moved ? [{ do: "card", c }] : [];
}

/** @param {Store} store @param {import("../../protocol").ConvDeleted} frame */
function deleted(store, frame) {
  const here = frame.c === store.open && !store.missing;
  store.lost(frame.c);
  if (here) store.notice({ level: "warning", key: "notice.gone" });
}

/** An answer that cannot be followed (any more). @param {Store} store @param {import("../../protocol").Error} frame @returns {Errand[]} */
function lost(store, frame) {
  const live = frame.g && !frame.id ? store.generations.get(frame.g) : undefined;
  if (!live || !store.settle(live)) return [];
  return live.c === store.open && live.c !== null ? [{ do: "history", c: live.c }] : [];
}
