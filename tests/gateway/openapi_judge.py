"""The OpenAPI document as a judge of bodies and answers."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from clawdsite.core.config.schema import Config
from gateway.openapi import document
from gateway.types import Json

DOCUMENT = document(Config())
SCHEMAS: Json = DOCUMENT["components"]["schemas"]


@cache
def validator(name: str, *, closed: bool = False) -> Draft202012Validator:
    """closed: fields that the document does not name are wrong."""
    components = _closed(DOCUMENT["components"]) if closed else DOCUMENT["components"]
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "object" in schema.get("type", ()):
        found.setdefault("additionalProperties", False)
    return found


def check(name: str, found: object) -> None:
    problems = [
        f"{error.json_path}: {error.message}" for error in validator(name, closed=True).iter_errors(found)
    ]
    assert problems == []
