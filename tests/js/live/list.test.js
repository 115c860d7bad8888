// The list after a gap: short, between the page and its socket, or long.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Acts } from "../../../static/src/chat/acts.js";
import { boot, card, ID, page, settled } from "./stand.js";

const LIST = "GET /api/conversations";
const day = (number) => `2026-11-${String(number).padStart(2, "0")}T00:00:00.000Z`;
const row = (number, more = {}) => card(ID(number), { updated: day(number), ...more });
const said = (id, more = {}) => ({
  id, parent: null, role: "user", asker: "Alice", asker_id: "u1", text: "Hi", thinking: "", images: [], model: "", state: "complete",
  reason: null, error: null, usage: null, generation: null, created: day(1), ...more,
});

/** The list of a server, two on a page. */
function pages(world, rows, pinned = []) {
  const two = (at) => ({ conversations: rows.slice(at, at + 2), next: at + 2 < rows.length ? String(at + 2) : null });
  world.reply(LIST, { ...two(0), pinned });
  for (let at = 2; at < rows.length; at += 2) world.reply(`${LIST}?cursor=${at}`, two(at));
  return { ...two(0), pinned };
}

const asked = (here) => here.world.asked.map(({ what }) => what).filter((what) => what.startsWith(LIST));

test("ui-69: a title that was found between the page and its socket is shown", async () => {
  const here = page({ facts: boot({ list: { conversations: [row(1, { title: "Hi there" })], next: null } }) });
  here.world.reply(LIST, { conversations: [row(1, { title: "Greeting" })], next: null });
  await here.ready();
  assert.equal(here.store.cards.get(ID(1)).title, "Greeting");
});

for (const [what, changed, times] of [["nothing new", {}, 0], ["an answer", { updated: day(2) }, 1], ["another branch", { leaf: ID(8) }, 1]]) {
  test(`ui-35: ${what} in the open conversation between the page and its socket: its messages are read ${times} times`, async () => {
    const open = { conversation: row(1), messages: [said(ID(7))], before: null, leaf: ID(7) };
    const here = page({ facts: boot({ list: { conversations: [row(1)], next: null }, open }) });
    here.world.reply(LIST, { conversations: [row(1, changed)], next: null });
    here.world.reply(`${LIST}/${ID(1)}/messages`, { messages: [said(ID(7)), said(ID(8), { parent: ID(7), role: "assistant", text: "Hello" })], before: null, leaf: ID(8) });
    await here.ready();
    assert.equal(here.world.asked.filter((one) => one.what.endsWith("/messages")).length, times);
    assert.equal(here.store.branch().length, 1 + times);
  });
}

/** A page that has read four of five rows, lost its connection, and got it again. */
async function afterGap(rows, pinned) {
  const old = [5, 4, 3, 2, 1].map((number) => row(number));
  const here = page({ facts: boot({ list: { conversations: old.slice(0, 4), next: "4" } }) });
  pages(here.world, old);
  (await here.ready()).shut();
  here.world.asked.length = 0;
  pages(here.world, rows, pinned);
  await here.clock.pass(1_000);
  await here.ready();
  return here;
}

test("ui-76: after a gap each page that was read is read again: what is renamed, gone or new below the first is seen", async () => {
  const here = await afterGap([row(5), row(4), row(3, { title: "renamed" }), row(1)]);
  assert.deepEqual([here.store.order, here.store.cards.get(ID(3)).title], [[ID(5), ID(4), ID(3), ID(1)], "renamed"]);
  assert.deepEqual([here.store.listNext, asked(here)], [null, [LIST, `${LIST}?cursor=2`]]);
});

test("ui-76: what nobody has scrolled to is not read after a gap", async () => {
  const here = await afterGap([row(9), row(5), row(4), row(3), row(2), row(1)]);
  assert.deepEqual([here.store.order, here.store.listNext], [[ID(9), ID(5), ID(4), ID(3), ID(2), ID(1)], null]);
  const short = page({ facts: boot({ list: { conversations: [row(5), row(4)], next: "2" } }) });
  pages(short.world, [5, 4, 3, 2, 1].map((number) => row(number)));
  await short.ready();
  assert.deepEqual([asked(short), short.store.listNext], [[LIST], "2"]);
});

test("ui-71: what was pinned, is old and was deleted during a gap leaves the list", async () => {
  const here = page({ facts: boot({ list: { conversations: [row(9), row(8)], next: "2", pinned: [row(1, { pinned: true })] } }) });
  pages(here.world, [row(9), row(8), row(7), row(1)]);
  here.world.reply(`${LIST}/${ID(1)}`, { error: { code: "not_found" } }, 404);
  await here.ready();
  assert.deepEqual(here.store.order, [ID(9), ID(8)]);
});

test("ui-72: who has read hundreds of pages reads ten of them again, and the rest when it is looked for", async () => {
  const old = Array.from({ length: 60 }, (_, at) => card(ID(at + 1), { updated: new Date(2e12 - at * 1e6).toISOString() }));
  const here = page({ facts: boot({ list: { conversations: old, next: null } }) });
  pages(here.world, old);
  await here.ready();
  await settled();
  assert.deepEqual([asked(here).length, here.store.order.length, here.store.listNext], [10, 20, "20"]);
});

for (const who of ["elsewhere", "here"]) {
  test(`ui-76: what is deleted ${who} while the list is on its way does not come back, and is not asked for`, async () => {
    const here = page({ facts: boot({ list: { conversations: [row(2), row(1)], next: null } }) });
    let answered = () => {};
    here.world.reply(LIST, () => new Promise((resolve) => {
      answered = () => resolve(new Response(JSON.stringify({ conversations: [row(2), row(1)], next: null })));
    }));
    here.world.reply(`DELETE /api/conversations/${ID(2)}`, null, 204);
    const socket = await here.ready();
    if (who === "here") await new Acts(here.store, here.live, here.api, here.outbox).remove(ID(2));
    else socket.say({ t: "conv.deleted", c: ID(2) });
    answered();
    await settled();
    assert.deepEqual([here.store.order, asked(here)], [[ID(1)], [LIST]]);
  });
}
