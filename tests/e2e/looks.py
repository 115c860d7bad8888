"""What can be seen to be wrong without eyes: overflow, cut words, tiny text and targets, unspoken keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

LOOKS: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8").strip()
HAN: Final = re.compile(r"[\u3400-\u9fff]")
LATIN: Final = re.compile(r"[A-Za-z][A-Za-z'’]{2,}")
KEY: Final = re.compile(r"\b[a-z]+(?:\.(?!json\b|png\b)[a-z0-9_]+)+\b")
# Addresses, codes of errors, ids.
ELSEWHERE: Final = re.compile(r"https?://\S+|\b[a-z]+(?:_[a-z]+)+\b|\b[0-9a-f-]{36}\b")
GAP: Final = re.compile(r"\{\w+\}")
# Names that are the same in both languages, and what other tests put into the page.
NAMES: Final = frozenset(
    re.findall(
        r"\w+",
        """Clawdbot Enter Ctrl Shift Esc Alt Cmd JSON JPEG PNG WebP GIF HEIC Markdown Word ChatGPT Open
        WebUI OpenAI admin qwen Alice Bob Lena Charlie Rita Walter Sam Ada LaTeX SQL team chat
        write read png json conversations""",
    )
)


def problems(page: Page) -> list[str]:
    """Overflow, clipped words, tiny text."""
    look(page, "still")
    return [*look(page, "overflow"), *look(page, "clipped"), *look(page, "tiny")]


def small_targets(page: Page, least: float = 24) -> list[str]:
    found: list[str] = look(page, "small", least)
    return found


def look(page: Page, what: str, *words: Any) -> Any:
    """One of the functions in looks.js."""
    return page.evaluate(f"(words) => {LOOKS}.{what}(...words)", list(words))


def unspoken(page: Page, lang: str, own: tuple[str, ...] = ()) -> list[str]:
    """What the page says in another language than `lang`, or as a key. own: what people wrote."""
    found = []
    for text in dict.fromkeys(look(page, "said")):
        left = ELSEWHERE.sub("", text)
        for one in sorted(own, key=len, reverse=True):
            left = left.replace(one, "")
        foreign = HAN.findall(left) if lang == "en" else set(LATIN.findall(left)) - NAMES
        if foreign or KEY.search(left) or GAP.search(left):
            found.append(text)
    return found
