"""Hostile text: no script runs, nothing is fetched, nothing gets in the page's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests import corpora
from tests.e2e.markdown.attacks import ATTACKS

JUDGE: Final = "texts => clawd.judge(texts, clawd.fresh)"


def strings(tree: Any) -> Iterator[str]:
    """Every string in a JSON document."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from strings(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from strings(value)


def texts(name: str, *files: str) -> list[str]:
    """A corpus' files as whole texts."""
    folder = corpora.folder(name)
    found = [folder / file for file in files] if folder else []
    return [path.read_text(encoding="utf-8") for path in found]


def sections(name: str, *files: str) -> list[str]:
    """The inputs of markdown-it's fixtures, which stand between lines of a dot."""
    pieces = [text.replace("\r\n", "\n").split("\n.\n") for text in texts(name, *files)]
    return [piece for file in pieces for piece in file[1::3]]


LISTS: Final[dict[str, Callable[[], list[str]]]] = {
    "blns": lambda: list(strings(corpora.loaded("blns", "blns.json"))),
    "dompurify-xss": lambda: list(strings(corpora.loaded("dompurify-xss", "expect.json"))),
    "markdown-it": lambda: sections(
        "markdown-it", "xss.txt", "fatal.txt", "proto.txt", "linkify.txt", "normalize.txt"
    ),
    "markdown-it, whole": lambda: texts("markdown-it", "xss.txt", "fatal.txt", "proto.txt", "linkify.txt"),
}
THERE: Final = [name for name in LISTS if corpora.folder(name.split(",")[0]) is not None]


@pytest.mark.parametrize("number", ["ui-44"])
def test_no_attack_of_ours_gets_through(page: Page, number: str) -> None:
    assert len(ATTACKS) >= 30
    assert page.evaluate(JUDGE, ATTACKS) == []


@pytest.mark.parametrize("number", ["ui-44"])
def test_raw_html_is_read_as_text(page: Page, number: str) -> None:
    page.evaluate("() => clawd.box.append(clawd.render('a <b>bold</b> <script>alert(1)</script>'))")
    assert "a <b>bold</b> <script>alert(1)</script>" in page.inner_text("#box")


@pytest.mark.parametrize("number", ["ui-44"])
def test_the_judge_would_see_one(page: Page, number: str) -> None:
    seen = """html => {
      const box = clawd.fresh();
      const made = document.createElement(html);
      if (html === "a") made.href = "ftp://x.example";
      box.append(made);
      return clawd.wrong(box).length;
    }"""
    assert [page.evaluate(seen, name) for name in ("img", "script", "a", "input", "p")] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("name", THERE)
@pytest.mark.parametrize("number", ["ui-44"])
def test_no_attack_of_others_gets_through(page: Page, number: str, name: str) -> None:
    attacks = LISTS[name]()
    assert len(attacks) > 3
    assert page.evaluate(JUDGE, attacks) == []


@pytest.mark.parametrize("name", [name for name in THERE if name == "dompurify-xss"])
@pytest.mark.parametrize("number", ["ui-44"])
def test_the_sanitiser_alone_holds_too(chromium: Browser, theatre_url: str, number: str, name: str) -> None:
    """As if all HTML came through markdown-it. Of styles that are taken out the policy may complain."""
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(theatre_url)
    page.wait_for_selector("html[data-ready]", state="attached")
    before = len(asked)
    page.evaluate(
        """payloads => {
      const shell = clawd.fresh();
      shell.id = "walled";
      for (const one of payloads) shell.append(clawd.sanitise(one));
    }""",
        LISTS[name](),
    )
    wrong = "clawd.wrong(walled).filter((one) => !one.matches('a')).map((one) => one.outerHTML)"
    assert page.evaluate(wrong) == []
    assert page.locator("#walled :is(button, input, [href^='javascript' i], [href^='data' i])").count() == 0
    assert asked[before:] == []
    context.close()


def endless() -> list[Any]:
    """Texts that some Markdown libraries never finish."""
    cases = corpora.loaded("markdown-redos", "cases.json") or {"cases": []}
    made = {case["name"]: "".join(text * count for text, count in case["parts"]) for case in cases["cases"]}
    folder = corpora.folder("marked-redos")
    made |= {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")} if folder else {}
    return [pytest.param(text, id=name) for name, text in sorted(made.items())]


@pytest.mark.parametrize("text", endless())
@pytest.mark.parametrize("number", ["ui-50"])
def test_no_text_freezes_the_page(page: Page, number: str, text: str) -> None:
    cost = page.evaluate("text => clawd.cost(text, clawd.fresh())", text)
    assert cost["longest"] <= 20, cost
    assert cost["all"] <= 20 + len(text) / 2_000, cost
