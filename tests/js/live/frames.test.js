// What a started gateway said (recordings/), replayed in every way a network can deliver it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply } from "../../../static/src/chat/store/apply.js";
import { Store } from "../../../static/src/chat/store.js";
import { Kept } from "../../../static/src/chat/store/kept.js";
import { boot, card, FakeStorage, ID, READY, recording } from "./stand.js";

const NAMES = ["plain", "stopped", "failed", "waits"];
const LATE = ["joined_late", "continued"];

/** A page that has the recorded conversation open with `messages` as they were before the frames. */
function open(found, messages) {
  const open = { conversation: found.conversation, messages: messages.messages, before: messages.before, leaf: messages.leaf };
  return new Store(boot({ person: found.me, open }), new Kept("u1", new FakeStorage()));
}

/** The question alone: what the page has when the frames begin. */
const asked = (found) => ({ messages: found.history.messages.slice(0, 1), before: null, leaf: found.history.messages[0].id });

/** Frames of the answer; the rest is other tests'. */
const frames = (found) => found.frames.filter((frame) => !["ready", "ack"].includes(frame.t));

/** What a server says to `resume`: the frames behind `s`. */
function rest(found, g, s) {
  return found.frames.filter((frame) => frame.g === g && ((frame.t === "delta" && frame.s > s) || frame.t === "gen.end"));
}

/** Deliver, and answer each `resume` as the server would. */
function deliver(store, found, all) {
  for (const frame of all) {
    for (const errand of apply(store, frame, 1000)) if (errand.do === "resume") deliver(store, found, rest(found, errand.g, errand.s));
  }
}

/** What is shown of each message, without what only this page knows. */
function shown(store) {
  return store.branch().map(({ id, parent, role, text, thinking, state, reason, error }) => ({ id, parent, role, text, thinking, state, reason, error }));
}

/** The same of what the server stored. */
function stored(found) {
  return found.history.messages.map(({ id, parent, role, text, thinking, state, reason, error }) => ({ id, parent, role, text, thinking, state, reason, error }));
}

function same(store, found) {
  assert.deepEqual(shown(store), stored(found));
  assert.equal(store.running(found.conversation.id), undefined);
  assert.equal(store.cards.get(found.conversation.id).running, null);
}

for (const name of NAMES) {
  test(`ui-81: ${name}: what is shown is what is stored`, () => {
    const found = recording(name);
    const store = open(found, asked(found));
    deliver(store, found, frames(found));
    same(store, found);
    assert.equal(store.cards.get(found.conversation.id).title, found.conversation.title);
  });

  test(`ui-81: ${name}: every frame twice, and all of them again at the end`, () => {
    const found = recording(name);
    const store = open(found, asked(found));
    deliver(store, found, frames(found).flatMap((frame) => [frame, frame]));
    deliver(store, found, frames(found));
    same(store, found);
  });

  test(`ui-81: ${name}: any one frame lost`, () => {
    const found = recording(name);
    for (const lost of frames(found)) {
      if (lost.t !== "delta") continue;
      const store = open(found, asked(found));
      deliver(store, found, frames(found).filter((frame) => frame !== lost));
      same(store, found);
    }
  });
}

test("ui-34: cut anywhere, with the rest coming on another connection", () => {
  const found = recording("plain");
  const all = frames(found);
  for (let cut = 2; cut < all.length; cut += 1) {
    const store = open(found, asked(found));
    deliver(store, found, all.slice(0, cut));
    const live = [...store.generations.values()].find((one) => one.state !== "done");
    if (live) deliver(store, found, rest(found, live.g, live.s));
    deliver(store, found, all.slice(cut).filter((frame) => frame.t === "title"));
    same(store, found);
  }
});

test("ui-26: the text never becomes shorter, whatever comes twice or too late", () => {
  for (const name of [...NAMES, ...LATE]) {
    const found = recording(name);
    const store = open(found, found.before ?? asked(found));
    let longest = 0;
    for (const frame of frames(found).flatMap((one) => [one, one])) {
      deliver(store, found, [frame]);
      const last = store.branch().at(-1);
      const length = last.live ? last.live.text.length : last.text.length;
      if (last.role !== "assistant") continue;
      assert.ok(length >= longest, `${name}: ${frame.t}`);
      longest = length;
    }
  }
});

