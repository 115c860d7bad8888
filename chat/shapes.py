"""What the protocol's table is written in: kinds of values, fields, messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """ts: what TypeScript calls it. fits: whether a JSON value is one. schema: the same as a JSON schema."""

    ts: str
    fits: Callable[[Any], bool]
    schema: Json


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

TEXT: Final = Kind("string", lambda value: isinstance(value, str), {"type": "string"})
TRUTH: Final = Kind("boolean", lambda value: isinstance(value, bool), {"type": "boolean"})
WHOLE: Final = Kind(
    "number",
    lambda value: isinstance(value, int) and not isinstance(value, bool),
    {"type": "integer"},
)
ID: Final = Kind(
    "Id",
    lambda value: isinstance(value, str) and CANONICAL.match(value) is not None,
    {"type": "string", "format": "uuid"},
)
ANY: Final = Kind("Record<string, unknown>", lambda value: isinstance(value, dict), {"type": "object"})


def one_of(*words: str) -> Kind:
    spelled = " | ".join(f'"{word}"' for word in words)
    return Kind(spelled, lambda value: value in words, {"type": "string", "enum": list(words)})


def exactly(number: int) -> Kind:
    fits: Callable[[Any], bool] = lambda value: value == number and not isinstance(value, bool)  # noqa: E731
    return Kind(str(number), fits, {"const": number})


def nullable(kind: Kind) -> Kind:
    schema = {"anyOf": [kind.schema, {"type": "null"}]}
    return Kind(f"{kind.ts} | null", lambda value: value is None or kind.fits(value), schema)


def listed(kind: Kind) -> Kind:
    def fits(value: Any) -> bool:
        return isinstance(value, list) and all(map(kind.fits, value))

    return Kind(f"Array<{kind.ts}>", fits, {"type": "array", "items": kind.schema})


def record(*fields: Field) -> Kind:
    """An object with these fields."""
    inner = "; ".join(f"{field.name}{'?' if field.optional else ''}: {field.kind.ts}" for field in fields)
    fits: Callable[[Any], bool] = lambda value: isinstance(value, dict) and not faults(fields, value)  # noqa: E731
    return Kind(f"{{ {inner} }}", fits, as_schema(fields))


def as_schema(fields: tuple[Field, ...], **more: Json) -> Json:
    """An object with these fields. more: further ones, as schemas, that must be there."""
    described = {
        field.name: {**field.kind.schema, **({"description": field.says} if field.says else {})}
        for field in fields
    }
    needed = [*more, *(field.name for field in fields if not field.optional)]
    found: Json = {"type": "object", "properties": {**more, **described}}
    return found | ({"required": needed} if needed else {})


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
