"""Third-party lists: collected only where CLAWDBOT_CORPORA points (contract.md, Tests)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def folder(name: str) -> Path | None:
    """The folder of one corpus, or None where the corpora are not at hand."""
    root = os.environ.get("CLAWDBOT_CORPORA")
    found = Path(root) / name if root else None
    return found if found is not None and found.is_dir() else None


def loaded(name: str, file: str) -> Any:
    """A JSON file of a corpus; an empty list where the corpora are not at hand."""
    found = folder(name)
    return json.loads((found / file).read_text(encoding="utf-8")) if found else []
