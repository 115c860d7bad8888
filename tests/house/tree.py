"""The project's own files, as the guards read them."""

from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PRODUCT: Final = ("clawdsite", "accounts", "gateway", "chat")
SKIPPED: Final = {"var", "node_modules", "dist", "build", "__pycache__"}


@cache
def files(*suffixes: str, under: tuple[str, ...] = (".",)) -> tuple[Path, ...]:
    """Files below these folders with one of these endings, what is built or installed left out."""
    return tuple(path for folder in under for path in everything(folder) if path.suffix in suffixes)


@cache
def everything(folder: str) -> tuple[Path, ...]:
    """All that is below it; what is left out is not even looked into, as it is most by far."""
    found = []
    for here, folders, names in os.walk(ROOT / folder):
        folders[:] = [name for name in folders if not is_hidden(name)]
        found += [Path(here, name) for name in names]
    return tuple(sorted(found))


def is_hidden(folder: str) -> bool:
    return folder in SKIPPED or (folder[0] == "." and folder != ".ci")


def python(*under: str) -> tuple[Path, ...]:
    return files(".py", under=under or (".",))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def code(path: Path) -> str:
    """A Python file without comments and docstrings, any other file as it is."""
    if path.suffix != ".py":
        return path.read_text()
    module = ast.parse(path.read_text())
    for node in ast.walk(module):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            body[0] = ast.Pass()
    return ast.unparse(module)


def name(path: Path) -> str:
    """Relative, for test ids and messages."""
    return path.relative_to(ROOT).as_posix()


def docs() -> tuple[Path, ...]:
    """Every page a person reads."""
    return (*files(".md", under=("docs",)), *sorted(ROOT.glob("*.md")))
