import assert from "node:assert/strict";
import { test } from "node:test";

import { when } from "../../../static/src/chat/dialogs/when.js";

const NOW = new Date("2026-11-25T04:30:00Z");

test("ui-104: a moment is as short as it stays clear, in the person's language and zone", () => {
  assert.equal(when("2026-11-25T01:05:00Z", NOW, "zh-CN", "Asia/Shanghai"), "09:05");
  assert.equal(when("2026-11-24T15:59:00Z", NOW, "zh-CN", "Asia/Shanghai"), "11月24日");
  assert.equal(when("2025-01-02T15:59:00Z", NOW, "zh-CN", "Asia/Shanghai"), "2025年1月2日");
  assert.equal(when("2026-11-24T15:59:00Z", NOW, "en", "UTC"), "Nov 24");
  assert.equal(when("2025-01-02T15:59:00Z", NOW, "en", "UTC"), "Jan 2, 2025");
});
