// What the list and the open conversation make of answers by HTTP that come late, out of order, or not at all.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Acts } from "../../../static/src/chat/acts.js";
import { boot, card, ID, page, READY, settled } from "./stand.js";

const C = ID(1);
const G = ID(4);
const said = (id, more = {}) => ({
  id, parent: null, role: "user", asker: "Alice", asker_id: "u1", text: `text of ${id.slice(-2)}`, thinking: "", images: [], model: "",
  state: "complete", reason: null, error: null, usage: null, generation: null, created: "2026-11-25T00:00:00.000Z", ...more,
});
const answer = (more) => said(ID(3), { role: "assistant", parent: ID(2), generation: G, ...more });
const BEING_WRITTEN = { messages: [said(ID(2)), answer({ text: "", state: "generating" })], before: null, leaf: ID(3) };
const OVER = { messages: [said(ID(2)), answer({ text: "All of it" })], before: null, leaf: ID(3) };
const CARD = `GET /api/conversations/${C}`;
const HISTORY = `${CARD}/messages`;
const list = (...conversations) => ({ list: { conversations, next: null } });
const start = { t: "gen.start", g: G, c: C, m: ID(3), parent: ID(2), model: "m", s: 0 };
const end = { t: "gen.end", g: G, s: 0, m: ID(3), reason: "stop" };

/** Answers "METHOD path" when it is told to. */
function byHand(world, what) {
  const asked = [];
  world.reply(what, () => new Promise((resolve) => asked.push((body) => resolve(new Response(JSON.stringify(body))))));
  return asked;
}

test("ui-73: an answer in a conversation that begins elsewhere is heard out", async () => {
  const here = page();
  const socket = await here.ready();
  here.world.reply(CARD, card(C, { running: G }));
  socket.say({ t: "conv.updated", c: C, title: "New" });
  await settled();
  assert.deepEqual(socket.said("resume"), [{ t: "resume", g: G, s: 0 }]);
  socket.say({ t: "snapshot", g: G, s: 3, text: "abc", think: "", state: "generating" }, { ...end, s: 3 });
  assert.deepEqual([here.store.cards.get(C).running, here.store.running(C)], [null, undefined]);
});

test("ui-73: what began while there was no connection is heard out too", async () => {
  const here = page({ facts: boot(list(card(C))) });
  (await here.ready()).shut();
  here.world.reply("GET /api/conversations", { conversations: [card(C, { running: G })], next: null });
  await here.clock.pass(1_000);
  const socket = await here.ready();
  assert.deepEqual(socket.said("resume"), [{ t: "resume", g: G, s: 0 }]);
});

test("ui-73: a teammate's answer, whose end nobody would tell, is not shown as running", async () => {
  const here = page();
  const socket = await here.ready();
  here.world.reply(CARD, card(C, { running: G, mine: false, team: "t" }));
  socket.say({ t: "conv.updated", c: C, title: "New" });
  await settled();
  assert.deepEqual([socket.said("resume"), here.store.cards.get(C).running, here.store.running(C)], [[], null, undefined]);
});

test("ui-73: a card that was overtaken by the end of its answer is not running", async () => {
  const here = page();
  const socket = await here.ready();
  const asked = byHand(here.world, CARD);
  socket.say(start);
  await settled();
  socket.say(end);
  asked[0](card(C, { running: G }));
  await settled();
  assert.equal(here.store.cards.get(C).running, null);
});

test("ui-73: messages that say an answer is over end it in the list as well", async () => {
  const here = page({ facts: boot({ ...list(card(C, { running: G })), open: { conversation: card(C, { running: G }), ...BEING_WRITTEN } }) });
  const socket = await here.ready();
  here.world.reply(HISTORY, OVER);
  socket.say({ t: "context.cleared", c: C, after: ID(9) });
  await settled();
  socket.say(end);
  assert.deepEqual([here.store.cards.get(C).running, here.store.branch().at(-1).text], [null, "All of it"]);
});

