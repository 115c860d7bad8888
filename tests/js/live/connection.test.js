import assert from "node:assert/strict";
import { test } from "node:test";

import { after, backoff } from "../../../static/src/chat/live/closes.js";
import { reloadOnce } from "../../../static/src/chat/live/reload.js";
import { boot, card, FakeStorage, ID, page, recording, settled, World } from "./stand.js";

/** @returns where a page stands whose connection was lost `times` times in a row */
async function lost(times, code = 1006) {
  const here = page();
  here.live.socket.connect();
  for (let time = 0; time < times; time += 1) {
    here.world.last.shut(code);
    const { retryAt } = here.store.connection;
    if (time < times - 1) await here.clock.pass(retryAt - here.clock.at);
  }
  return here;
}

test("ui-79: from half a second to thirty, all of it chance", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7, 40].map((tries) => backoff(tries, 1)), [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.equal(backoff(5, 0), 0);
  assert.equal(backoff(3, 0.25), 1000);
});

test("ui-79: each loss in a row doubles the wait; a good connection begins anew", async () => {
  const here = await lost(4);
  assert.equal(here.store.connection.retryAt - here.clock.at, 2000);
  await here.clock.pass(2000);
  await here.ready();
  await here.clock.pass(15_000);
  here.world.last.say({ t: "pong", n: 1 });
  here.world.last.shut();
  assert.equal(here.store.connection.retryAt - here.clock.at, 4000, "15 s are no good connection yet");
  await here.clock.pass(4000);
  const socket = await here.ready();
  for (let time = 0; time < 4; time += 1) {
    await here.clock.pass(10_000);
    socket.say({ t: "pong", n: 1 });
  }
  socket.shut();
  assert.equal(here.store.connection.retryAt - here.clock.at, 250);
});

test("ui-91: what the server says about coming back wins", async () => {
  const here = page();
  const socket = await here.ready();
  socket.say({ t: "bye", code: 1012, reconnect_after_ms: 1000 });
  socket.shut(1012);
  assert.deepEqual([here.store.connection.phase, here.store.connection.retryAt - here.clock.at], ["waiting", 1000]);
  await here.clock.pass(999);
  assert.equal(here.world.sockets.length, 1);
  await here.clock.pass(1);
  assert.equal(here.world.sockets.length, 2);
});

test("ui-79: somebody who comes back, or asks, does not wait", async () => {
  const here = await lost(6);
  here.live.retry();
  assert.equal(here.world.sockets.length, 7);
  assert.equal(here.store.connection.phase, "connecting");
  here.live.retry();
  assert.equal(here.world.sockets.length, 7, "one at a time");
});

test("ui-80: a connection that says nothing for ten seconds after a ping is none", async () => {
  const here = page();
  const socket = await here.ready();
  await here.clock.pass(20_000);
  assert.deepEqual(socket.said("ping"), [{ t: "ping", n: 1 }]);
  socket.say({ t: "pong", n: 1 });
  await here.clock.pass(20_000);
  assert.equal(socket.said("ping").length, 2);
  await here.clock.pass(9_999);
  assert.equal(here.store.connection.phase, "ready");
  await here.clock.pass(1);
  assert.equal(here.store.connection.phase, "waiting");
  assert.equal(socket.readyState, 3);
  socket.say({ t: "pong", n: 2 }); // of the old one: nobody listens
});

test("ui-80: any frame is a sign of life", async () => {
  const here = page();
  const socket = await here.ready();
  for (let time = 0; time < 10; time += 1) {
    await here.clock.pass(15_000);
    socket.say({ t: "limit", kind: "requests", remaining: 1, reset_ms: 1 });
  }
  assert.deepEqual(socket.said("ping"), []);
});

test("an attempt that never says ready is given up", async () => {
  const here = page();
  here.live.socket.connect();
  here.world.last.open();
  await here.clock.pass(15_000);
  assert.equal(here.store.connection.phase, "waiting");
});

test("what each close means", () => {
  const table = { 1000: "again", 1006: "again", 1011: "again", 1012: "again", 1013: "again", 4429: "again", 1009: "once", 4400: "once", 4408: "once", 4401: "sign-in", 4403: "denied", 4409: "look", 4426: "old" };
  for (const [code, what] of Object.entries(table)) assert.equal(after(Number(code)), what, code);
});

