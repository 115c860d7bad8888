"""The smallest value that a JSON schema accepts, for `format` and for tool arguments."""

from __future__ import annotations

from typing import Any, Final

DEEPEST: Final = 8
SCALARS: Final[dict[str, Any]] = {"integer": 1, "number": 1.0, "boolean": True, "null": None}


def example(schema: Any, text: str = "", *, root: Any = None, depth: int = 0) -> Any:
    """A value for this schema; strings say `text`. What is too deep or unknown becomes text or None."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > DEEPEST:
        return text
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return next((value for value in schema["enum"] if str(value) in text), schema["enum"][0])
    inner = _branch(schema, root)
    if inner is not None:
        return example(inner, text, root=root, depth=depth + 1)
    return _typed(schema, text, root, depth)


def _branch(schema: dict[str, Any], root: Any) -> Any:
    """The schema behind a local $ref, or the first of several choices."""
    ref = schema.get("$ref")
    if isinstance(ref, str) and ref.startswith("#/"):
        found = root
        for step in ref[2:].split("/"):
            found = found.get(step) if isinstance(found, dict) else None
        return found
    for word in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(word), list) and schema[word]:
            return schema[word][0]
    return None


def _typed(schema: dict[str, Any], text: str, root: Any, depth: int) -> Any:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or (kind is None and "properties" in schema):
        fields = schema.get("properties")
        fields = fields if isinstance(fields, dict) else {}
        return {name: example(inner, text, root=root, depth=depth + 1) for name, inner in fields.items()}
    if kind == "array":
        return [example(schema.get("items", {}), text, root=root, depth=depth + 1)]
    if kind in ("integer", "number") and isinstance(schema.get("minimum"), int | float):
        return schema["minimum"]
    return SCALARS.get(kind, text) if isinstance(kind, str) else text