test("ui-34: messages that come late change nothing that came after them", async () => {
  const here = page({ facts: boot({ ...list(card(C)), open: { conversation: card(C), ...BEING_WRITTEN } }) });
  await here.ready();
  const asked = byHand(here.world, HISTORY);
  const first = here.live.history(C);
  const second = here.live.history(C);
  await settled();
  asked[1](OVER);
  await second;
  asked[0](BEING_WRITTEN);
  await first;
  assert.deepEqual([here.store.branch().at(-1).text, here.store.branch().at(-1).state], ["All of it", "complete"]);
});

test("ui-76: where more was said meanwhile than one page has, the newest is shown", async () => {
  const here = page({ facts: boot({ ...list(card(C)), open: { conversation: card(C), ...OVER } }) });
  await here.ready();
  const later = [said(ID(50), { parent: ID(49) }), said(ID(51), { parent: ID(50), role: "assistant" })];
  here.world.reply(HISTORY, { messages: later, before: ID(50), leaf: ID(51) });
  await here.live.history(C);
  assert.deepEqual(here.store.branch().map(({ id }) => id), [ID(50), ID(51)]);
  assert.equal(here.store.chat.before, ID(50), "from here on older ones are asked for");
});

test("ui-84: messages that could not be had are asked for again", async () => {
  const here = page({ facts: boot(list(card(C))) });
  await here.ready();
  here.store.show(C);
  here.world.reply(HISTORY, { error: { code: "internal_error" } }, 500);
  await here.live.history(C);
  assert.equal(here.store.chat.loading, true);
  here.world.reply(HISTORY, OVER);
  await here.clock.pass(5_000);
  assert.deepEqual([here.store.chat.loading, here.store.branch().length], [false, 2]);
});

test("ui-76: an open conversation that another tab deleted and took back is there again", async () => {
  const here = page({ facts: boot({ ...list(card(C)), open: { conversation: card(C), ...OVER } }) });
  const socket = await here.ready();
  socket.say({ t: "conv.deleted", c: C });
  assert.equal(here.store.missing, true);
  here.world.reply(CARD, card(C));
  here.world.reply(HISTORY, OVER);
  socket.say({ t: "conv.updated", c: C, title: "Back" });
  await settled();
  assert.deepEqual([here.store.missing, here.store.branch().length, socket.said("sub")], [false, 2, [{ t: "sub", c: C }]]);
});

test("ui-80: a page whose first connection took a second try asks for what it missed", async () => {
  const here = page({ facts: boot({ ...list(card(C)), open: { conversation: card(C), ...BEING_WRITTEN } }) });
  here.live.socket.connect();
  here.world.last.shut();
  here.world.reply(HISTORY, OVER);
  await here.clock.pass(1_000);
  await here.ready();
  assert.equal(here.store.branch().at(-1).text, "All of it");
});

test("ui-76: what was deleted while there was no connection leaves the list, open as it is", async () => {
  const here = page({ facts: boot({ ...list(card(C)), open: { conversation: card(C), ...OVER } }) });
  await here.ready();
  here.world.reply(HISTORY, { error: { code: "not_found" } }, 404);
  await here.live.history(C);
  assert.deepEqual([here.store.missing, here.store.order], [true, []]);
});

test("a question that waited for a conversation nobody has listed does not make it another one", async () => {
  const here = page();
  here.outbox.add({ c: C, text: "Hallo", images: [] });
  here.world.reply(CARD, card(C, { title: "Its own", mine: false, team: "t" }));
  const socket = await here.ready();
  socket.say({ t: "ack", id: socket.said("chat.send")[0].id, c: C, mu: ID(2), ma: ID(3), g: G });
  await settled();
  assert.deepEqual([here.store.cards.get(C).title, here.store.cards.get(C).mine], ["Its own", false]);
});

test("ui-76: what was told while the list was on its way is not undone by it", async () => {
  const here = page({ facts: boot(list(card(C))) });
  (await here.ready()).shut();
  const asked = byHand(here.world, "GET /api/conversations");
  here.world.reply(CARD, card(C, { title: "New" }));
  await here.clock.pass(1_000);
  const socket = await here.ready();
  socket.say({ t: "title", c: C, title: "New" });
  asked[0]({ conversations: [card(C, { title: "Old" })], next: null });
  await settled();
  assert.equal(here.store.cards.get(C).title, "New");
});

