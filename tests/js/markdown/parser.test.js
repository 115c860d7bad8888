import assert from "node:assert/strict";
import { test } from "node:test";
import { mend } from "../../../static/src/markdown/mend.js";
import { md } from "../../../static/src/markdown/parser.js";

md.use(mend);

/** @param {string} text @returns {string} HTML in one line */
const html = (text) => md.render(text, {}).replace(/\n/g, "");

for (const [text, wanted] of [
  ["**“引用”**是重点", "<p><strong>“引用”</strong>是重点</p>"],
  ["**注意：**这里要小心", "<p><strong>注意：</strong>这里要小心</p>"],
  ["这是**（重要）**的内容", "<p>这是<strong>（重要）</strong>的内容</p>"],
  ["使用**`pip`**安装", "<p>使用<strong><code>pip</code></strong>安装</p>"],
  ["~~删除（旧）~~后", "<p><s>删除（旧）</s>后</p>"],
  ["*强调。*后面", "<p><em>强调。</em>后面</p>"],
]) {
  test(`ui-41: Chinese emphasis: ${text}`, () => assert.equal(html(text), wanted));
}

for (const [text, wanted] of [
  ["访问https://example.com，然后继续", '<p>访问<a href="https://example.com">https://example.com</a>，然后继续</p>'],
  ["（见 https://example.com/a?b=c）。后文", '<p>（见 <a href="https://example.com/a?b=c">https://example.com/a?b=c</a>）。后文</p>'],
  ["例：https://example.com/a、https://example.com/b；", '<p>例：<a href="https://example.com/a">https://example.com/a</a>、<a href="https://example.com/b">https://example.com/b</a>；</p>'],
  ["mail a.b@example.com。", '<p>mail <a href="mailto:a.b@example.com">a.b@example.com</a>。</p>'],
]) {
  test(`ui-42: an address ends at Chinese punctuation: ${text}`, () => assert.equal(html(text), wanted));
}

test("ui-42: what follows a bare name is in no link", () => {
  assert.doesNotMatch(html("见example.com/路径。"), /<a[^>]*>[^<]*。/);
});

test("ui-42: file names are no addresses", () => {
  assert.equal(html("main.py README.md a.rs run.sh node.js"), "<p>main.py README.md a.rs run.sh node.js</p>");
});

for (const [text, wanted] of [
  ["~~gone~~", "<p><s>gone</s></p>"],
  ["- a\n  - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"],
  ["3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'],
  ["> q", "<blockquote><p>q</p></blockquote>"],
  ["---", "<hr>"],
  ["one\ntwo", "<p>one<br>two</p>"],
  ["|a|b|c|\n|:-|-:|:-:|\n|1|2|3|",
    '<table><thead><tr><th>a</th><th class="right">b</th><th class="center">c</th></tr></thead>' +
    '<tbody><tr><td>1</td><td class="right">2</td><td class="center">3</td></tr></tbody></table>'],
]) {
  test(`ui-40: GFM: ${JSON.stringify(text)}`, () => assert.equal(html(text), wanted));
}

test("ui-40: no heading is above the page's title, and no level is left out", () => {
  const levels = [...html("# a\n\n### b\n\n#### c\n\n## d\n\n###### e\n\n# f").matchAll(/<h(\d) class="as-h(\d)"/g)].map(([, is, as]) => [is, as].join());
  assert.deepEqual(levels, ["2,1", "3,3", "4,4", "3,2", "4,6", "2,1"]);
});

test("ui-44: HTML is text, and scripts are no addresses", () => {
  assert.equal(html("<b onclick=x>b</b>"), "<p>&lt;b onclick=x&gt;b&lt;/b&gt;</p>");
  assert.doesNotMatch(html("[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) <javascript:x>"), /<a/);
});

test("ui-45: a picture is an address with its words", () => {
  assert.equal(html("![alt *x*](https://x.example/p.png)"), '<p><a class="picture" href="https://x.example/p.png">alt x</a></p>');
  assert.doesNotMatch(html("[![alt](https://x.example/p.png)](https://x.example)"), /<img|picture/);
});

test("ui-50: a paragraph beyond all measure is plain text, with its lines", () => {
  const long = "*a* ".repeat(5000);
  assert.doesNotMatch(html(`${long}\nb`), /<em>/);
  assert.match(html(`${long}\nb`), /<br>b<\/p>$/);
});

test("ui-50: a table of a thousand columns has no million cells", () => {
  const text = `|${"a|".repeat(1000)}\n|${"-|".repeat(1000)}\n${"|x|\n".repeat(2000)}`;
  assert.ok((html(text).match(/<t[dh]/g)?.length ?? 0) < 20_000);
});

test("ui-49: what is open is closed for the eye", () => {
  const open = (/** @type {string} */ text) => md.render(text, { live: text.split("\n").length }).trim();
  assert.equal(open("a **bo"), "<p>a <strong>bo</strong></p>");
  assert.equal(open("a ***bo"), "<p>a <em><strong>bo</strong></em></p>");
  assert.equal(open("a ~~bo"), "<p>a <s>bo</s></p>");
  assert.equal(open("a `co"), "<p>a <code>co</code></p>");
  assert.equal(open("- **a *b"), "<ul>\n<li><strong>a <em>b</em></strong></li>\n</ul>");
  assert.equal(open("算 5*3=15 然后"), "<p>算 5*3=15 然后</p>");
  assert.equal(md.render("a **bo", {}).trim(), "<p>a **bo</p>");
});
