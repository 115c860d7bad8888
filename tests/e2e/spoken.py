"""What the page says, from its own catalogues: `Spoken("zh")("log.thought_for", count=3)`."""

from __future__ import annotations

import json
from functools import cache

from tests.server.process import ROOT

LANGS = {"zh": "zh-CN", "en": "en-US"}  # of the page -> of a browser


@cache
def catalogue(lang: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted((ROOT / "chat" / "texts" / lang).glob("*.json")):
        found |= json.loads(file.read_text(encoding="utf-8"))
    return found


class Spoken:
    """lang: zh or en. Called with a key it gives the page's text; KeyError where there is none."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, **gaps: str | int) -> str:
        words = catalogue(self.lang)
        if key not in words and "count" in gaps:
            one = self.lang == "en" and gaps["count"] == 1
            key = f"{key}.{'one' if one else 'other'}"
        text = words[key]
        for name, value in gaps.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text
