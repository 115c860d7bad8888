"""Words for writing JSON schemas (OpenAPI 3.1, JSON Schema 2020-12)."""

from __future__ import annotations

from typing import Any, Final

from gateway.types import Json

NOTHING: Final[Json] = {"type": "null"}


def text(about: str = "", **more: Any) -> Json:
    return _of("string", about, more)


def integer(about: str = "", **more: Any) -> Json:
    return _of("integer", about, more)


def number(about: str = "", **more: Any) -> Json:
    return _of("number", about, more)


def flag(about: str = "", **more: Any) -> Json:
    return _of("boolean", about, more)


def word(*allowed: str, about: str = "") -> Json:
    return text(about, enum=list(allowed))


def array(items: Json, about: str = "", **more: Any) -> Json:
    return _of("array", about, {"items": items, **more})


def anything(about: str = "") -> Json:
    """An object of whatever fields."""
    return _of("object", about, {})


def fields(properties: Json, *, needs: tuple[str, ...] = (), about: str = "", **more: Any) -> Json:
    """An object. needs: the properties that must be there."""
    required = {"required": list(needs)} if needs else {}
    return _of("object", about, {"properties": properties, **required, **more})


def answer(properties: Json, *, may: tuple[str, ...] = (), about: str = "") -> Json:
    """An object that we write: all of it is there, but for what it `may` leave out."""
    return fields(properties, needs=tuple(key for key in properties if key not in may), about=about)


def one_of(*choices: Json, about: str = "") -> Json:
    described = {"description": about} if about else {}
    return {**described, "anyOf": list(choices)}


def maybe(schema: Json) -> Json:
    """The same, or null."""
    if schema.get("type") == "null":
        return schema
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], NOTHING]}
    return {"anyOf": [schema, NOTHING]}


def all_maybe(properties: Json) -> Json:
    """A request's fields: null stands for absent wherever a field may be left out."""
    return {key: maybe(schema) for key, schema in properties.items()}


def refused(about: str) -> Json:
    """A field of OpenAI's that is answered with 400 rather than ignored."""
    return {"type": "null", "description": f"Not supported: 400 `unsupported_parameter`. {about}".strip()}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _of(kind: str, about: str, more: Json) -> Json:
    described = {"description": about} if about else {}
    return {"type": kind, **described, **more}
