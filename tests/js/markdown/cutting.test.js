import assert from "node:assert/strict";
import { test } from "node:test";
import { opening, split } from "../../../static/src/markdown/fence.js";
import { shown } from "../../../static/src/markdown/hold.js";
import { lines, offset } from "../../../static/src/markdown/lines.js";
import { slabs } from "../../../static/src/markdown/slabs.js";

for (const [text, wanted] of [
  ["a **", "a "], ["a **b", "a **b"], ["a `", "a "], ["a\n-", "a\n"], ["a\n- ", "a\n"], ["a\n- b", "a\n- b"], ["#", ""], ["# T", "# T"],
  ["1", ""], ["1.", ""], ["1. a", "1. a"], ["a\n```py", "a\n"], ["a\n```py\n", "a\n```py\n"], ["see [te", "see "], ["see [text]", "see "],
  ["see [text](ht", "see [text]()"], ["see [text](ht)", "see [text](ht)"], ["see [text] a", "see [text] a"], ["![al](ht", ""], ["a ![al", "a "],
  ["AT&a", "AT"], ["AT & T", "AT & T"], ["a\\", "a"], ["\ud83d", ""], ["x\n| a | b |", "x\n"], ["x\n| a | b |\n|-", "x\n"],
  ["| a |\n|---|\n| b", "| a |\n|---|\n| b"], ["| a |\n|---|\n", "| a |\n|---|\n"], ["| no table\nb", "| no table\nb"], ["> -", ""], ["- [x", ""],
]) {
  test(`ui-49: of ${JSON.stringify(text)} is shown ${JSON.stringify(wanted)}`, () => assert.equal(shown(text), wanted));
}

test("ui-26: nothing is kept back for long", () => {
  for (const text of [`[${"a".repeat(100)}`, `[${"a".repeat(100)}](b`, `[a](${"b".repeat(3000)}`, "[a b](c d", "[a](b) and then"]) assert.equal(shown(text), text);
});

test("ui-43: a fence is closed by as many of the same marks alone on a line", () => {
  assert.deepEqual(split("a\n```\nb", "```", false), { code: "a\n", closed: true, rest: "b" });
  assert.deepEqual(split("a\n~~~\n```` \nb", "```", false), { code: "a\n~~~\n", closed: true, rest: "b" });
  assert.deepEqual(split("``\n```x\n", "```", false), { code: "``\n```x\n", closed: false, rest: "" });
  assert.deepEqual(split("    ```\n", "```", false), { code: "    ```\n", closed: false, rest: "" });
});

test("ui-49: the beginning of a closing line is kept back", () => {
  assert.deepEqual(split("a\n``", "```", false), { code: "a\n", closed: false, rest: "``" });
  assert.deepEqual(split("a\n``", "```", true), { code: "a\n``", closed: false, rest: "" });
  assert.deepEqual(split("a\n```", "```", true), { code: "a\n", closed: true, rest: "" });
  assert.deepEqual(split("a\nb", "```", false), { code: "a\nb", closed: false, rest: "" });
});

test("ui-43: fences that can be appended to", () => {
  assert.deepEqual(opening("```py\nx"), { mark: "```", length: 6 });
  assert.deepEqual(opening("~~~~ `a`\nx"), { mark: "~~~~", length: 9 });
  assert.equal(opening("``` `\nx"), null);
  assert.equal(opening("  ```\nx"), null);
  assert.equal(opening("```py"), null);
});

test("ui-50: long text is cut between blocks, and nothing is lost", () => {
  const block = `${"word ".repeat(40)}\n\n- item\n\n- item\n\n    code\n\n`;
  const text = block.repeat(600);
  const parts = slabs(text);
  assert.equal(parts.join(""), text);
  assert.ok(parts.length > 5);
  assert.ok(parts.every((part) => part.startsWith("word")));
});

test("ui-50: a fence is in one slab, one endless line in many", () => {
  const code = `\`\`\`\n${"line\n\n".repeat(20_000)}\`\`\`\n`;
  assert.deepEqual(slabs(`${"a\n\n".repeat(6000)}${code}`).filter((part) => part.includes("```")).length, 1);
  const blob = "A".repeat(1_000_000);
  assert.equal(slabs(blob).join(""), blob);
  assert.ok(slabs(blob).every((part) => part.length <= 64_000));
});

test("lines and where they begin", () => {
  assert.deepEqual(["", "a", "a\n", "a\nb", "\n\n"].map(lines), [0, 1, 1, 2, 2]);
  assert.deepEqual([0, 1, 2, 5].map((line) => offset("a\nbb\nc", line)), [0, 2, 5, 6]);
});
