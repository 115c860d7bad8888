"""What the browser has to fetch: gzip sizes of what the build made."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.page.budget import Row
from tests.server.process import ROOT

DIST: Final = ROOT / "static" / "dist"
LAZY: Final = {
    "highlight.js": ("highlighting, when code is seen", 45),
    "katex": ("mathematics, when a formula is seen", 80),
}


def rows() -> Iterator[Row]:
    outputs = json.loads((DIST / "meta.json").read_text())["outputs"]
    manifest = json.loads((DIST / "manifest.json").read_text())
    by_name = {Path(path).name: output for path, output in outputs.items()}
    first = eager(by_name, manifest["chat.js"])
    libraries, own = shares(by_name, first)
    yield Row("JavaScript of the first load", kilobytes(first), 75, "kB gzip")
    yield Row(
        "… of it our own, by its share of the bytes",
        kilobytes(first) * own / (own + libraries),
        None,
        "kB gzip",
    )
    yield Row("CSS of the first load", kilobytes({manifest["chat.css"]}), 12, "kB gzip")
    for package, (what, most) in LAZY.items():
        chunk = holding(by_name, package, first)
        if chunk is not None:
            yield Row(what, kilobytes(eager(by_name, chunk) - first), most, "kB gzip")


def eager(outputs: dict[str, Any], entry: str) -> set[str]:
    """The file and all that it imports at once."""
    found, waiting = set(), [entry]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        imports = outputs[name]["imports"]
        waiting += [Path(one["path"]).name for one in imports if one["kind"] == "import-statement"]
    return found


def shares(outputs: dict[str, Any], names: set[str]) -> tuple[int, int]:
    """Bytes of packages and of our own in these files, before compression."""
    bytes_of = {True: 0, False: 0}
    for name in names:
        for source, given in outputs[name]["inputs"].items():
            bytes_of["node_modules" in source] += given["bytesInOutput"]
    return bytes_of[True], bytes_of[False]


def holding(outputs: dict[str, Any], package: str, first: set[str]) -> str | None:
    """The lazy file with the most of this package."""
    found = {
        name: sum(
            given["bytesInOutput"] for path, given in output["inputs"].items() if f"/{package}/" in path
        )
        for name, output in outputs.items()
        if name.endswith(".js") and name not in first
    }
    best = max(found, key=lambda name: found[name], default=None)
    return best if best is not None and found[best] else None


def kilobytes(names: set[str]) -> float:
    return sum(len(gzip.compress((DIST / name).read_bytes(), 9)) for name in names) / 1000
