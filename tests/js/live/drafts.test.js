// Drafts of new conversations: each tab's own, and found again by whoever opens the next tab.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Drafts } from "../../../static/src/chat/drafts.js";
import { Kept } from "../../../static/src/chat/store/kept.js";
import { FakeStorage } from "./stand.js";

let local;
beforeEach(() => {
  local = new FakeStorage();
  mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1e12 });
  globalThis.document = { addEventListener() {} };
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.addEventListener;
  delete globalThis.document;
});

/** A page in a tab. @param {FakeStorage} tab what the tab kept */
function opened(tab = new FakeStorage()) {
  const heard = {};
  globalThis.addEventListener = (what, act) => (heard[what] = act);
  const drafts = new Drafts();
  drafts.begin(new Kept("u1", local), new Kept("u1", tab));
  return {
    tab,
    get text() {
      return drafts.get(null).text;
    },
    write(text) {
      mock.timers.tick(1_000);
      drafts.set(null, { text, images: [] });
      drafts.flush();
    },
    send: (text) => drafts.take(null, { text, images: [] }),
    leave: () => heard.pagehide(),
  };
}

test("ui-10: two tabs that both begin a conversation keep a draft each", () => {
  const [one, other] = [opened(), opened()];
  one.write("one");
  other.write("other");
  one.leave();
  other.leave();
  assert.deepEqual([opened(one.tab).text, opened(other.tab).text], ["one", "other"]);
});

test("ui-10: a tab that is opened beside one that is being written in begins empty", () => {
  opened().write("here");
  assert.equal(opened().text, "");
});

test("ui-10: a new tab finds the newest draft that a closed one left, and only one does", () => {
  const [one, other] = [opened(), opened()];
  one.write("older");
  other.write("newer");
  one.leave();
  other.leave();
  assert.deepEqual([opened().text, opened().text, opened().text], ["newer", "older", ""]);
});

test("ui-10: what was sent is found by nobody", () => {
  const one = opened();
  one.write("Hallo");
  one.send("Hallo");
  one.leave();
  assert.equal(opened().text, "");
});

test("ui-10: a tab that died without a word is found by its own, and by others after an hour", () => {
  const one = opened();
  one.write("half");
  assert.equal(opened(one.tab).text, "half");
  local.map.clear();
  opened().write("lost");
  mock.timers.tick(3_500_000);
  assert.equal(opened().text, "");
  mock.timers.tick(200_000);
  assert.equal(opened().text, "lost");
});

test("ui-10: a tab that is doubled goes on by itself", () => {
  const one = opened();
  one.write("both");
  const double = opened(Object.assign(new FakeStorage(), { map: new Map(one.tab.map) }));
  assert.equal(double.text, "both");
  double.write("double");
  assert.equal(one.text, "both");
});

test("a draft that an earlier version kept for all tabs is found", () => {
  local.setItem("clawdbot:u1:draft:new", JSON.stringify({ text: "old", images: [], at: 1 }));
  assert.equal(opened().text, "old");
});
