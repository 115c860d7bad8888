"""What the build made of the page: names that change with their content, by static/dist/manifest.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from clawdsite.core.config.live import current

PACKAGE: Final = Path(__file__).resolve().parent.parent
URL: Final = "/static/dist/"
UNBUILT: Final = "The page is not built: static/dist is missing. Run `make setup`."

_kept: tuple[int, dict[str, str]] | None = None


def beside(name: str) -> Path:
    """A folder of ours: inside the package in an installed wheel, beside it in a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def address(name: str) -> str:
    """`chat.js` -> `/static/dist/chat-5F3A2B1C.js`; where nothing is built, an address that leads nowhere."""
    return URL + manifest().get(name, name)


def manifest() -> dict[str, str]:
    """Name -> file; empty where nothing is built. Read once; in development again when it has changed."""
    global _kept
    if _kept is not None and not current().development:
        return _kept[1]
    path = beside("static") / "dist/manifest.json"
    try:
        changed = path.stat().st_mtime_ns
        if _kept is None or _kept[0] != changed:
            _kept = changed, json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return _kept[1]


def is_built() -> bool:
    """Whether there is a page to show."""
    return "chat.js" in manifest()
