import assert from "node:assert/strict";
import { test } from "node:test";

import { grouped, untilTomorrow } from "../../../static/src/chat/list/groups.js";

const NOW = new Date("2026-11-25T04:30:00Z");
const card = (id, updated, pinned = false) => ({ id, updated, pinned });
const keyOf = (updated, zone = "UTC", now = NOW) => grouped([card("a", updated)], now, zone)[0].key;

test("ui-67: the groups are days of the calendar, not spans of 24 hours", () => {
  assert.equal(keyOf("2026-11-25T00:00:00Z"), "today");
  assert.equal(keyOf("2026-11-24T23:59:59Z"), "yesterday");
  assert.equal(keyOf("2026-11-24T00:00:00Z"), "yesterday");
  assert.equal(keyOf("2026-11-23T23:59:59Z"), "week");
  assert.equal(keyOf("2026-11-18T00:00:00Z"), "week");
  assert.equal(keyOf("2026-11-17T23:59:59Z"), "month");
  assert.equal(keyOf("2026-10-26T00:00:00Z"), "month");
  assert.equal(keyOf("2026-10-25T23:59:59Z"), "2026-10-01");
  assert.equal(keyOf("2025-01-31T12:00:00Z"), "2025-01-01");
});

test("ui-67: a day begins where the person is", () => {
  assert.equal(keyOf("2026-11-24T16:00:00Z", "Asia/Shanghai"), "today");
  assert.equal(keyOf("2026-11-24T15:59:59Z", "Asia/Shanghai"), "yesterday");
  assert.equal(keyOf("2026-11-25T04:00:00Z", "America/Los_Angeles"), "today");
  assert.equal(keyOf("2026-11-24T07:59:00Z", "America/Los_Angeles"), "yesterday");
  assert.equal(keyOf("2026-10-31T17:00:00Z", "Asia/Shanghai", new Date("2026-12-31T00:00:00Z")), "2026-11-01");
});

test("ui-67: a day of 23 or 25 hours is a day", () => {
  const autumn = new Date("2026-11-02T12:00:00Z");
  assert.equal(keyOf("2026-11-01T05:30:00Z", "America/New_York", autumn), "yesterday");
  const spring = new Date("2026-03-09T12:00:00Z");
  assert.equal(keyOf("2026-03-08T05:30:00Z", "America/New_York", spring), "yesterday");
});

test("ui-67: a server whose clock is ahead still says today", () => {
  assert.equal(keyOf("2026-11-26T00:10:00Z"), "today");
});

test("ui-71: what is pinned stands first, whatever its day, and the rest keeps its order", () => {
  const cards = [
    card("new", "2026-11-25T03:00:00Z"),
    card("old", "2026-05-05T03:00:00Z", true),
    card("newer", "2026-11-25T02:00:00Z"),
    card("week", "2026-11-20T02:00:00Z"),
    card("may", "2026-05-04T02:00:00Z"),
    card("also may", "2026-05-01T02:00:00Z"),
  ];
  assert.deepEqual(grouped(cards, NOW, "UTC"), [
    { key: "pinned", ids: ["old"] },
    { key: "today", ids: ["new", "newer"] },
    { key: "week", ids: ["week"] },
    { key: "2026-05-01", ids: ["may", "also may"] },
  ]);
});

test("ui-67: no conversation, no group", () => {
  assert.deepEqual(grouped([], NOW, "UTC"), []);
});

test("ui-67: the next day is never more than a day and an hour away", () => {
  const left = untilTomorrow(NOW);
  assert.ok(left > 0 && left <= 25 * 3_600_000);
});
