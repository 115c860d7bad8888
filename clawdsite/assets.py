"""Addresses of what the build made: names that change with their content, from static/dist/manifest.json.

In templates: `{% load assets %}` and `{% asset "chat.js" %}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders

register = template.Library()

MANIFEST: Final = "dist/manifest.json"
UNBUILT: Final = "The page is not built: static/dist is missing. Run `make setup`; it takes seconds."

_kept: tuple[int, dict[str, str]] | None = None


@register.simple_tag
def asset(name: str) -> str:
    """`chat.js` -> `/static/dist/chat-5F3A2B1C.js`; where nothing is built, an address that leads nowhere."""
    return f"{settings.STATIC_URL}dist/{manifest().get(name, name)}"


def manifest() -> dict[str, str]:
    """Name -> file; empty where nothing is built. Read once; in development again when it has changed."""
    global _kept
    if _kept is not None and not settings.DEBUG:
        return _kept[1]
    path = finders.find(MANIFEST)
    if not path:
        return {}
    changed = Path(path).stat().st_mtime_ns
    if _kept is None or _kept[0] != changed:
        _kept = changed, json.loads(Path(path).read_text("utf-8"))
    return _kept[1]


def is_built() -> bool:
    """Whether there is a page to show."""
    return "chat.js" in manifest()
