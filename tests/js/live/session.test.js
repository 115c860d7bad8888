import assert from "node:assert/strict";
import { test } from "node:test";

import { Session } from "../../../static/src/chat/session.js";
import { Api } from "../../../static/src/chat/live/api.js";
import { Kept } from "../../../static/src/chat/store/kept.js";
import { Drafts } from "../../../static/src/chat/drafts.js";
import { Clock, FakeStorage, ME, page, World } from "./stand.js";

const FACTS = { person: ME, csrf_token: "token-2", expires_in: 7200 };

function tabs(count) {
  const clock = new Clock();
  const local = new FakeStorage();
  return Array.from({ length: count }, (_, place) => {
    const world = new World(clock);
    world.chance = (place + 1) / (count + 1);
    world.reply("POST /api/session", FACTS);
    return { clock, world, session: new Session(ME.id, new Api("token-1", world), new Kept(ME.id, local), world, () => {}) };
  });
}

const asked = (tab) => tab.world.asked.filter((one) => one.what === "POST /api/session").length;

test("ui-86: one of twenty tabs extends the session for all", async () => {
  const all = tabs(20);
  for (const { session } of all) void session.expiring(false);
  await all[0].clock.pass(20_000);
  assert.equal(all.reduce((sum, tab) => sum + asked(tab), 0), 1);
});

test("ui-86: two at the very same moment still ask once", async () => {
  const [one, other] = tabs(2);
  one.world.chance = other.world.chance = 0.5;
  other.session.tab = "other";
  void one.session.extend();
  void other.session.extend();
  await one.clock.pass(20_000);
  assert.equal(asked(one) + asked(other), 1);
});

test("ui-86: where the tab that has the lease cannot ask, another does", async () => {
  const [one, other] = tabs(2);
  one.world.reply("POST /api/session", () => Promise.reject(new TypeError("offline")));
  void one.session.extend();
  await one.clock.pass(150);
  void other.session.extend();
  await one.clock.pass(20_000);
  assert.equal(asked(other), 1);
});

test("ui-86: nobody is here, and nothing is waited for: the session may end", async () => {
  const [tab] = tabs(1);
  await tab.clock.pass(600_000);
  void tab.session.expiring(false);
  await tab.clock.pass(20_000);
  assert.equal(asked(tab), 0);
  void tab.session.expiring(true);
  await tab.clock.pass(20_000);
  assert.equal(asked(tab), 1);
});

test("ui-86: a clock that is put back by hours does not end the session of somebody who types", async () => {
  const [tab, other] = tabs(2);
  tab.clock.at = 1e12;
  void other.session.extend();
  await tab.clock.pass(20_000);
  assert.equal(asked(other), 1);
  other.session.kept.set("lease", { tab: "gone", until: tab.clock.at + 4_000 });
  tab.clock.at -= 10 * 3_600_000;
  for (let minute = 0; minute < 60; minute += 1) {
    tab.session.active();
    await tab.clock.pass(60_000);
  }
  assert.ok(asked(tab) >= 5);
});

test("ui-86: somebody who types for hours stays signed in", async () => {
  const [tab] = tabs(1);
  for (let minute = 0; minute < 60; minute += 1) {
    await tab.clock.pass(60_000);
    tab.session.active();
  }
  assert.ok(asked(tab) >= 8 && asked(tab) <= 12, String(asked(tab)));
});

test("ui-86: the end: drafts are kept, then the login page with the way back", async () => {
  const here = page();
  here.drafts.set(null, { text: "halb fertig", images: [] });
  here.world.reply("POST /api/session", { error: { code: "AUTH_INVALID_TOKEN" } }, 401);
  (await here.ready()).shut(4401);
  await here.clock.pass(60_000);
  assert.deepEqual(here.world.gone, ["/login?next=%2Fc%2Fhere&expired=1"]);
  assert.equal(here.store.connection.phase, "ended");
  assert.match(here.local.getItem("clawdbot:u1:draft:new"), /halb fertig/);
  assert.equal(here.world.sockets.length, 1);
});

test("ui-87: 4401 and many 401 at once lead there once", async () => {
  const here = page();
  here.world.reply("POST /api/session", { error: { code: "AUTH_INVALID_TOKEN" } }, 401);
  here.world.reply("GET /api/search", { error: { code: "AUTH_INVALID_TOKEN" } }, 401);
  const socket = await here.ready();
  const calls = [1, 2, 3].map(() => here.api.get("/api/search", { q: "x" }).catch((error) => error.status));
  socket.shut(4401);
  await here.clock.pass(60_000);
  assert.deepEqual(await Promise.all(calls), [401, 401, 401]);
  assert.equal(here.world.gone.length, 1);
  assert.equal(here.world.asked.filter((one) => one.what === "POST /api/session").length, 1);
});

test("ui-86: a session that lives after all goes on: the call again, the socket again", async () => {
  const here = page();
  let times = 0;
  here.world.reply("GET /api/search", () => new Response(JSON.stringify((times += 1) > 1 ? { results: [] } : { error: {} }), { status: times > 1 ? 200 : 401 }));
  here.world.reply("POST /api/session", FACTS);
  assert.deepEqual(await here.api.get("/api/search", { q: "x" }), { results: [] });
  (await here.ready()).shut(4401);
  await here.clock.pass(0);
  assert.equal(here.world.sockets.length, 2);
  assert.deepEqual(here.world.gone, []);
});

