"""Every key that config.yaml may hold, read off the schema: for `explain`, reloads, nearest names, docs."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from clawdsite.core.config.schema import Config, Section
from clawdsite.core.config.units import bytes_text, seconds_text, to_bytes, to_seconds

LIFTED: Final = ("timeout", "max_connections")  # at the top level they mean upstream's
FROM_FILE: Final = {
    "secret_key_file": "secret_key",
    "database_url_file": "database_url",
    "redis_url_file": "redis_url",
    "auth.signing_key_file": "auth.signing_key",
    "auth.pepper_file": "auth.pepper",
    "oauth2.client_secret_file": "oauth2.client_secret",
    "auth.jwt.secret_file": "auth.jwt.secret",
    "auth.jwt.public_key_file": "auth.jwt.public_key",
    "upstream.authorization_file": "upstream.authorization",
}
PLAIN: Final = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "mapping"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key. path: dotted, without indexes (`auth.jwt.secret` stands for each issuer's).

    kind: its type in words. default: as one would write it. stands_for: the key it sets, where it is
    another spelling (`timeout`) or names a file (`secret_key_file`).
    """

    path: str
    kind: str
    default: str
    description: str
    restart: bool = False
    planned: bool = False
    secret: bool = False
    stands_for: str = ""
    field: FieldInfo | None = None

    @property
    def effect(self) -> str:
        """When an edit counts: `reload` (SIGHUP), `restart`, or `not available yet`."""
        if self.planned:
            return "not available yet"
        return "restart" if self.restart else "reload"

    @property
    def row(self) -> str:
        """Its line in docs/configuration.md."""
        cells = f"`{self.path}`", self.kind, f"`{self.default}`", self.effect, self.description
        return f"| {' | '.join(cells)} |"


@cache
def catalogue() -> dict[str, Key]:
    """All keys by path, in the schema's order, other spellings right behind the key they set."""
    found: dict[str, Key] = {}
    for key in _keys_of(Config, ""):
        found[key.path] = key
        for path, target in FROM_FILE.items():
            if target == key.path:
                found[path] = _file_key(path, key)
    for name in LIFTED:
        found[name] = _lifted(name, found[f"upstream.{name}"])
    return found


@cache
def sections() -> dict[str, str]:
    """Dotted path of every section -> its description."""
    return dict(_sections_of(Config, ""))


def section_of(annotation: Any) -> type[Section] | None:
    """The section that an annotation holds, alone or in a tuple; else None."""
    inner = get_args(annotation)[0] if get_origin(annotation) is tuple else annotation
    return inner if isinstance(inner, type) and issubclass(inner, Section) else None


def marked(field: FieldInfo, mark: str) -> bool:
    """Whether the schema gave this field the marker `restart` or `planned`."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(mark))


def _keys_of(model: type[Section], above: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        if inner := section_of(field.annotation):
            yield from _keys_of(inner, f"{above}{name}.")
        else:
            yield _key(f"{above}{name}", field)


def _sections_of(model: type[Section], above: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        if inner := section_of(field.annotation):
            yield f"{above}{name}", field.description or ""
            yield from _sections_of(inner, f"{above}{name}.")


def _key(path: str, field: FieldInfo) -> Key:
    return Key(
        path=path,
        kind=_kind(field),
        default=written(field.get_default(call_default_factory=True), field),
        description=field.description or "",
        restart=marked(field, "restart"),
        planned=marked(field, "planned"),
        secret=field.annotation is SecretStr,
        field=field,
    )


def _file_key(path: str, key: Key) -> Key:
    description = f"File that holds {key.path}, e.g. a mounted secret; instead of it."
    return Key(path, "path", '""', description, key.restart, key.planned, stands_for=key.path)


def _lifted(name: str, key: Key) -> Key:
    return Key(name, key.kind, key.default, f"The same as {key.path}.", stands_for=key.path)


def _reader(field: FieldInfo) -> Any:
    """The unit's own reader (`to_seconds`, `to_bytes`), or None."""
    readers = (getattr(mark, "func", None) for mark in field.metadata)
    return next((reader for reader in readers if reader in (to_seconds, to_bytes)), None)


def _kind(field: FieldInfo) -> str:
    if reader := _reader(field):
        return "duration" if reader is to_seconds else "size"
    return _kind_of(field.annotation)


def _kind_of(annotation: Any) -> str:
    if annotation is SecretStr:
        return "secret text"
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(map(written, inner))
    if origin is tuple:
        return f"list of {_kind_of(inner[0])}"
    if origin is dict:
        return "mapping"
    if origin in (typing.Union, types.UnionType):
        return f"{_kind_of(inner[0])} or empty"
    if origin is typing.Annotated:
        return _kind_of(inner[0])
    return PLAIN[annotation]


def written(value: Any, field: FieldInfo | None = None) -> str:
    """A value as one would write it in config.yaml; never call it with a secret that was set."""
    reader = _reader(field) if field else None
    if reader is to_seconds:
        return seconds_text(value)
    if reader is to_bytes:
        return bytes_text(value)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {written(below)}" for name, below in value.items()) + "}"
    return str(value) if value != "" else '""'
