// Several people at one computer: what one of them wrote is never said by another.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ME, page, READY } from "./stand.js";

const BOB = { id: "u2", name: "Bob" };

/** A page of Alice's whose connection was away while Bob signed in in another tab. */
async function taken() {
  const here = page();
  (await here.ready()).shut(1006);
  here.outbox.add({ c: null, text: "Alice's own question", images: [], opts: undefined, team: null });
  here.world.reply("POST /api/session", { error: { code: "forbidden" } }, 403);
  here.world.reply("GET /api/session", { person: { ...BOB, staff: false }, csrf_token: "bob's", expires_in: 7200 });
  here.world.asked.length = 0;
  here.live.socket.connect();
  here.world.last.open();
  here.world.last.say({ ...READY, user: BOB });
  await here.clock.pass(5_000);
  return here;
}

test("ui-89: a connection that turns out to be somebody else's says nothing of what waits", async () => {
  const here = await taken();
  for (const socket of here.world.sockets) assert.deepEqual(socket.said("chat.send"), []);
});

test("ui-89: a connection that turns out to be somebody else's shows nothing of theirs, and the page is left", async () => {
  const here = await taken();
  assert.deepEqual(here.store.me, ME);
  assert.deepEqual(here.world.gone, ["/"]);
  assert.ok(here.world.asked.every((one) => one.what.endsWith("/api/session")));
});

test("ui-89: what was on its way is not said by somebody else either", async () => {
  const here = page();
  await here.ready();
  here.outbox.add({ c: null, text: "Alice's own question", images: [], opts: undefined, team: null });
  assert.equal(here.world.last.said("chat.send").length, 1);
  here.world.last.shut(1006);
  here.world.reply("POST /api/session", { error: { code: "forbidden" } }, 403);
  here.world.reply("GET /api/session", { person: { ...BOB, staff: false }, csrf_token: "bob's", expires_in: 7200 });
  here.live.socket.connect();
  here.world.last.open();
  here.world.last.say({ ...READY, user: BOB });
  await here.clock.pass(5_000);
  assert.equal(here.world.last.said("chat.send").length, 0);
});
