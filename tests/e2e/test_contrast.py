"""The colours of tokens.css, told apart by WCAG's formula."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.proof import proves
from tests.server.process import ROOT

SURFACES: Final = ("bg", "side", "subtle")
TEXTS: Final = [
    *((text, on) for text in ("text", "text-2", "text-3") for on in (*SURFACES, "code")),
    *(("accent", on) for on in SURFACES),
    ("text", "accent-sub"), ("text-2", "accent-sub"), ("accent", "accent-sub"),
    ("on-accent", "accent"), ("bg", "text"), ("bg", "danger"),
    *((tone, on) for tone in ("danger", "warn") for on in ("bg", "side", f"{tone}-sub")),
    ("text", "danger-sub"), ("text", "warn-sub"), ("text-2", "danger-sub"), ("text-2", "warn-sub"),
    ("ok", "bg"),
    *((f"hl-{kind}", "code") for kind in ("kw", "str", "num", "com", "fn")),
]  # fmt: skip
LINES: Final = [("line-strong", on) for on in ("bg", "side")] + [("accent", "bg"), ("accent", "side")]


def tokens(theme: str) -> dict[str, str]:
    """The colours of tokens.css."""
    css = (ROOT / "static" / "src" / "css" / "tokens.css").read_text()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)
    return {name: (light if theme == "light" else dark) for name, light, dark in pairs}


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@proves("ui-97")
def test_the_colours_can_be_told_apart(theme: str) -> None:
    colours = tokens(theme)
    weak = [(*pair, 4.5) for pair in TEXTS if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    weak += [(*pair, 3) for pair in LINES if contrast(colours[pair[0]], colours[pair[1]]) < 3]
    assert weak == []
    used = {name for name in colours if not name.startswith("line") or name == "line-strong"}
    assert used - {name for pair in TEXTS + LINES for name in pair} == set()
