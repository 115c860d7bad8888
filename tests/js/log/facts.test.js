import assert from "node:assert/strict";
import { test } from "node:test";
import { beginning, contextUsed, isLive, isLong, phase, place, seconds, speed } from "../../../static/src/chat/log/facts.js";

test("ui-54 tokens a second are counted from the first token", () => {
  assert.equal(speed({ in: 10, out: 300, ttft_ms: 2000, ms: 12000 }), 30);
  assert.equal(speed({ in: 10, out: 25, ttft_ms: null, ms: 10000 }), 2.5);
  assert.equal(speed({ in: 10, out: 0, ttft_ms: null, ms: 10000 }), null);
  assert.equal(speed(null), null);
});

test("ui-62 the part of the context that is used", () => {
  assert.equal(contextUsed({ in: 6000, out: 200 }, 10000), 62);
  assert.equal(contextUsed({ in: 60000, out: 200 }, 10000), 100);
  assert.equal(contextUsed({ in: 6000, out: 200 }, null), null);
  assert.equal(contextUsed(null, 10000), null);
});

test("ui-57 which version this is, and those beside it", () => {
  assert.equal(place(["a"], "a"), null);
  assert.deepEqual(place(["a", "b", "c"], "b"), { at: 2, of: 3, before: "a", after: "c" });
  assert.deepEqual(place(["a", "b"], "b"), { at: 2, of: 2, before: "a", after: null });
  assert.equal(place(["a", "b"], "x"), null);
});

test("a question is folded by its length and by its lines", () => {
  assert.deepEqual(["short", "字".repeat(1201), "a\n".repeat(18), "a\n".repeat(17)].map(isLong), [false, true, true, false]);
});

test("ui-52 a thought takes at least a second", () => {
  assert.deepEqual([0, 400, 1600, 6200].map(seconds), [1, 1, 2, 6]);
});

test("ui-95 what is read out has no marks, and is short", () => {
  assert.equal(beginning("## 结论\n\n**16** 个，见 [文档](https://example.com)。\n\n```python\nx = 1\n```"), "结论 16 个，见 文档。 x = 1");
  assert.equal(beginning("字".repeat(500)).length, 201);
});

test("ui-26 what an answer is doing follows from what came", () => {
  const live = { state: "generating", text: "", think: "" };
  const phases = [
    phase({}, { ...live, state: "queued" }), phase({}, live), phase({}, { ...live, think: "hm" }), phase({}, { ...live, think: "hm", text: "a" }),
  ];
  assert.deepEqual(phases, ["queued", "waiting", "thinking", "writing"]);
  assert.ok(phases.every(isLive));
});

test("ui-27 how an answer ended is said by its end, else by what is stored", () => {
  const done = (reason) => phase({ state: "generating" }, { state: "done", text: "a", think: "", reason });
  assert.deepEqual(["stop", "length", "stopped", "error", "interrupted"].map(done), ["complete", "length", "stopped", "failed", "interrupted"]);
  const stored = (state, reason) => phase({ state, reason, text: "a" }, undefined);
  assert.equal(stored("complete", "stop"), "complete");
  assert.equal(stored("complete", "length"), "length");
  assert.equal(stored("stopped", "stopped"), "stopped");
  assert.equal(stored("failed", "error"), "failed");
  assert.equal(stored("interrupted", "interrupted"), "interrupted");
  assert.ok(!isLive("failed"));
});