test("ui-88: whoever is switched off is told so, and nothing is tried any more", async () => {
  const here = page();
  const socket = await here.ready();
  socket.say({ t: "error", code: "forbidden", key: "error.forbidden", args: {}, retry: false, ref: "ws_1" }, { t: "bye", code: 4403 });
  socket.shut(4403);
  assert.deepEqual([here.store.connection.phase, here.store.connection.ref], ["denied", "ws_1"]);
  here.live.retry();
  await here.clock.pass(600_000);
  assert.equal(here.world.sockets.length, 1);
});

test("ui-88: fewer scopes are there from the next ready on", async () => {
  const here = page();
  await here.ready({ scopes: ["chat:read"] });
  assert.equal(here.store.can("chat:write"), false);
});

test("a tab too many waits until somebody looks at it", async () => {
  const here = page();
  (await here.ready()).shut(4409);
  assert.deepEqual([here.store.connection.phase, here.store.connection.reason, here.store.connection.retryAt], ["waiting", "too_many", null]);
  await here.clock.pass(600_000);
  assert.equal(here.world.sockets.length, 1);
  here.live.retry();
  assert.equal(here.world.sockets.length, 2);
});

for (const code of [4400, 4408, 1009]) {
  test(`${code}: one try again, then what was said is given up`, async () => {
    const here = page();
    here.outbox.add({ c: null, text: "x", images: [] });
    for (let time = 0; time < 2; time += 1) {
      const socket = await here.ready();
      socket.shut(code);
      await settled();
      assert.equal(here.store.outbox[0].state, time ? "failed" : "waiting");
      if (!time) await here.clock.pass(1_000);
    }
    assert.equal(here.store.outbox[0].text, "x");
    await here.clock.pass(10_000);
    const socket = await here.ready();
    assert.deepEqual(socket.said("chat.send"), [], "and the connection is good for the next one");
  });
}

test("ui-90: a page of an older protocol is loaded again, once", async () => {
  const here = page();
  globalThis.sessionStorage = new FakeStorage();
  here.drafts.set(null, { text: "halb", images: [] });
  (await here.ready()).shut(4426);
  await here.clock.pass(1_000);
  assert.equal(here.world.reloads, 1);
  assert.equal(here.store.connection.phase, "old");
  assert.match(here.local.getItem("clawdbot:u1:draft:new"), /halb/);
  assert.equal(reloadOnce(here.world, globalThis.sessionStorage), false);
  delete globalThis.sessionStorage;
});

test("ui-90: never in a circle where the browser remembers nothing", () => {
  const world = new World();
  assert.equal(reloadOnce(world, null), false);
  assert.equal(reloadOnce(world, new FakeStorage(0)), false);
  assert.equal(world.reloads, 0);
});

test("ui-90: a newer server is noticed", async () => {
  const here = page();
  await here.ready({ app: "1.1" });
  assert.equal(here.store.connection.newer, true);
});

test("ui-81: hello names what is open and what was seen of what is being written", async () => {
  const found = recording("joined_late");
  const open = { conversation: found.conversation, ...found.before };
  const here = page({ facts: boot({ person: found.me, open }) });
  const socket = await here.ready();
  const [hello] = socket.sent;
  const g = found.before.messages[1].generation;
  assert.deepEqual([hello.t, hello.v, hello.focus], ["hello", 1, found.conversation.id]);
  assert.deepEqual(hello.have, [{ g, s: 0 }]);
  const deltas = found.frames.filter((frame) => frame.t === "snapshot" || frame.t === "delta").slice(0, 3);
  socket.say(...deltas);
  socket.shut();
  here.world.reply(`GET /api/conversations/${found.conversation.id}/messages`, found.before);
  await here.clock.pass(1_000);
  assert.deepEqual((await here.ready()).sent[0].have, [{ g, s: deltas.at(-1).s }]);
});

