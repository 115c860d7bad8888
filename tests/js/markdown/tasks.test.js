import assert from "node:assert/strict";
import { test } from "node:test";
import { md } from "../../../static/src/markdown/parser.js";

/** @param {string} text @returns {string} */
const html = (text) => md.render(text, {}).replace(/\n/g, "");

test("ui-40: tasks to do and done", () => {
  assert.equal(html("- [ ] 待办\n- [x] 完成\n- [X] too"),
    '<ul><li class="task"><span class="box"></span>待办</li><li class="task"><span class="box done"></span>完成</li><li class="task"><span class="box done"></span>too</li></ul>');
});

test("ui-40: tasks with markup, numbers, nesting and paragraphs", () => {
  assert.match(html("- [ ] **a** `b`"), /<span class="box"><\/span><strong>a<\/strong> <code>b<\/code>/);
  assert.match(html("1. [x] a"), /<ol><li class="task"><span class="box done">/);
  assert.match(html("- a\n  - [ ] b"), /<li>a<ul><li class="task">/);
  assert.match(html("- [ ] a\n\n- [x] b"), /<li class="task"><p><span class="box"><\/span>a<\/p>/);
});

for (const text of ["[ ] a", "- [y] a", "- [x]a", "- a [x] b", "- [ ](https://example.com)", "- `[x]` a", "- \\[x] a"]) {
  test(`ui-40: no task in ${text}`, () => assert.doesNotMatch(html(text), /box/));
}