test("ui-26: a snapshot of before takes nothing away", () => {
  const found = recording("joined_late");
  const store = open(found, found.before);
  const [snapshot, ...later] = frames(found);
  deliver(store, found, [snapshot]);
  for (const frame of later) deliver(store, found, [frame, snapshot]);
  same(store, found);
});

test("ui-35: another device joins in the middle by a snapshot", () => {
  const found = recording("joined_late");
  const store = open(found, found.before);
  assert.equal(store.branch().at(-1).live.state, "generating");
  deliver(store, found, frames(found));
  same(store, found);
});

test("ui-35: a snapshot that comes before the messages is kept until they come", () => {
  const found = recording("joined_late");
  const store = open(found, asked(found));
  const [snapshot, ...later] = frames(found);
  const errands = apply(store, snapshot, 1000);
  assert.deepEqual(errands, [{ do: "history", c: found.conversation.id }]);
  store.takeHistory(found.before);
  assert.equal(store.branch().at(-1).live.text, snapshot.text);
  deliver(store, found, later);
  same(store, found);
});

test("ui-63: an answer that goes on shows nothing twice and never blanks", () => {
  const found = recording("continued");
  const store = open(found, asked(found));
  const told = [];
  store.on("delta", (delta) => told.push(delta));
  deliver(store, found, frames(found));
  same(store, found);
  const text = told.filter((one) => one.k === "text").map((one) => one.d).join("");
  assert.equal(text, found.history.messages.at(-1).text);
});

test("ui-63: a reload while it goes on", () => {
  const found = recording("continued");
  const before = structuredClone(found.before);
  const second = found.frames.filter((frame) => frame.t === "gen.start").at(-1).g;
  Object.assign(before.messages.at(-1), { state: "queued", generation: second });
  const store = open(found, before);
  assert.equal(store.branch().at(-1).live.text, before.messages.at(-1).text);
  deliver(store, found, rest(found, second, 0));
  same(store, found);
});

test("ui-37: the place in the line, until the first word", () => {
  const found = recording("waits");
  const store = open(found, asked(found));
  const states = [];
  for (const frame of frames(found)) {
    deliver(store, found, [frame]);
    const live = [...store.generations.values()][0];
    if (live) states.push([frame.t, live.state, live.pos]);
  }
  assert.deepEqual(states.find(([t]) => t === "gen.queued"), ["gen.queued", "queued", 1]);
  assert.equal(states.find(([t]) => t === "delta")[1], "generating");
});

test("ui-52: how long it thought is known", () => {
  const found = recording("plain");
  const store = open(found, asked(found));
  let now = 1000;
  for (const frame of frames(found)) apply(store, frame, frame.t === "delta" ? (now += 100) : now);
  const [live] = [...store.generations.values()];
  const thoughts = found.frames.filter((frame) => frame.k === "think").length;
  assert.equal(live.thinkMs, thoughts * 100);
});

test("ui-36: an answer that ends elsewhere is unread, also after a reload, until it is looked at", () => {
  const found = recording("plain");
  const local = new FakeStorage();
  const make = () => new Store(boot({ person: found.me, list: { conversations: [found.conversation], next: null } }), new Kept(found.me.id, local));
  const store = make();
  const notices = [];
  store.on("notice", (notice) => notices.push(notice.key));
  apply(store, { ...found.frames[0], running: [{ g: found.history.messages[1].generation, c: found.conversation.id, m: found.history.messages[1].id, s: 0 }] });
  for (const frame of frames(found)) apply(store, frame);
  store.deliver();
  assert.equal(store.cards.get(found.conversation.id).unread, true);
  assert.deepEqual(notices, ["notice.answered"]);
  const later = make();
  assert.equal(later.cards.get(found.conversation.id).unread, true);
  later.show(found.conversation.id);
  assert.equal(later.cards.get(found.conversation.id).unread, false);
  assert.equal(make().cards.get(found.conversation.id).unread, false);
});

