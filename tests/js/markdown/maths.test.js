import assert from "node:assert/strict";
import { test } from "node:test";
import { md } from "../../../static/src/markdown/parser.js";

/** @param {string} text @returns {string[]} the formulas in a text, blocks marked */
function formulas(text) {
  return [...md.render(text, {}).matchAll(/class="tex( block)?">([^<]*)</g)].map(([, block, source]) => (block ? "block " : "") + source);
}

for (const [text, wanted] of /** @type {[string, string[]][]} */ ([
  ["公式 \\(a_1^2\\) 和 $x_1$ 与\n\n\\[ E=mc^2 \\]\n\n$$\n\\sum_i x_i\n$$",
    ["\\(a_1^2\\)", "$x_1$", "block \\[ E=mc^2 \\]", "block $$\n\\sum_i x_i\n$$"]],
  ["$x$，$y$", ["$x$", "$y$"]],
  ["so $$a$$ here", ["block $$a$$"]],
  ["$$a + b$$", ["block $$a + b$$"]],
  ["$$ a\n- b\n# c $$", ["block $$ a\n- b\n# c $$"]],
  ["- \\[\n  x\n  \\]", ["block \\[\nx\n\\]"]],
  ["> $$\n> x\n> $$", ["block $$\nx\n$$"]],
  ["$\\text{速度} = 5$", ["$\\text{速度} = 5$"]],
  ["$a*b*c$", ["$a*b*c$"]],
  ["price \\$5 and $x$", ["$x$"]],
  ["$a\\$b$", ["$a\\$b$"]],
])) {
  test(`ui-48: formulas of ${JSON.stringify(text)}`, () => assert.deepEqual(formulas(text), wanted));
}

for (const text of [
  "价格是$5到$10之间", "costs $5 and $10", "$5, $6 or 7$", "我有$5，你有$ 3", "US$5 and A$6", "$HOME/$USER", "$ a $", "a $$ b", "$$",
  "`$x$`", "```\n$x$\n```", "\\$x\\$", "\\\\(x\\\\)", "\\[link\\](https://example.com)", "\\( x", "$$\nopen\n\nx", "$5 up to 10 dollars$", "$$$$",
]) {
  test(`ui-48: no formula in ${JSON.stringify(text)}`, () => assert.deepEqual(formulas(text), []));
}

test("ui-48: a formula is its source, not Markdown", () => {
  assert.match(md.render("$a_1<b_2$ and _c_"), /\$a_1&lt;b_2\$<\/span> and <em>c<\/em>/);
});

test("ui-50: a formula of 10 kB stays text", () => {
  assert.deepEqual(formulas(`$$${"x".repeat(9000)}$$`).length, 1);
  assert.deepEqual(formulas(`$$${"x".repeat(10_001)}$$`), []);
});

test("ui-50: many openings without a closing cost no square", () => {
  const time = (/** @type {number} */ count) => {
    const text = "\\( a ".repeat(count);
    const begun = performance.now();
    for (let run = 0; run < 5; run += 1) md.render(text, {});
    return performance.now() - begun;
  };
  time(1900);
  assert.ok(time(1900) < 40 * time(190) + 50);
});
