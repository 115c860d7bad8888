"""An answer while it is written."""

from __future__ import annotations

import random
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.markdown import examples

ANSWER: Final = """# 部署说明

这里有**加粗（重要）**的文字，*斜体*，`inline code`，***both*** 和 ~~删除~~。**注意：**这里要小心。

## 步骤

1. 安装 `pip`：
   ```bash
   pip install clawdbot
   ```
2. **配置** `config.yaml`
3. 启动

- 第一项
- 第二项
  - 嵌套 **重点**
- [ ] 待办
- [x] 完成

text before the table
| 名称 | 说明 |
|------|:----:|
| a | **粗** |
| b | `代码` |

> 引用 *一句*
> - a
> - **b**

```python
def f(x):
    return x * 2

print(f(2))  # ``four
```

见[文档](https://example.com/docs/a_b)和[另一个](https://example.com)。5*3=15，a_b_c，array[0]，[1]。

---

\\(a_1\\) and

$$
\\sum_i x_i
$$

AT&T, 3 < 4 &lt; 5, ``b ` c``, __under__ and _it_ \\* done.

Last **paragraph
over lines** ends.
"""
STREAM: Final = "() => { globalThis.view = new clawd.StreamView(clawd.fresh()); }"
FRAME: Final = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def frame(page: Page) -> None:
    page.evaluate(FRAME)


@pytest.mark.parametrize("number", ["ui-49"])
def test_no_character_ever_looks_as_it_will_not_in_the_end(page: Page, number: str) -> None:
    text = ANSWER.replace("\\(a_1\\)", "x")
    assert page.evaluate("text => clawd.flashes(text)", text) == []


@pytest.mark.parametrize("number", ["ui-49"])
def test_a_flash_would_be_seen(page: Page, number: str) -> None:
    assert page.evaluate("text => clawd.flashes(text)", "never **closed") != []


@pytest.mark.parametrize("number", ["ui-49"])
def test_an_open_fence_is_code_at_once(page: Page, number: str) -> None:
    page.evaluate(STREAM)
    page.evaluate("view.push('a\\n\\n```python\\nx = ')")
    expect(page.locator(".answer .code code")).to_have_text("x = ")
    expect(page.locator(".answer .bar span")).to_have_text("python")
    expect(page.locator(".answer")).not_to_contain_text("```")


@pytest.mark.parametrize("number", ["ui-26"])
def test_what_came_is_shown_with_the_next_frame(page: Page, number: str) -> None:
    took = page.evaluate("""async () => {
      const shell = clawd.fresh();
      const view = new clawd.StreamView(shell);
      const begun = performance.now();
      view.push("Hello");
      await new Promise((done) => new MutationObserver(done).observe(shell, { childList: true }));
      return performance.now() - begun;
    }""")
    assert took <= 100


@pytest.mark.parametrize("number", ["ui-26"])
def test_text_never_goes_backwards(page: Page, number: str) -> None:
    """What is shown only grows, in each state that a frame could show, math and colours included."""
    steps = page.evaluate(
        """async (text) => {
      const shell = clawd.fresh();
      const view = new clawd.StreamView(shell);
      const lengths = [];
      for (let at = 0; at < text.length; at += 7) {
        view.push(text.slice(at, at + 7));
        view.now();
        lengths.push(clawd.words_of(shell).replace(/\\s/g, "").length);
        if (at % 70 === 0) await new Promise(requestAnimationFrame);
      }
      view.end();
      lengths.push(clawd.words_of(shell).replace(/\\s/g, "").length);
      return lengths;
    }""",
        ANSWER.replace("\\(a_1\\)", "x").replace("$$\n\\sum_i x_i\n$$", "y"),
    )
    assert steps == sorted(steps)
    assert steps[-1] > 200


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("number", ["ui-49"])
def test_a_streamed_answer_is_the_answer_rendered_whole(page: Page, number: str, seed: int) -> None:
    dice = random.Random(seed)
    said: list[list[str]] = []
    for _ in range(120):
        text = examples.document(dice, references=seed == 3)
        said.append(examples.cut(dice, text))
    seen = page.evaluate("all => all.map((p) => [clawd.whole(p.join('')), clawd.streamed(p)])", said)
    for pieces, (whole, streamed) in zip(said, seen, strict=True):
        assert streamed == whole, f"seed {seed}: {''.join(pieces)!r} cut as {pieces!r}"


@pytest.mark.parametrize("number", ["ui-49"])
def test_an_answer_whose_references_come_last_is_whole_in_the_end(page: Page, number: str) -> None:
    text = "See [b] and [this][b].\n\nmore\n\n[b]: https://example.com/b"
    streamed = page.evaluate("t => clawd.streamed([...t])", text)
    assert streamed == page.evaluate("t => clawd.whole(t)", text)
    assert streamed.count('href="https://example.com/b"') == 2


