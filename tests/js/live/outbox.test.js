import assert from "node:assert/strict";
import { test } from "node:test";

import { question } from "../../../static/src/chat/store/tree.js";
import { boot, card, FakeStorage, ID, page, recording, settled } from "./stand.js";

const ACK = (socket, more = {}) => ({ t: "ack", id: socket.said("chat.send").at(-1).id, c: ID(1), mu: ID(2), ma: ID(3), g: ID(4), ...more });
const send = (here, text = "Hallo", more = {}) => {
  here.drafts.set(here.store.open, { text, images: [] });
  here.drafts.flush();
  here.outbox.add({ c: here.store.open, text, images: [], ...more });
};
const refuse = (socket, code, more = {}) => socket.say({ t: "error", id: socket.said("chat.send").at(-1).id, code, key: `error.${code}`, args: {}, retry: true, ref: "ws_7", ...more });

test("ui-25: a question is shown before the server has answered", async () => {
  const here = page();
  const socket = await here.ready();
  send(here);
  const [shown] = here.store.branch();
  assert.deepEqual([shown.role, shown.text, shown.pending.state], ["user", "Hallo", "sending"]);
  socket.say(ACK(socket));
  await settled();
  assert.deepEqual(here.store.branch().map(({ id, role, sent }) => [id, role, sent]), [[ID(2), "user", shown.id], [ID(3), "assistant", undefined]]);
  assert.equal(here.store.branch()[1].live.g, ID(4));
});

test("ui-10: the draft goes with the ack and not before", async () => {
  const here = page();
  const socket = await here.ready();
  send(here);
  await here.clock.pass(5_000);
  assert.equal(here.drafts.get(null).text, "Hallo");
  assert.match(here.local.getItem("clawdbot:u1:draft:new"), /Hallo/);
  socket.say(ACK(socket));
  await settled();
  assert.equal(here.drafts.get(null).text, "");
  assert.equal(here.local.getItem("clawdbot:u1:draft:new"), null);
});

test("ui-10: an edit leaves the box's draft alone", async () => {
  const found = recording("plain");
  const here = page({ facts: boot({ person: found.me, open: { conversation: found.conversation, ...found.history } }) });
  const socket = await here.ready();
  here.drafts.set(found.conversation.id, { text: "in the box", images: [] });
  here.outbox.add({ c: found.conversation.id, parent: null, text: "other", images: [] });
  assert.deepEqual(here.store.branch().map((message) => message.text), ["other"], "in the place of what it edits");
  assert.equal(socket.said("chat.send")[0].parent, null);
  socket.say(ACK(socket, { c: found.conversation.id }));
  await settled();
  assert.equal(here.drafts.get(found.conversation.id).text, "in the box");
  assert.deepEqual(here.store.siblings(ID(2)).length, 2);
});

test("ui-68: a new conversation has its address from the ack on", async () => {
  const here = page();
  const socket = await here.ready();
  send(here);
  assert.deepEqual(here.born, []);
  socket.say(ACK(socket));
  await settled();
  assert.deepEqual([here.born, here.store.open, here.store.born, here.store.order], [[ID(1)], ID(1), ID(1), [ID(1)]]);
});

test("ui-68: whoever went elsewhere meanwhile stays there", async () => {
  const here = page({ facts: boot({ list: { conversations: [card(ID(8))], next: null } }) });
  const socket = await here.ready();
  send(here);
  here.store.show(ID(8));
  socket.say(ACK(socket));
  await settled();
  assert.deepEqual([here.born, here.store.open], [[], ID(8)]);
  assert.equal(here.store.cards.get(ID(1)).running, ID(4));
});

test("ui-82: without a connection it waits, and goes out once", async () => {
  const here = page();
  send(here);
  assert.equal(here.store.outbox[0].state, "waiting");
  const socket = await here.ready();
  assert.equal(here.store.outbox[0].state, "sending");
  assert.equal(socket.said("chat.send").length, 1);
  socket.say(ACK(socket));
  await settled();
  assert.deepEqual(here.store.outbox, []);
});

test("ui-82: what waits can be taken back", async () => {
  const here = page();
  send(here);
  here.outbox.cancel(here.store.outbox[0].id);
  const socket = await here.ready();
  assert.deepEqual(socket.said("chat.send"), []);
  assert.deepEqual(here.store.branch(), []);
});

test("ui-82: while the browser is offline nothing is written into a dead connection", async () => {
  const here = page();
  const socket = await here.ready();
  here.store.setConnection({ online: false });
  send(here);
  assert.deepEqual([socket.said("chat.send").length, here.store.outbox[0].state], [0, "waiting"]);
});

test("ui-81: lost before its ack, it is sent again with the same id and body", async () => {
  const here = page();
  const first = await here.ready();
  send(here);
  first.shut();
  await settled();
  assert.equal(here.store.outbox[0].state, "waiting");
  await here.clock.pass(1_000);
  const second = await here.ready();
  assert.deepEqual(second.said("chat.send"), first.said("chat.send"));
  second.say(ACK(second), ACK(second));
  await settled();
  assert.equal(here.store.branch().length, 2);
});

