"""The page's words: flat JSON catalogues, `<language>/<area>.json`, in which a key stands once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from clawdsite.core.config.live import current

FOLDER: Final = Path(__file__).resolve().parent
LANGUAGES: Final = ("en", "zh")

Catalogue = dict[str, str]
_kept: dict[str, tuple[object, Catalogue]] = {}


def catalogue(language: str) -> Catalogue:
    """Every text of the page in `language`. Read once; in development again when a file has changed."""
    files = sorted((FOLDER / language).glob("*.json"))
    state = [(path, path.stat().st_mtime_ns) for path in files] if current().development else None
    kept = _kept.get(language)
    if kept is None or kept[0] != state:
        kept = _kept[language] = (state, merged(files))
    return kept[1]


def merged(files: list[Path]) -> Catalogue:
    """All files' texts in one. ValueError: a key stands twice, or a file is no flat object of texts."""
    found: Catalogue = {}
    for path in files:
        for key, text in read(path).items():
            if key in found:
                raise ValueError(f"{path.name}: {key} stands in another catalogue too")
            found[key] = text
    return found


def read(path: Path) -> Catalogue:
    """One file. ValueError: as `merged`."""
    pairs = json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
    if not isinstance(pairs, dict) or not all(isinstance(text, str) for text in pairs.values()):
        raise ValueError(f"{path.name}: must be one flat object of texts")
    return pairs


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)} stands twice")
    return found
