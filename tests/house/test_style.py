"""Files and functions stay small, words stay ours, and nothing is left for later."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house import tree

FORBIDDEN = {"util", "utils", "helper", "helpers", "manager", "handler", "process", "data", "info", "misc"}
ALLOWED = {"handler400", "handler403", "handler404", "handler500"}  # Django's own
GIVEN = {"data_received", "feed_data"}  # asyncio's and aiohttp's own, with their arguments
LEFT_FOR_LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|\bmark\.(skip|xfail)\b")
PYTHON = tree.python()
PRODUCT = [path for path in tree.python(*tree.PRODUCT) if "migrations" not in path.parts]
SOURCES = tree.files(".py", ".js", ".mjs", ".css", ".html", ".sh")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, Function):
            yield node


def arguments(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def at(path: Path, function: Function) -> str:
    return f"{tree.name(path)}:{function.lineno} {function.name}"


def test_a_file_has_at_most_400_lines() -> None:
    assert [tree.name(path) for path in SOURCES if len(path.read_text().splitlines()) > 400] == []


def test_a_function_has_at_most_50_lines() -> None:
    long = [
        at(path, each)
        for path in PYTHON
        for each in functions(path)
        if (each.end_lineno or 0) - each.lineno >= 50
    ]
    assert long == []


def test_a_module_says_what_it_is() -> None:
    silent = [
        tree.name(path)
        for path in PYTHON
        if path.read_text().strip()
        and "migrations" not in path.parts
        and not ast.get_docstring(tree.parsed(path))
    ]
    assert silent == []


def defined(path: Path) -> Iterator[str]:
    """Names that this module gives: itself, classes, functions, variables, arguments."""
    yield path.stem
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, Function) and node.name not in GIVEN:
            yield node.name
            yield from (argument.arg for argument in arguments(node))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def is_vague(name: str) -> bool:
    """`token_data` and `KeyManager` say nothing; `data_url` is a thing."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return bool(words) and words[-1].lower() in FORBIDDEN and name not in ALLOWED


def test_names_say_what_a_thing_is() -> None:
    vague = [f"{tree.name(path)}: {name}" for path in PRODUCT for name in defined(path) if is_vague(name)]
    assert vague == []
    assert all(map(is_vague, ("data", "token_data", "KeyManager", "utils", "INFO")))
    assert not any(map(is_vague, ("data_url", "process_view", "informed", "handler404")))


def test_nothing_is_left_for_later() -> None:
    left = [
        f"{tree.name(path)}: {found[0]}"
        for path in SOURCES
        if path != Path(__file__) and (found := LEFT_FOR_LATER.search(path.read_text()))
    ]
    assert left == []


def test_no_exception_is_swallowed_whole() -> None:
    """`except Exception: pass` hides the bug that will be searched for at night."""
    silent = [
        f"{tree.name(path)}:{node.lineno}"
        for path in PYTHON
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
        and len(node.body) == 1
        and isinstance(node.body[0], ast.Pass | ast.Continue)
    ]
    assert silent == []


def is_bare(function: Function) -> bool:
    untyped = [
        each for each in arguments(function) if each.annotation is None and each.arg not in ("self", "cls")
    ]
    return bool(untyped) or (function.returns is None and function.name != "__init__")


def test_every_signature_is_typed() -> None:
    assert [at(path, each) for path in PRODUCT for each in functions(path) if is_bare(each)] == []
