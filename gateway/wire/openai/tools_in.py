"""Tools and the choice among them; the older `functions` become tools too (reference 1.2, 1.5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from clawdsite.core.errors import BadRequest
from gateway.types import Tool, ToolChoice
from gateway.wire.openai.fields import Fields, as_fields, empty, not_among, refused, wrong_type
from gateway.wire.openai.schema_in import Room, SchemaReader

MOST_TOOLS: Final = 128
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MODES: Final = ("none", "auto", "required")


def from_tools(body: Fields) -> tuple[Tool, ...]:
    """The function tools of `tools`. Raises BadRequest for custom tools, names, schemas, more than 128."""
    return _tools(body, "tools", _function_of)


def from_functions(body: Fields) -> tuple[Tool, ...]:
    """The deprecated `functions`."""
    return _tools(body, "functions", lambda item: item)


def from_tool(function: Fields, room: Room) -> Tool:
    """One function: `{"name", "description", "parameters"}`."""
    name = function.need_text("name")
    param = function.path("name")
    if not _NAME.fullmatch(name):
        message = f"Invalid '{param}': expected a string that matches the pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
        raise refused(param, message, "invalid_value")
    function.flag("strict")
    schema = function.inner("parameters")
    whole = schema.values if schema else {}
    reader = SchemaReader(whole, name, function.path("parameters"), room)
    return Tool(
        name=name,
        description=function.text("description") or "",
        parameters=reader.parameters(),
        schema=whole or {"type": "object", "properties": {}},
    )


def from_choice(body: Fields, tools: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], ToolChoice]:
    """`tool_choice`, and the tools it leaves.

    Raises:
        BadRequest: `invalid_value` param `tool_choice` where it names what is not in `tools`.
    """
    value = body.get("tool_choice")
    if value is None:
        return tools, ToolChoice()
    if isinstance(value, str):
        return tools, _by_mode(body.word("tool_choice", _MODES), tools)
    if not isinstance(value, dict):
        raise wrong_type("tool_choice", "one of a string or an object", value)
    choice = Fields(value, "tool_choice")
    kind = choice.need_text("type")
    if kind == "function":
        return tools, _by_name(choice.need_inner("function").need_text("name"), tools, "tool_choice")
    if kind == "allowed_tools":
        return _allowed(choice.need_inner("allowed_tools"), tools)
    raise not_among("tool_choice.type", kind, ("function", "allowed_tools"), "unsupported_value")


def from_function_call(body: Fields, tools: tuple[Tool, ...]) -> ToolChoice:
    """The deprecated `function_call`."""
    value = body.get("function_call")
    if value is None:
        return ToolChoice()
    if isinstance(value, str):
        return _by_mode(body.word("function_call", ("none", "auto")), tools)
    if not isinstance(value, dict):
        raise wrong_type("function_call", "one of a string or an object", value)
    return _by_name(Fields(value, "function_call").need_text("name"), tools, "function_call")


def _tools(body: Fields, key: str, function_of: Callable[[Fields], Fields]) -> tuple[Tool, ...]:
    room = Room()
    found: dict[str, Tool] = {}
    for at, item in enumerate(body.array(key, most=MOST_TOOLS) or ()):
        function = function_of(as_fields(item, f"{key}[{at}]"))
        tool = from_tool(function, room)
        if tool.name in found:
            param = function.path("name")
            raise refused(param, f"Invalid '{param}': another function has the same name.", "invalid_value")
        found[tool.name] = tool
    return tuple(found.values())


def _function_of(item: Fields) -> Fields:
    kind = item.need_text("type")
    if kind != "function":
        raise not_among(item.path("type"), kind, ("function",), "unsupported_value")
    return item.need_inner("function")


def _by_mode(mode: str | None, tools: tuple[Tool, ...]) -> ToolChoice:
    if mode == "required":
        if not tools:
            raise _unknown("tool_choice", "a call is required, but there are no tools")
        return ToolChoice("required")
    return ToolChoice("none" if mode == "none" else "auto")


def _by_name(name: str, tools: tuple[Tool, ...], param: str) -> ToolChoice:
    if all(tool.name != name for tool in tools):
        raise _unknown(param, "it names a function that is not among the tools")
    return ToolChoice("named", name)


def _allowed(choice: Fields, tools: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], ToolChoice]:
    items: list[Any] | None = choice.array("tools", most=MOST_TOOLS)
    if not items:
        raise empty(choice.path("tools"))
    places = [as_fields(item, f"{choice.path('tools')}[{at}]") for at, item in enumerate(items)]
    names = {_function_of(place).need_text("name") for place in places}
    if not names <= {tool.name for tool in tools}:
        raise _unknown("tool_choice", "it allows a function that is not among the tools")
    mode = choice.word("mode", ("auto", "required"))
    kept = tuple(tool for tool in tools if tool.name in names)
    return kept, _by_mode(mode, kept)


def _unknown(param: str, reason: str) -> BadRequest:
    return refused(param, f"Invalid value for '{param}': {reason}.", "invalid_value")
