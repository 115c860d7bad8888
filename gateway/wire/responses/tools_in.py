"""Tools of /v1/responses: functions, flat (`name` beside `type`); the choice among them."""

from __future__ import annotations

from typing import Final

from gateway.types import Json, Tool, ToolChoice
from gateway.wire.openai import tools_in
from gateway.wire.openai.fields import Fields, as_fields, not_among, refused
from gateway.wire.openai.schema_in import Room

_CHOICES: Final = ("function", "allowed_tools")


def from_tools(body: Fields) -> tuple[Tool, ...]:
    """The function tools of `tools`.

    Raises:
        BadRequest: `unsupported_value` param `tools[i].type` for custom and built-in tools; as in chat for
            names, schemas and more than 128.
    """
    room = Room()
    found: dict[str, Tool] = {}
    for at, item in enumerate(body.array("tools", most=tools_in.MOST_TOOLS) or ()):
        function = _function(as_fields(item, f"tools[{at}]"))
        tool = tools_in.from_tool(function, room)
        if tool.name in found:
            param = function.path("name")
            raise refused(param, f"Invalid '{param}': another function has the same name.", "invalid_value")
        found[tool.name] = tool
    return tuple(found.values())


def from_choice(body: Fields, tools: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], ToolChoice]:
    """`tool_choice`, and the tools it leaves; read as chat's once it is written as chat's."""
    value = body.get("tool_choice")
    if not isinstance(value, dict):
        return tools_in.from_choice(body, tools)
    choice = Fields(value, "tool_choice")
    kind = choice.need_text("type")
    if kind not in _CHOICES:
        raise not_among("tool_choice.type", kind, _CHOICES, "unsupported_value")
    nested = _nested(choice) if kind == "function" else _nested_list(choice)
    return tools_in.from_choice(Fields({"tool_choice": nested}), tools)


def _function(item: Fields) -> Fields:
    kind = item.need_text("type")
    if kind != "function":
        raise not_among(item.path("type"), kind, ("function",), "unsupported_value")
    return item


def _nested(item: Fields) -> Json:
    return {"type": "function", "function": {"name": _function(item).need_text("name")}}


def _nested_list(choice: Fields) -> Json:
    items = choice.array("tools", most=tools_in.MOST_TOOLS) or ()
    tools = [_nested(as_fields(item, f"tool_choice.tools[{at}]")) for at, item in enumerate(items)]
    return {"type": "allowed_tools", "allowed_tools": {"mode": choice.get("mode"), "tools": tools}}