@pytest.mark.parametrize("number", ["ui-38"])
def test_a_selection_survives_what_comes_behind_it(page: Page, number: str) -> None:
    page.evaluate(STREAM)
    page.evaluate("view.push('Select **these words** please.\\n\\n```js\\nlet x = 1;\\n```\\n\\nNext')")
    frame(page)
    page.evaluate("""() => {
      const range = document.createRange();
      range.setStart(document.querySelector(".answer p").firstChild, 2);
      range.setEnd(document.querySelector(".answer code").firstChild, 5);
      getSelection().addRange(range);
    }""")
    before = page.evaluate("getSelection().toString()")
    assert "these words" in before
    definition = "re**\n\n[r]: https://example.com\n\n"
    for piece in (" comes", " more\n\n- and\n- **mo", definition, "$x_1$ end [r]"):
        page.evaluate("text => view.push(text)", piece)
        frame(page)
        assert page.evaluate("getSelection().toString()") == before
    page.evaluate("view.end()")
    frame(page)
    assert page.evaluate("getSelection().toString()") == before


@pytest.mark.parametrize("number", ["ui-38"])
def test_a_selection_in_the_paragraph_that_grows_survives_too(page: Page, number: str) -> None:
    page.evaluate(STREAM)
    page.evaluate("view.push('Some **bold** words and')")
    frame(page)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.answer strong'))")
    page.evaluate("view.push(' more of `them`, which')")
    frame(page)
    assert page.evaluate("getSelection().toString()") == "bold"


@pytest.mark.parametrize("number", ["ui-38"])
def test_finished_blocks_are_the_same_nodes_for_ever(page: Page, number: str) -> None:
    kept = page.evaluate(
        """async (text) => {
      const shell = clawd.fresh();
      const view = new clawd.StreamView(shell);
      const changed = [];
      const seen = [];
      for (let at = 0; at < text.length; at += 11) {
        view.push(text.slice(at, at + 11));
        view.now();
        const now = [...shell.children];
        const others = seen.slice(0, -2).filter((node, place) => now[place] !== node);
        changed.push(...others.map((node) => node.outerHTML));
        seen.splice(0, seen.length, ...now);
      }
      view.end();
      return [seen.length, changed];
    }""",
        ANSWER,
    )
    assert kept[0] > 10
    assert kept[1] == []


@pytest.mark.parametrize("number", ["ui-33"])
def test_a_hidden_tab_goes_on_by_timer_and_is_complete_when_shown(page: Page, number: str) -> None:
    page.evaluate("""() => {
      globalThis.hide = (hidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"));
      };
      globalThis.frames = requestAnimationFrame;
      globalThis.requestAnimationFrame = () => 1; // a hidden tab has none
    }""")
    page.evaluate(STREAM)
    page.evaluate("hide(true); view.push('while **hidden**')")
    expect(page.locator(".answer strong")).to_have_text("hidden")
    page.evaluate("view.push(' and more'); view.push(' text')")
    shown = page.evaluate("() => { hide(false); return document.querySelector('.answer').textContent; }")
    assert shown == "while hidden and more text"


@pytest.mark.parametrize("number", ["ui-33"])
def test_a_tab_hidden_between_a_message_and_its_frame_loses_nothing(page: Page, number: str) -> None:
    page.evaluate(STREAM)
    page.evaluate("""() => {
      const frames = requestAnimationFrame;
      globalThis.requestAnimationFrame = () => 1;
      view.push("asked for a frame that never comes");
      Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    expect(page.locator(".answer")).to_have_text("asked for a frame that never comes")


@pytest.mark.parametrize("number", ["ui-26"])
def test_a_snapshot_that_goes_on_from_what_is_shown_changes_nothing_of_it(page: Page, number: str) -> None:
    page.evaluate(STREAM)
    page.evaluate("view.push('# Title\\n\\nfirst **par')")
    frame(page)
    page.evaluate("globalThis.kept = [...document.querySelector('.answer').children]")
    page.evaluate("view.replace('# Title\\n\\nfirst **paragraph**\\n\\nsecond')")
    frame(page)
    assert page.evaluate("kept.every((node, at) => document.querySelector('.answer').children[at] === node)")
    expect(page.locator(".answer strong")).to_have_text("paragraph")
    assert page.evaluate("view.text") == "# Title\n\nfirst **paragraph**\n\nsecond"


@pytest.mark.parametrize("number", ["ui-26"])
def test_another_snapshot_keeps_the_blocks_that_are_the_same(page: Page, number: str) -> None:
    page.evaluate(STREAM)
    page.evaluate("view.push('same\\n\\n```js\\nlet x\\n```\\n\\nother words')")
    frame(page)
    seen = page.evaluate("""() => {
      const shell = document.querySelector(".answer");
      const before = [...shell.children];
      view.replace("same\\n\\n```js\\nlet x\\n```\\n\\nnew words\\n\\nmore");
      return [shell.textContent, before[0] === shell.children[0], before[1] === shell.children[1]];
    }""")
    assert seen == ["samejsCopylet x\nnew wordsmore", True, True]


@pytest.mark.parametrize("number", ["ui-31"])
def test_colours_and_formulas_move_nothing_that_is_read(page: Page, number: str) -> None:
    moved = page.evaluate(
        """async (text) => {
      let moved = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) moved += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
      const view = new clawd.StreamView(clawd.fresh());
      for (let at = 0; at < text.length; at += 20) {
        view.push(text.slice(at, at + 20));
        await new Promise(requestAnimationFrame);
        document.scrollingElement.scrollTop = 1e9;
      }
      view.end();
      await new Promise((done) => setTimeout(done, 300));
      return moved;
    }""",
        ANSWER * 3,
    )
    assert moved <= 0.02
