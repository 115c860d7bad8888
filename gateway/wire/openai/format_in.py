"""`response_format`: free text, any JSON, or JSON by a schema (reference 1.2)."""

from __future__ import annotations

from typing import Final

from gateway.types import Json
from gateway.wire.openai.fields import Fields, missing, not_among

KINDS: Final = ("text", "json_object", "json_schema")


def from_response_format(body: Fields) -> str | Json | None:
    """None, "json", or the schema.

    Raises:
        BadRequest: `missing_required_parameter` for a type or schema that is not there, `invalid_value` for
            another type.
    """
    given = body.inner("response_format")
    if given is None:
        return None
    kind = given.need_text("type")
    if kind not in KINDS:
        raise not_among(given.path("type"), kind, KINDS)
    if kind == "text":
        return None
    return "json" if kind == "json_object" else from_schema(given.need_inner("json_schema"))


def from_schema(given: Fields) -> Json:
    """The schema of `{"name", "description", "schema", "strict"}`."""
    for key in ("name", "description"):
        given.text(key)
    given.flag("strict")
    schema = given.inner("schema")
    if schema is None:
        raise missing(given.path("schema"))
    return schema.values
