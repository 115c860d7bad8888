"""What lies beside the packages in a checkout and inside `clawdsite` in a wheel; the page must be built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

UNBUILT = "static/dist is missing, so this wheel would have no page. Run `make setup`, then build again."


class WheelHook(BuildHookInterface):
    """hatchling calls it before it collects files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """version: `standard`, or `editable`: the checkout itself is on the path, and nothing is copied."""
        if version != "editable":
            root = Path(self.root)
            build_data["force_include"] |= {
                str(path): f"clawdsite/{path.relative_to(root)}" for path in beside(root)
            }


def beside(root: Path) -> Iterator[Path]:
    """Every such file: no sources of the page, no source maps, nothing of an earlier build."""
    for folder in (root / "templates", root / "locale"):
        yield from (path for path in folder.rglob("*") if path.is_file())
    static = root / "static"
    for path in static.rglob("*"):
        if path.is_file() and path.relative_to(static).parts[0] not in ("src", "dist"):
            yield path
    yield from built(static / "dist")


def built(dist: Path) -> Iterator[Path]:
    """The files of the last build, each with its compressed forms."""
    if not (dist / "manifest.json").exists():
        raise SystemExit(UNBUILT)
    yield from (dist / "manifest.json", dist / "licences.txt")
    for output in json.loads((dist / "meta.json").read_text("utf-8"))["outputs"]:
        file = dist / Path(output).name
        if file.suffix != ".map":
            yield from (file, dist / f"{file.name}.br", dist / f"{file.name}.gz")