test("ui-81: a gap is asked for once, and nothing wrong is shown meanwhile", async () => {
  const found = recording("plain");
  const c = found.conversation.id;
  const here = page({ facts: boot({ person: found.me, open: { conversation: found.conversation, messages: found.history.messages.slice(0, 1), before: null, leaf: found.history.messages[0].id } }) });
  const socket = await here.ready();
  const deltas = found.frames.filter((frame) => frame.t === "delta");
  socket.say(found.frames.find((frame) => frame.t === "gen.start"), deltas[0], ...deltas.slice(2, 5));
  assert.deepEqual(socket.said("resume"), [{ t: "resume", g: deltas[0].g, s: 1 }]);
  assert.equal(here.store.running(c).s, 1);
  socket.say(...deltas.slice(1, 5), deltas[6]);
  assert.deepEqual(socket.said("resume").at(-1), { t: "resume", g: deltas[0].g, s: 5 });
});

test("ui-76: after a reconnect the list is as it is now", async () => {
  const one = card(ID(1));
  const two = card(ID(2), { updated: "2026-11-24T00:00:00.000Z" });
  const old = card(ID(9), { updated: "2026-01-01T00:00:00.000Z" });
  const here = page({ facts: boot({ list: { conversations: [one, two, old], next: "later" } }) });
  (await here.ready()).shut();
  here.world.reply("GET /api/conversations", { conversations: [{ ...two, title: "renamed" }, card(ID(3), { updated: "2026-11-20T00:00:00.000Z" })], next: "later" });
  here.world.reply("GET /api/conversations?cursor=later", { conversations: [old], next: "older" });
  await here.clock.pass(1_000);
  await here.ready();
  assert.deepEqual(here.store.order, [ID(2), ID(3), ID(9)]);
  assert.equal(here.store.cards.get(ID(2)).title, "renamed");
});

test("ui-76: another tab's new conversation, rename and removal show at once", async () => {
  const here = page({ facts: boot({ list: { conversations: [card(ID(1), { updated: "2026-11-25T10:00:00.000Z" })], next: null } }) });
  const socket = await here.ready();
  here.world.reply(`GET /api/conversations/${ID(2)}`, card(ID(2), { title: "fresh", updated: "2026-11-25T11:00:00.000Z" }));
  socket.say({ t: "conv.updated", c: ID(2), title: "fresh", team: null, updated: "2026-11-25T11:00:00.000Z" });
  await settled();
  assert.deepEqual(here.store.order, [ID(2), ID(1)]);
  socket.say({ t: "conv.updated", c: ID(1), title: "a new name" }, { t: "conv.updated", c: ID(1), updated: "2026-11-25T12:00:00.000Z" });
  assert.equal(here.store.cards.get(ID(1)).title, "a new name");
  assert.deepEqual(here.store.order, [ID(1), ID(2)]);
  socket.say({ t: "conv.updated", c: ID(1), archived: true }, { t: "conv.deleted", c: ID(2) });
  assert.deepEqual(here.store.order, []);
});

test("ui-69: a title that is found while its card is on the way is not lost", async () => {
  const here = page();
  const socket = await here.ready();
  let title = "first words";
  here.world.reply(`GET /api/conversations/${ID(2)}`, async () => {
    const answer = new Response(JSON.stringify(card(ID(2), { title })));
    await here.world.slow;
    return answer;
  });
  let arrives = () => {};
  here.world.slow = new Promise((resolve) => (arrives = resolve));
  socket.say({ t: "conv.updated", c: ID(2), title, team: null, updated: "2026-11-25T11:00:00.000Z" });
  title = "found title";
  socket.say({ t: "title", c: ID(2), title });
  arrives();
  await settled();
  await settled();
  assert.equal(here.store.cards.get(ID(2)).title, "found title");
});

test("ui-76: the open conversation is gone", async () => {
  const found = recording("plain");
  const here = page({ facts: boot({ person: found.me, open: { conversation: found.conversation, ...found.history } }) });
  const notices = [];
  here.store.on("notice", (notice) => notices.push(notice.key));
  (await here.ready()).say({ t: "conv.deleted", c: found.conversation.id });
  await settled();
  assert.equal(here.store.missing, true);
  assert.deepEqual(here.store.branch(), []);
  assert.deepEqual(notices, ["notice.gone"]);
});

test("websockets that never work are given up for plain HTTP, and still tried", async () => {
  const here = await lost(3);
  assert.equal(here.store.connection.plain, true);
  await here.clock.pass(here.store.connection.retryAt - here.clock.at);
  await here.ready();
  assert.equal(here.store.connection.plain, false);
});
