// Networks without websockets: the same frames by HTTP.

import assert from "node:assert/strict";
import { test } from "node:test";

import { page, recording, settled } from "./stand.js";

const found = recording("plain");
const [ack] = found.frames.filter((frame) => frame.t === "ack");
const answer = found.frames.filter((frame) => frame.g === ack.g && ["delta", "gen.end"].includes(frame.t));

/** The server's events of these frames, in pieces that respect nothing. */
function events(frames, size = 37) {
  const text = frames.map((frame) => `${frame.t === "delta" ? `id: ${frame.g}:${frame.s}\n` : ""}data: ${JSON.stringify(frame)}\n\n`).join("");
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
}

/** A page on which three attempts have failed. */
async function blocked() {
  const here = page();
  here.live.socket.connect();
  for (let time = 0; time < 3; time += 1) {
    here.world.last.shut(1006);
    if (time < 2) await here.clock.pass(here.store.connection.retryAt - here.clock.at);
  }
  here.world.reply(`GET /api/conversations/${found.conversation.id}`, found.conversation);
  return here;
}

/** What was asked, as a post. */
const posts = (here) => here.world.asked.filter((one) => one.what.startsWith("POST /api/conversations")).map((one) => JSON.parse(one.body));

async function until(met) {
  for (let time = 0; time < 1000 && !met(); time += 1) await settled();
  assert.ok(met());
}

test("a question goes by HTTP, and its answer comes whole", async () => {
  const here = await blocked();
  here.world.reply("POST /api/conversations", () => events([{ ...ack, id: here.store.outbox[0].id }, ...answer]));
  here.outbox.add({ c: null, text: found.history.messages[0].text, images: [] });
  await until(() => here.store.branch().at(-1)?.state === "complete");
  assert.deepEqual(here.store.branch().map((message) => message.text), found.history.messages.map((message) => message.text));
  assert.equal(here.store.branch().at(-1).thinking, found.history.messages.at(-1).thinking);
  assert.equal("c" in posts(here)[0], false);
  assert.deepEqual(here.born, [ack.c]);
  await here.clock.pass(2_000);
  assert.equal(here.store.cards.get(ack.c).title, found.conversation.title);
});

test("ui-81: a stream that breaks is read on from where it broke", async () => {
  const here = await blocked();
  const path = `/api/conversations/${ack.c}/messages`;
  here.world.reply("POST /api/conversations", () => events([{ ...ack, id: here.store.outbox[0].id }, ...answer.slice(0, 4)]));
  here.world.reply(`GET ${path}`, () => {
    const at = here.world.asked.at(-1).headers["Last-Event-ID"];
    assert.equal(at, `${ack.g}:4`);
    return events(answer.slice(4));
  });
  here.outbox.add({ c: null, text: found.history.messages[0].text, images: [] });
  await until(() => here.store.branch().at(-1)?.state === "complete");
  assert.equal(here.store.branch().at(-1).text, found.history.messages.at(-1).text);
});

test("ui-81: a proxy that cuts a long answer again and again loses nothing of it", async () => {
  const here = await blocked();
  here.world.reply("POST /api/conversations", () => events([{ ...ack, id: here.store.outbox[0].id }]));
  let cuts = 0;
  here.world.reply(`GET /api/conversations/${ack.c}/messages`, () => {
    const s = Number(here.world.asked.at(-1).headers["Last-Event-ID"].split(":")[1]);
    cuts += 1;
    return events(answer.slice(s, s + 2));
  });
  here.outbox.add({ c: null, text: found.history.messages[0].text, images: [] });
  await until(() => here.store.branch().at(-1)?.state === "complete");
  assert.ok(cuts > 5, `${cuts} cuts`);
  assert.equal(here.store.branch().at(-1).text, found.history.messages.at(-1).text);
});

test("ui-83: a refusal there is the same refusal", async () => {
  const here = await blocked();
  here.world.reply("POST /api/conversations", { error: { code: "busy", message: "x", details: "Bob" } }, 409, { "x-request-id": "req_9" });
  here.outbox.add({ c: null, text: "x", images: [] });
  await until(() => here.store.outbox[0].state === "failed");
  assert.deepEqual([here.store.outbox[0].error.code, here.store.outbox[0].error.args.who, here.store.outbox[0].error.ref], ["busy", "Bob", "req_9"]);
});

test("what waited for a socket that never came goes by HTTP by itself", async () => {
  const here = page();
  here.outbox.add({ c: null, text: found.history.messages[0].text, images: [] });
  here.world.reply("POST /api/conversations", () => events([{ ...ack, id: here.store.outbox[0].id }, ...answer]));
  here.world.reply(`GET /api/conversations/${found.conversation.id}`, found.conversation);
  here.live.socket.connect();
  for (let time = 0; time < 3; time += 1) {
    here.world.last.shut(1006);
    if (time < 2) await here.clock.pass(here.store.connection.retryAt - here.clock.at);
  }
  await until(() => here.store.branch().at(-1)?.state === "complete");
  assert.equal(posts(here).length, 1);
});

test("stopping goes by HTTP too", async () => {
  const here = await blocked();
  here.world.reply(`POST /api/conversations/${ack.c}/messages`, { t: "ack", id: "00000000-0000-4000-8000-000000000001", g: ack.g });
  here.store.begun(ack.g, ack.c);
  const said = await here.live.askNow({ t: "chat.stop", id: "00000000-0000-4000-8000-000000000001", g: ack.g });
  assert.equal(said.g, ack.g);
});