test("ui-81: also after a reload of the page in between", async () => {
  const local = new FakeStorage();
  const tab = new FakeStorage();
  const before = page({ local, tab });
  const first = await before.ready();
  send(before);
  const after = page({ local, tab, clock: before.clock });
  assert.equal(after.store.branch()[0].text, "Hallo");
  const second = await after.ready();
  assert.deepEqual(second.said("chat.send"), first.said("chat.send"));
  second.say(ACK(second));
  await settled();
  assert.equal(tab.length, 0);
});

test("ui-86: what comes back long afterwards is not sent by itself", async () => {
  const tab = new FakeStorage();
  const before = page({ tab });
  send(before);
  before.clock.at += 3_600_000;
  const after = page({ tab, clock: before.clock });
  const socket = await after.ready();
  assert.deepEqual([socket.said("chat.send").length, after.store.outbox[0].state, after.store.outbox[0].error.code], [0, "failed", "not_sent"]);
  after.outbox.retry(after.store.outbox[0].id);
  assert.equal(socket.said("chat.send").length, 1);
});

test("ui-83: a refusal keeps the text, and another try is the same question", async () => {
  const here = page();
  const socket = await here.ready();
  send(here);
  refuse(socket, "model_not_found");
  await settled();
  const [pending] = here.store.outbox;
  assert.deepEqual([pending.state, pending.error.code, pending.error.ref, pending.text], ["failed", "model_not_found", "ws_7", "Hallo"]);
  assert.equal(here.drafts.get(null).text, "Hallo");
  here.outbox.retry(pending.id);
  assert.deepEqual(socket.said("chat.send")[1], socket.said("chat.send")[0]);
  socket.say(ACK(socket));
  await settled();
  assert.deepEqual(here.store.outbox, []);
});

test("ui-83: no answer for twenty seconds is a failure, and an answer after that counts", async () => {
  const here = page();
  const socket = await here.ready();
  send(here);
  for (let time = 0; time < 4; time += 1) {
    await here.clock.pass(5_000);
    socket.say({ t: "pong", n: 1 });
  }
  assert.equal(here.store.outbox[0].error.code, "no_answer");
  here.outbox.retry(here.store.outbox[0].id);
  assert.equal(socket.said("chat.send").length, 2);
  socket.say(ACK(socket), ACK(socket));
  await settled();
  assert.deepEqual([here.store.outbox.length, here.store.branch().length], [0, 2]);
});

test("ui-85: a rate limit counts down by the server's word, and ends", async () => {
  const here = page();
  const socket = await here.ready();
  send(here);
  refuse(socket, "rate_limit_exceeded", { retry_after_ms: 32_000 });
  await settled();
  assert.deepEqual(here.store.limited, { until: here.clock.at + 32_000 });
  await here.clock.pass(31_999);
  assert.ok(here.store.limited);
  await here.clock.pass(1);
  assert.equal(here.store.limited, null);
});

test("ui-91: a server that goes takes it later, without anybody doing anything", async () => {
  const here = page();
  const socket = await here.ready();
  send(here);
  refuse(socket, "shutting_down", { retry_after_ms: 5_000 });
  await settled();
  assert.equal(here.store.outbox[0].state, "waiting");
  socket.say({ t: "bye", code: 1012, reconnect_after_ms: 1000 });
  socket.shut(1012);
  await here.clock.pass(1_000);
  const next = await here.ready();
  assert.deepEqual(next.said("chat.send"), socket.said("chat.send"));
});

test("a second question of a conversation waits until the first is answered", async () => {
  const here = page();
  const socket = await here.ready();
  send(here, "one");
  send(here, "two");
  assert.equal(socket.said("chat.send").length, 1);
  socket.say(ACK(socket));
  await settled();
  assert.equal(socket.said("chat.send").length, 1);
  socket.say({ t: "gen.start", g: ID(4), c: ID(1), m: ID(3), parent: ID(2), model: "m", s: 0 }, { t: "gen.end", g: ID(4), s: 0, m: ID(3), reason: "stop" });
  await settled();
  const [, second] = socket.said("chat.send");
  assert.deepEqual([second.text, second.c, second.parent], ["two", ID(1), ID(3)]);
});

test("an ack whose answer is over already does not undo it", async () => {
  const found = recording("plain");
  const open = { conversation: found.conversation, messages: [], before: null, leaf: null };
  const here = page({ facts: boot({ person: found.me, open }) });
  const first = await here.ready();
  send(here, found.history.messages[0].text);
  first.shut();
  here.world.reply(`GET /api/conversations/${found.conversation.id}/messages`, found.history);
  await here.clock.pass(1_000);
  const second = await here.ready();
  const answer = found.history.messages[1];
  second.say(ACK(second, { c: found.conversation.id, mu: found.history.messages[0].id, ma: answer.id, g: answer.generation }));
  await settled();
  assert.deepEqual(here.store.branch().map((message) => message.text), found.history.messages.map((message) => message.text));
  second.say(...found.frames.filter((frame) => frame.g === answer.generation && frame.t !== "gen.start"));
  assert.equal(here.store.branch().at(-1).text, answer.text);
  assert.equal(here.store.running(found.conversation.id), undefined);
});

