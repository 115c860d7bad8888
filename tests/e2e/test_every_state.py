"""Every state of the page: axe finds nothing, nothing is cut off, and it speaks one language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pytest

from tests.e2e import axe
from tests.e2e.looks import look, problems, small_targets, unspoken
from tests.e2e.scenes import NARROW, ONLY_NARROW, SCENES, Cast
from tests.e2e.spoken import LANGS
from tests.e2e.stage import PROVIDER
from tests.e2e.words import ANSWERS, FOLLOW_UPS, QUESTIONS, THOUGHTS, TITLES
from tests.proof import proves

WIDTHS: Final = (360, 768, 1280)
# Twice each: light and wide in Chinese, dark and narrow in English. `make prove` has all the others.
QUICK: Final = [(name, "zh", 1280, "light") for name in SCENES if name not in ONLY_NARROW]
QUICK += [(name, "en", 360, "dark") for name in SCENES]
ALL: Final = [
    (name, lang, width, theme)
    for name in SCENES
    for lang in LANGS
    for width in WIDTHS
    for theme in ("light", "dark")
    if name not in ONLY_NARROW or width <= NARROW
]
LONG: Final = [one for one in ALL if one not in QUICK]
NAMED: Final = (
    "screenshot-2026-11-23.png",
    "diagram.png",
    "qqqq",
    "team-a",
    "team-b",
    "qwen3-vl",
    "Python",
    "python",
)


def written(lang: str) -> tuple[str, ...]:
    """What is in a scene because somebody wrote it: whole, and in the pieces that Markdown makes of it."""
    said = (ANSWERS[lang], QUESTIONS[lang], THOUGHTS[lang], *FOLLOW_UPS[lang], *TITLES[lang])
    pieces = (piece.strip() for one in said for piece in re.split(r"[\n|`*$]+", one))
    return (*said, *filter(None, pieces), str(PROVIDER["label"]), *NAMED)


def judged(cast: Cast, name: str) -> None:
    page = SCENES[name](cast)
    look(page, "still")
    found = axe.violations(page) + problems(page)
    found += small_targets(page) if cast.width <= NARROW else []
    found += [f"in another language: {one}" for one in unspoken(page, cast.lang, written(cast.lang))]
    assert not found, "\n".join(found)


def told(one: tuple[str, str, int, str]) -> str:
    return "-".join(map(str, one))


@pytest.mark.parametrize("one", QUICK, ids=told)
@proves("ui-96", "ui-104", "ui-101")
def test_a_state_has_no_fault(cast: Callable[..., Cast], one: tuple[str, str, int, str]) -> None:
    name, lang, width, theme = one
    judged(cast(lang=lang, width=width, theme=theme), name)


@pytest.mark.prove
@pytest.mark.parametrize("one", LONG, ids=told)
@proves("ui-96", "ui-104", "ui-101")
def test_a_state_has_no_fault_otherwise(cast: Callable[..., Cast], one: tuple[str, str, int, str]) -> None:
    name, lang, width, theme = one
    judged(cast(lang=lang, width=width, theme=theme), name)
