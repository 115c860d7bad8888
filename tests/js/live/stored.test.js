// A question that the server has, and has not said so yet: the messages tell it before the ack does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { boot, card, FakeStorage, ID, ME, page } from "./stand.js";

const C = ID(1);
const HISTORY = `GET /api/conversations/${C}/messages`;
const row = (id, parent, more = {}) => ({
  id, parent, role: "user", asker: "Alice", asker_id: ME.id, text: "Go on", thinking: "", images: [], model: "", state: "complete",
  reason: null, error: null, usage: null, generation: null, created: "2026-11-25T00:00:00.000Z", ...more,
});
const answer = (id, parent, more = {}) => row(id, parent, { role: "assistant", text: "Well.", model: "m", ...more });
const BEFORE = [row(ID(2), null), answer(ID(3), ID(2))];
const history = (...more) => ({ messages: [...BEFORE, ...more], before: null, leaf: (more.at(-1) ?? BEFORE.at(-1)).id });
const facts = (...more) => boot({ list: { conversations: [card(C)], next: null }, open: { conversation: card(C), ...history(...more) } });

/** A page that said "Go on" a second time, and lost its connection before it heard anything. */
async function cutOff() {
  const here = page({ facts: facts() });
  const socket = await here.ready();
  here.outbox.add({ c: C, text: "Go on", images: [] });
  socket.shut();
  return here;
}

/** It comes back, and the messages are there before the ack. */
async function back(here, ...more) {
  here.world.reply(HISTORY, history(...more));
  await here.clock.pass(1_000);
  return here.ready();
}

const shown = (here) => here.store.branch().map(({ id, text, pending }) => (pending ? "on its way" : `${text} ${Number(id.slice(-2))}`));

test("ui-81: after a reconnect a question that was stored stands there once", async () => {
  const here = await cutOff();
  assert.deepEqual(shown(here), ["Go on 2", "Well. 3", "on its way"], "the same words before are another question");
  const socket = await back(here, row(ID(4), ID(3)), answer(ID(5), ID(4)));
  assert.deepEqual(shown(here), ["Go on 2", "Well. 3", "Go on 4", "Well. 5"]);
  socket.say({ t: "ack", id: socket.said("chat.send")[0].id, c: C, mu: ID(4), ma: ID(5), g: ID(6) });
  await here.clock.pass(0);
  assert.deepEqual([shown(here).length, here.store.outbox], [4, []]);
});

for (const [what, id, parent, more] of [
  ["a teammate's same words", ID(4), ID(3), { asker_id: "u2" }],
  ["one's own other words", ID(4), ID(3), { text: "Stop" }],
  ["the same words elsewhere in the conversation", ID(4), ID(2), {}],
]) {
  test(`ui-81: ${what} do not stand for a question on its way`, async () => {
    const here = await cutOff();
    await back(here, row(id, parent, more));
    assert.equal(shown(here).at(-1), "on its way");
  });
}

test("ui-81: after a reload, too", async () => {
  const tab = new FakeStorage();
  const before = page({ tab, facts: facts() });
  await before.ready();
  before.outbox.add({ c: C, text: "Go on", images: [] });
  const here = page({ tab, clock: before.clock, facts: facts(row(ID(4), ID(3)), answer(ID(5), ID(4))) });
  assert.deepEqual(shown(here), ["Go on 2", "Well. 3", "Go on 4", "Well. 5"]);
});