test("ui-10: what was typed behind a question stays when that is stored, also where nobody looks", async () => {
  const here = page({ facts: boot({ list: { conversations: [card(ID(1)), card(ID(8))], next: null } }) });
  here.store.show(ID(1));
  send(here, "one");
  here.drafts.set(ID(1), { text: "one\n\ntwo", images: [] });
  here.store.show(ID(8));
  const socket = await here.ready();
  socket.say(ACK(socket));
  await settled();
  here.drafts.flush();
  assert.equal(here.drafts.get(ID(1)).text, "two");
  assert.match(here.local.getItem(`clawdbot:u1:draft:${ID(1)}`), /"two"/);
});

test("ui-10: the draft of another tab stays", async () => {
  const here = page();
  const socket = await here.ready();
  send(here, "mine");
  here.local.setItem("clawdbot:u1:draft:new", JSON.stringify({ text: "of the other tab, mine it is not", images: [] }));
  socket.say(ACK(socket));
  await settled();
  assert.equal(here.drafts.get(null).text, "of the other tab, mine it is not");
});

test("ui-82: what was taken back does not come back as a draft", () => {
  const here = page();
  send(here, "one");
  here.drafts.set(null, { text: "one\n\ntwo", images: [] });
  here.outbox.cancel(here.store.outbox[0].id);
  assert.equal(here.drafts.get(null).text, "two");
});

test("ui-82: questions that waited below each other stay together, also for one who went elsewhere", async () => {
  const here = page({ facts: boot({ list: { conversations: [card(ID(8))], next: null } }) });
  send(here, "one");
  here.outbox.add({ c: null, text: "two", images: [] });
  here.drafts.set(null, { text: "one\n\ntwo", images: [] });
  here.store.show(ID(8));
  const socket = await here.ready();
  socket.say(ACK(socket));
  await settled();
  assert.deepEqual(here.store.outbox.map(({ text, c }) => [text, c]), [["two", ID(1)]]);
  assert.equal(here.drafts.get(null).text, "");
});

test("a picture that the server has is let go of by the page", async () => {
  const here = page();
  const socket = await here.ready();
  const url = URL.createObjectURL(new Blob(["picture"]));
  send(here, "What is it?", { images: [{ id: ID(7), name: "a.png", url }] });
  socket.say(ACK(socket));
  await settled();
  await assert.rejects(fetch(url));
});

test("ui-82: what waited behind a refused question is sent", async () => {
  const here = page({ facts: boot({ list: { conversations: [card(ID(8))], next: null } }) });
  here.store.show(ID(8));
  send(here, "one");
  send(here, "two");
  const socket = await here.ready();
  refuse(socket, "model_not_found");
  await settled();
  assert.deepEqual(socket.said("chat.send").map(({ text }) => text), ["one", "two"]);
});

test("ui-81: a question that was stored before a reload is not shown twice for as long as it is answered", async () => {
  const tab = new FakeStorage();
  const before = page({ tab, facts: boot({ list: { conversations: [card(ID(1))], next: null } }) });
  before.store.show(ID(1));
  await before.ready();
  send(before);
  const messages = [
    { ...question(ID(2), null, "Hallo", [], "Alice", 0), asker_id: "u1" },
    { ...question(ID(3), ID(2), "", [], "Alice", 0), role: "assistant", state: "generating", generation: ID(4) },
  ];
  const open = { conversation: card(ID(1), { running: ID(4) }), messages, before: null, leaf: ID(3) };
  const after = page({ tab, clock: before.clock, facts: boot({ open }) });
  const socket = await after.ready();
  socket.say(ACK(socket));
  await settled();
  assert.deepEqual(after.store.branch().map(({ id }) => id), [ID(2), ID(3)]);
});

test("ui-67: what was asked just now stands first, also where the clock here is slow", async () => {
  const here = page({ facts: boot({ list: { conversations: [card(ID(8), { updated: "2099-01-01T00:00:00.000Z" })], next: null } }) });
  const socket = await here.ready();
  send(here);
  socket.say(ACK(socket));
  await settled();
  assert.deepEqual(here.store.order, [ID(1), ID(8)]);
});

test("ui-81: an answer that is over before its ack comes, after a reload, is shown whole", async () => {
  const here = page();
  const socket = await here.ready();
  send(here);
  socket.say(
    { t: "delta", g: ID(4), s: 1, k: "text", d: "All of it" },
    { t: "gen.end", g: ID(4), s: 1, m: ID(3), reason: "stop" },
  );
  const row = (id, parent, more) => ({ ...question(id, parent, "Hallo", [], "Alice", 0), asker_id: "u1", ...more });
  const messages = [row(ID(2), null, {}), row(ID(3), ID(2), { role: "assistant", text: "All of it", state: "complete", generation: ID(4) })];
  here.world.reply(`GET /api/conversations/${ID(1)}/messages`, { messages, before: null, leaf: ID(3) });
  socket.say(ACK(socket));
  await settled();
  const last = here.store.branch().at(-1);
  assert.deepEqual([last.text, last.state, last.live], ["All of it", "complete", undefined]);
});