test("ui-87: a socket that will not believe a good session is no endless loop", async () => {
  const here = page();
  here.world.reply("POST /api/session", FACTS);
  here.live.socket.connect();
  for (let time = 0; time < 200; time += 1) {
    if (here.world.last.readyState !== 3) here.world.last.shut(4401);
    await here.clock.pass(100);
  }
  assert.ok(here.world.sockets.length < 8, String(here.world.sockets.length));
  assert.deepEqual(here.world.gone, []);
});

test("ui-88: a call of somebody who is switched off waits for what the socket says of it", async () => {
  const here = page();
  here.world.reply("POST /api/session", { error: { code: "AUTH_INVALID_TOKEN" } }, 401);
  here.world.reply("GET /api/search", { error: { code: "AUTH_INVALID_TOKEN" } }, 401);
  const socket = await here.ready();
  const call = here.api.get("/api/search", { q: "x" }).catch((error) => error.status);
  await here.clock.pass(2_000);
  assert.deepEqual(here.world.gone, []);
  socket.shut(4403);
  assert.equal(await call, 401);
  await here.clock.pass(60_000);
  assert.deepEqual([here.world.gone, here.store.connection.phase], [[], "denied"]);
});

test("ui-87: where the socket says nothing of it, it is the login page all the same", async () => {
  const here = page();
  here.world.reply("POST /api/session", { error: { code: "AUTH_INVALID_TOKEN" } }, 401);
  await here.ready();
  void here.session.revive();
  await here.clock.pass(6_000);
  assert.equal(here.world.gone.length, 1);
});

test("ui-87: a token of an earlier sign-in is renewed, once", async () => {
  const here = page();
  const tokens = [];
  here.world.reply("POST /api/session", { error: { code: "forbidden" } }, 403);
  here.world.reply("GET /api/session", FACTS);
  here.world.reply("PUT /api/settings", () => {
    tokens.push(here.world.asked.at(-1).headers["X-CSRFToken"]);
    return new Response(tokens.length > 1 ? "{}" : JSON.stringify({ error: { code: "forbidden" } }), { status: tokens.length > 1 ? 200 : 403 });
  });
  await here.api.call("PUT", "/api/settings", { body: {} });
  assert.deepEqual(tokens, ["token-1", "token-2"]);
});

test("ui-89: somebody else has signed in in this browser: this page is left", async () => {
  const here = page();
  here.world.reply("POST /api/session", { ...FACTS, person: { id: "u2", name: "Bob", staff: false } });
  (await here.ready()).shut(4401);
  await here.clock.pass(10_000);
  assert.deepEqual(here.world.gone, ["/"]);
  assert.equal(here.api.csrf, "token-1");
});

test("ui-89: signing out leaves nothing of this person, and what is another's stays", () => {
  const here = page();
  here.local.setItem("clawdbot:u2:draft:new", "another's");
  here.drafts.set(null, { text: "secret", images: [] });
  here.drafts.flush();
  here.session.forget();
  here.drafts.set(null, { text: "typed on", images: [] });
  here.drafts.flush();
  assert.deepEqual([...here.local.map.keys()], ["clawdbot:u2:draft:new"]);
});

for (const [how, storage] of [["full", new FakeStorage(10)], ["forbidden", null], ["throwing", new Proxy({}, { get: () => { throw new Error("no"); } })]]) {
  test(`ui-9: a storage that is ${how} costs no draft while the page is open`, () => {
    const drafts = new Drafts(new Kept(ME.id, storage));
    drafts.set("c1", { text: "all of it", images: [{ id: "i1" }] });
    drafts.flush();
    assert.equal(drafts.get("c1").text, "all of it");
    drafts.take("c1", { text: "all of it", images: [{ id: "i1" }] });
    assert.equal(drafts.get("c1").text, "");
  });
}

test("ui-9: each conversation has its own draft, and each person", () => {
  const local = new FakeStorage();
  const drafts = new Drafts(new Kept(ME.id, local));
  drafts.set(null, { text: "new one", images: [] });
  drafts.set("c1", { text: "there", images: [] });
  drafts.flush();
  const later = new Drafts(new Kept(ME.id, local));
  assert.deepEqual([later.get(null).text, later.get("c1").text, later.get("c2").text], ["new one", "there", ""]);
  assert.equal(new Drafts(new Kept("u2", local)).get(null).text, "");
});

test("ui-9: where there is no room the oldest drafts go first", () => {
  const local = new FakeStorage(4_000);
  const drafts = new Drafts(new Kept(ME.id, local));
  for (let place = 0; place < 30; place += 1) {
    drafts.set(`c${place}`, { text: "x".repeat(200), images: [] });
    drafts.flush();
  }
  const later = new Drafts(new Kept(ME.id, local));
  assert.equal(later.get("c29").text.length, 200);
  assert.equal(later.get("c0").text, "");
});