test("ui-34: messages that say an answer is being written are asked for its end", async () => {
  const here = page({ facts: boot(list(card(C))) });
  const socket = await here.ready();
  here.world.reply(HISTORY, BEING_WRITTEN); // it ended before `sub` was heard
  here.store.show(C);
  await here.live.history(C);
  assert.deepEqual(socket.said("resume"), [{ t: "resume", g: G, s: 0 }]);
});

test("ui-81: what was opened, or became known, between hello and ready is followed", async () => {
  const here = page({ facts: boot(list(card(C))) });
  here.live.socket.connect();
  const socket = here.world.last;
  socket.open();
  here.store.show(C);
  here.live.sub(C);
  here.store.begun(G, C);
  socket.say({ ...READY, running: [{ g: ID(5), c: ID(8), m: ID(9), s: 2 }] });
  assert.deepEqual(socket.said("sub"), [{ t: "sub", c: C }]);
  assert.deepEqual(socket.said("resume").map(({ g }) => g), [G, ID(5)]);
});

test("ui-76: what was deleted and taken back while there was no connection is there again", async () => {
  const here = page({ facts: boot({ ...list(card(C)), open: { conversation: card(C), ...OVER } }) });
  const first = await here.ready();
  first.say({ t: "conv.deleted", c: C });
  first.shut();
  here.world.reply("GET /api/conversations", { conversations: [card(C)], next: null });
  here.world.reply(HISTORY, OVER);
  await here.clock.pass(1_000);
  await here.ready();
  assert.deepEqual([here.store.missing, here.store.branch().length], [false, 2]);
});

test("ui-65: a removal whose answer was lost and that was carried out all the same leaves nothing behind", async () => {
  const here = page({ facts: boot(list(card(C, { running: G }))) });
  await here.ready();
  here.world.reply(`DELETE /api/conversations/${C}`, () => {
    here.world.reply(CARD, { error: { code: "not_found" } }, 404);
    throw new TypeError("the network is gone");
  });
  await assert.rejects(new Acts(here.store, here.live, here.api, here.outbox).remove(C));
  await settled();
  assert.deepEqual([here.store.order, here.store.generations.size], [[], 0]);
});

test("ui-76: what another tab renamed stays so, where the answer to one's own change comes later", async () => {
  const here = page({ facts: boot(list(card(C))) });
  const socket = await here.ready();
  const asked = byHand(here.world, `POST /api/conversations/${C}/undo`);
  const undone = new Acts(here.store, here.live, here.api, here.outbox).undoRemove(C);
  await settled();
  here.world.reply(CARD, card(C, { title: "New" }));
  socket.say({ t: "conv.updated", c: C, title: "New" });
  asked[0](card(C, { title: "Old" }));
  await undone;
  await settled();
  assert.equal(here.store.cards.get(C).title, "New");
});

test("ui-84: messages that could not be had are asked for again, also when others' came meanwhile", async () => {
  const here = page({ facts: boot(list(card(C))) });
  await here.ready();
  here.store.show(C);
  here.world.reply(HISTORY, { error: { code: "internal_error" } }, 500);
  here.world.reply(`GET /api/conversations/${ID(8)}/messages`, OVER);
  await here.live.history(C);
  await here.live.history(ID(8));
  here.world.reply(HISTORY, OVER);
  await here.clock.pass(5_000);
  assert.equal(here.store.branch().length, 2);
});

test("ui-73: a page of the list that was overtaken by a removal brings nothing back", async () => {
  const here = page({ facts: boot({ list: { conversations: [card(C)], next: "more" } }) });
  const socket = await here.ready();
  here.store.listNext = "more";
  const asked = byHand(here.world, "GET /api/conversations?cursor=more");
  const more = here.live.fetched.more();
  await settled();
  socket.say({ t: "conv.deleted", c: ID(8) });
  here.world.reply(`GET /api/conversations/${ID(8)}`, { error: { code: "not_found" } }, 404);
  asked[0]({ conversations: [card(ID(8), { updated: "2026-11-01T00:00:00.000Z" })], next: null });
  await more;
  await settled();
  assert.deepEqual(here.store.order, [C]);
});
