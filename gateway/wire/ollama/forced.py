"""A forced tool choice read back: the answer's JSON becomes one tool call (reference 1.7)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from gateway.types import ChatRequest, Json, Plan

# What `required` asks for, when it was cut: {"name": "f", "arguments": {...
_BEGUN: Final = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Forced:
    """The one call an answer amounts to. whole: its arguments are a JSON object, not cut."""

    name: str
    arguments: str
    whole: bool


def dumps(value: object) -> str:
    """Arguments as JSON text: compact, letters as they are (the outer JSON escapes them)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_forced(text: str, request: ChatRequest, plan: Plan) -> Forced | None:
    """text: the whole answer, as far as it came. None: it is no call (prose, or cut before the name)."""
    text = text.strip()
    if plan.forced == "named":
        return _named(text, plan.forced_name or "")
    return _required(text, {tool.name for tool in request.tools})


def _named(text: str, name: str) -> Forced | None:
    if _object(text) is not None:
        return Forced(name, text, whole=True)
    return Forced(name, text, whole=False) if text.startswith("{") else None


def _required(text: str, names: Collection[str]) -> Forced | None:
    found = _object(text)
    if found is not None:
        name, arguments = found.get("name"), found.get("arguments", {})
        if isinstance(name, str) and name in names and isinstance(arguments, dict):
            return Forced(name, dumps(arguments), whole=True)
        return None
    begun = _BEGUN.match(text)
    name = _string(begun.group(1)) if begun else None
    if begun is None or name is None or name not in names:
        return None
    return Forced(name, text[begun.end() :], whole=False)


def _object(text: str) -> Json | None:
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _string(text: str) -> str | None:
    try:
        return str(json.loads(text))
    except ValueError:
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
