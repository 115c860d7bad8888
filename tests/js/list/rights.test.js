import assert from "node:assert/strict";
import { test } from "node:test";

import { deedsOf, placesFor } from "../../../static/src/chat/list/rights.js";

const ALL = ["continue", "rename", "delete", "move", "pin", "export"];
const READER = ["continue", "pin", "export"];
const TEAMS = [{ slug: "red" }, { slug: "blue" }];
const person = (scopes, teams = TEAMS) => ({ can: (scope) => scopes.includes(scope), teams });
const writer = person(["chat:read", "chat:write"]);
const reader = person(["chat:read"]);
const own = { may: ALL, mine: true, team: null };
const lead = { may: ALL, mine: false, team: "red" };
const member = { may: READER, mine: false, team: "red" };

test("ui-66: the owner may do everything", () => {
  assert.deepEqual(deedsOf(own, writer), ["rename", "pin", "archive", "export", "access", "move", "delete"]);
});

test("ui-66: the team's lead may do everything", () => {
  assert.deepEqual(deedsOf(lead, writer), ["rename", "pin", "archive", "export", "access", "move", "delete"]);
});

test("ui-66: a member of the team neither renames, deletes nor moves", () => {
  assert.deepEqual(deedsOf(member, writer), ["pin", "archive", "export", "access"]);
});

test("ui-66: without chat:write nothing that changes it is offered, even where the card is older", () => {
  assert.deepEqual(deedsOf(own, reader), ["pin", "archive", "export", "access"]);
});

test("ui-66: who was let in by a grant and may not pin sees no marks", () => {
  assert.deepEqual(deedsOf({ may: ["export"], mine: false, team: null }, writer), ["export", "access"]);
});

test("ui-66: the owner moves between private and their teams, a lead between their teams alone", () => {
  assert.deepEqual(placesFor(own, writer), [null, "red", "blue"]);
  assert.deepEqual(placesFor(lead, writer), ["red", "blue"]);
  assert.deepEqual(placesFor(member, writer), ["red"]);
  assert.deepEqual(placesFor(own, reader), [null]);
});

test("ui-66: nothing to choose between is no move", () => {
  assert.ok(!deedsOf(own, person(["chat:write"], [])).includes("move"));
  assert.ok(!deedsOf(lead, person(["chat:write"], [{ slug: "red" }])).includes("move"));
});

test("ui-66: an owner who left the team still sees where it is", () => {
  assert.deepEqual(placesFor({ ...own, team: "green" }, writer), [null, "green", "red", "blue"]);
});
