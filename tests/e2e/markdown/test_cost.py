"""What rendering costs, in times of what the plain way costs: so it holds on slow machines too."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.markdown.test_stream import ANSWER

CODE: Final = "Here it is:\n\n```python\n" + "def answer(x):\n    return 42 + x  # 注释\n\n" * 80 + "```\n"
RACE: Final = """async text => {
  await clawd.Naive.prepare();
  const ours = () => clawd.ours(text, 10, clawd.fresh());
  ours();
  return { plain: clawd.plain(text, 10, clawd.fresh()), ours: Math.min(ours(), ours()) };
}"""


@pytest.mark.parametrize("text", [ANSWER * 10, CODE], ids=["mixed", "code"])
@pytest.mark.parametrize("number", ["ui-32"])
def test_streaming_takes_a_fifth_of_the_plain_way(page: Page, number: str, text: str) -> None:
    took = page.evaluate(RACE, text)
    assert took["ours"] <= took["plain"] / 5, took


@pytest.mark.parametrize("number", ["ui-50"])
def test_work_grows_with_the_length_and_not_its_square(page: Page, number: str) -> None:
    race = """([short, long]) => {
      const ours = (text) => clawd.ours(text, 20, clawd.fresh());
      ours(short);
      return [Math.min(ours(short), ours(short), ours(short)), ours(long)];
    }"""
    short, long = page.evaluate(race, [ANSWER * 4, ANSWER * 32])
    assert long <= short * 8 * 3


MEGABYTES: Final = {
    "prose": ANSWER * 1000,
    "one fence": "```python\n" + "x = 1  # one more line of code\n" * 32_000 + "```\n",
    "one line": "A" * 1_000_000,
    "one list": "".join(f"{n}. **item** `{n}`\n" for n in range(50_000)),
    "one table": "| a | b |\n|---|---|\n" + "| cell | **cell** |\n" * 50_000,
    "one paragraph": "这是一行很长的文字，**没有**段落。\n" * 50_000,
}


@pytest.mark.parametrize("text", MEGABYTES.values(), ids=MEGABYTES.keys())
@pytest.mark.parametrize("number", ["ui-50"])
def test_a_megabyte_is_all_there_and_no_step_of_it_is_long(page: Page, number: str, text: str) -> None:
    seen = page.evaluate(
        """text => {
      const shell = document.createElement("div");
      const cost = clawd.cost(text, shell);
      return { ...cost, letters: shell.textContent.replace(/[^A-Za-z\\u4e00-\\u9fff]/g, "").length };
    }""",
        text,
    )
    assert seen["longest"] <= 20, seen
    letters = sum(one.isalpha() and (one < "\x7f" or one > "\u4e00") for one in text)
    assert seen["letters"] >= 0.8 * letters


@pytest.mark.parametrize("number", ["ui-50"])
def test_a_megabyte_rendered_whole_is_there_at_once_and_dressed_by_and_by(page: Page, number: str) -> None:
    text = "\n\n".join(f"## Part {n}\n\nSome **bold {n}** words." for n in range(3000))
    page.evaluate(
        """text => {
      const shell = clawd.fresh();
      shell.className = "md";
      shell.append(clawd.render(text));
      globalThis.raw = shell.querySelectorAll(".raw").length;
    }""",
        text,
    )
    assert page.evaluate("raw") > 3
    assert "bold 2999" in page.evaluate("clawd.box.textContent")
    expect(page.locator(".raw")).to_have_count(0)
    expect(page.locator("strong", has_text="bold 2999")).to_be_attached()
