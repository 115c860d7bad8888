"""A forced tool choice, which the model's host does not know, asked as JSON by a format (reference 1.7)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from gateway.types import ChatRequest, Json, Plan, Tool

_NAMED: Final = (
    "Answer by calling the function below: reply only with the JSON object of its arguments.\nFunction: "
)
_REQUIRED: Final = (
    "Answer by calling exactly one of the functions below: reply only with a JSON object that has its "
    '"name" and its "arguments".\nFunctions: '
)


def chosen(request: ChatRequest, plan: Plan) -> tuple[Tool, ...]:
    """The functions that the answer may call."""
    if plan.forced == "named":
        return tuple(tool for tool in request.tools if tool.name == plan.forced_name)
    return request.tools


def to_instruction(request: ChatRequest, plan: Plan) -> str:
    """The text for the system message."""
    tools = [_described(tool) for tool in chosen(request, plan)]
    if plan.forced == "named":
        return _NAMED + _dumps(tools[0])
    return _REQUIRED + _dumps(tools)


def to_forced_format(request: ChatRequest, plan: Plan) -> Json:
    """The JSON schema of the answer: the named function's own, or a choice of all with their names."""
    tools = chosen(request, plan)
    if plan.forced == "named":
        return _as_object(tools[0].schema)
    whole: Json = {"anyOf": [_call(tool) for tool in tools]}
    shared = {tool.name: _rooted(tool.schema, tool.name) for tool in tools if _refers(tool.schema)}
    return whole | {"$defs": shared} if shared else whole


def _call(tool: Tool) -> Json:
    arguments = _as_object(tool.schema)
    if _refers(arguments):
        arguments = _rooted(arguments, tool.name)
    return {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": arguments},
        "required": ["name", "arguments"],
    }


def _as_object(schema: Json) -> Json:
    """Arguments are an object, also where the schema would allow null beside it."""
    return {**schema, "type": "object"} if isinstance(schema.get("type"), list) else schema


def _refers(schema: Any) -> bool:
    if isinstance(schema, dict):
        return isinstance(schema.get("$ref"), str) or any(_refers(value) for value in schema.values())
    return isinstance(schema, list) and any(_refers(value) for value in schema)


def _rooted(schema: Any, name: str) -> Any:
    """The schema with its local references led to where it now stands, `#/$defs/<name>`."""
    if isinstance(schema, dict):
        return {key: _led(key, value, name) for key, value in schema.items()}
    return [_rooted(value, name) for value in schema] if isinstance(schema, list) else schema


def _led(key: str, value: Any, name: str) -> Any:
    if key == "$ref" and isinstance(value, str) and value.startswith("#"):
        return f"#/$defs/{name}{value[1:]}"
    return _rooted(value, name)


def _described(tool: Tool) -> Json:
    described: Iterable[tuple[str, Any]] = (
        ("name", tool.name),
        ("description", tool.description),
        ("parameters", tool.schema),
    )
    return {key: value for key, value in described if value}


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
