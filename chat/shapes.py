"""What the protocol's table is written in: kinds of values, fields, messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True)
class Kind:
    """ts: what TypeScript calls it. fits: whether a JSON value is one."""

    ts: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """optional: it may be missing."""

    name: str
    kind: Kind
    says: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """answer: what comes back (client's). scope: who may say it (client's)."""

    t: str
    side: Literal["client", "server"]
    says: str
    fields: tuple[Field, ...] = ()
    answer: str = ""
    scope: str = ""


CANONICAL: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")

TEXT: Final = Kind("string", lambda value: isinstance(value, str))
TRUTH: Final = Kind("boolean", lambda value: isinstance(value, bool))
WHOLE: Final = Kind("number", lambda value: isinstance(value, int) and not isinstance(value, bool))
ID: Final = Kind("Id", lambda value: isinstance(value, str) and CANONICAL.match(value) is not None)
ANY: Final = Kind("Record<string, unknown>", lambda value: isinstance(value, dict))


def one_of(*words: str) -> Kind:
    return Kind(" | ".join(f'"{word}"' for word in words), lambda value: value in words)


def exactly(number: int) -> Kind:
    return Kind(str(number), lambda value: value == number and not isinstance(value, bool))


def nullable(kind: Kind) -> Kind:
    return Kind(f"{kind.ts} | null", lambda value: value is None or kind.fits(value))


def listed(kind: Kind) -> Kind:
    def fits(value: Any) -> bool:
        return isinstance(value, list) and all(map(kind.fits, value))

    return Kind(f"Array<{kind.ts}>", fits)


def record(*fields: Field) -> Kind:
    """An object with these fields."""
    inner = "; ".join(f"{field.name}{'?' if field.optional else ''}: {field.kind.ts}" for field in fields)
    return Kind(f"{{ {inner} }}", lambda value: isinstance(value, dict) and not faults(fields, value))


def faults(fields: tuple[Field, ...], found: Mapping[str, Any]) -> list[str]:
    """What of an object is not as these fields say."""
    known = {field.name: field for field in fields}
    wrong = [f"{name}: unknown" for name in found if name not in known]
    for field in fields:
        if field.name not in found:
            wrong += [] if field.optional else [f"{field.name}: missing"]
        elif not field.kind.fits(found[field.name]):
            wrong.append(f"{field.name}: not {field.kind.ts}")
    return wrong