test("ui-36: an answer that ended while the page was away is unread too", () => {
  const found = recording("plain");
  const local = new FakeStorage();
  const make = (running) => new Store(boot({ person: found.me, list: { conversations: [{ ...found.conversation, running }], next: null } }), new Kept(found.me.id, local));
  make(found.history.messages[1].generation);
  assert.equal(make(null).cards.get(found.conversation.id).unread, true);
});

test("ui-36: none for the conversation that is being looked at", () => {
  const found = recording("plain");
  const store = open(found, asked(found));
  const notices = [];
  store.on("notice", (notice) => notices.push(notice));
  deliver(store, found, frames(found));
  store.deliver();
  assert.equal(store.cards.get(found.conversation.id).unread, false);
  assert.deepEqual(notices, []);
});

test("an end whose deltas are lost for good ends all the same, and the messages are asked for", () => {
  const found = recording("plain");
  const store = open(found, asked(found));
  const [start, end] = ["gen.start", "gen.end"].map((t) => found.frames.find((frame) => frame.t === t));
  apply(store, start);
  assert.deepEqual(apply(store, end), [{ do: "resume", g: end.g, s: 0 }]);
  assert.deepEqual(apply(store, end), [{ do: "history", c: found.conversation.id }]);
  store.takeHistory(found.history);
  same(store, found);
});

test("frames of a later protocol, and names of our own objects, are ignored", () => {
  const store = new Store(boot(), new Kept("u1", new FakeStorage()));
  for (const t of ["gen.shiny", "constructor", "__proto__", "toString"]) assert.deepEqual(apply(store, { t }), []);
});

test("ui-67: a conversation whose answer has come stands first, as the server has it", () => {
  const store = new Store(boot({ list: { conversations: [card(ID(8)), card(ID(1), { updated: "2026-11-01T00:00:00.000Z" })], next: null } }));
  apply(store, { t: "gen.start", g: ID(4), c: ID(1), m: ID(3), parent: ID(2), model: "m", s: 0 }, 0);
  apply(store, { t: "gen.end", g: ID(4), s: 0, m: ID(3), reason: "stop" }, 0);
  assert.deepEqual(store.order, [ID(1), ID(8)]);
});

for (const way of ["gen.start", "history"]) {
  test(`ui-35: another version takes the place of an answer with a mark below it, told by ${way}`, () => {
    const row = (id, parent, role) => ({ id, parent, role, asker: "Alice", asker_id: "u1", text: "x", thinking: "", images: [], model: "", state: "complete", reason: null, error: null, usage: null, generation: null, created: "2026-11-25T00:00:00.000Z" });
    const messages = [row(ID(2), null, "user"), row(ID(3), ID(2), "assistant"), row(ID(4), ID(3), "mark")];
    const store = new Store(boot({ open: { conversation: card(ID(1)), messages, before: null, leaf: ID(4) } }));
    if (way === "history") store.takeHistory({ messages: [...messages, row(ID(5), ID(2), "assistant")], before: null, leaf: ID(5) });
    else apply(store, { t: "gen.start", g: ID(6), c: ID(1), m: ID(5), parent: ID(2), model: "m", s: 0 }, 0);
    assert.deepEqual(store.branch().map(({ id }) => id), [ID(2), ID(5)]);
  });
}

test("ui-63: an answer that another tab lets go on between the page and its socket is heard out", () => {
  const row = (id, parent, role, text) => ({ id, parent, role, asker: "Alice", asker_id: "u1", text, thinking: "", images: [], model: "", state: "complete", reason: "length", error: null, usage: null, generation: null, created: "2026-11-25T00:00:00.000Z" });
  const messages = [row(ID(2), null, "user", "Q"), row(ID(3), ID(2), "assistant", "half ")];
  const store = new Store(boot({ open: { conversation: card(ID(1)), messages, before: null, leaf: ID(3) } }));
  apply(store, { ...READY, running: [{ g: ID(6), c: ID(1), m: ID(3), s: 1 }] }, 0);
  apply(store, { t: "snapshot", g: ID(6), s: 2, text: "half whole", think: "", state: "generating" }, 0);
  apply(store, { t: "gen.end", g: ID(6), s: 2, m: ID(3), reason: "stop" }, 0);
  assert.equal(store.branch().at(-1).text, "half whole");
});
