"""The messages of a chat: each of OpenAI's becomes one turn, neighbouring assistant turns become one."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from clawdsite.core.errors import BadRequest
from gateway.types import Json, Message, ToolCall
from gateway.wire.jsonin import parse_text
from gateway.wire.openai.fields import Fields, as_fields, missing, not_among, refused
from gateway.wire.openai.parts_in import from_content

MOST_MESSAGES: Final = 10_000
MOST_CALLS: Final = 128
ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")


class Calls:
    """Tool calls made so far; answers are matched to them by id, and of equal ids the last one counts."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def made(self, calls: tuple[ToolCall, ...]) -> None:
        self.names.update((call.id, call.name) for call in calls)


def from_messages(items: list[Any], at: str = "messages") -> tuple[Message, ...]:
    """Turns in order; `developer` is `system`, `function` is `tool` (reference 1.3).

    Raises:
        BadRequest: with the path of what is wrong.
    """
    calls = Calls()
    turns: list[Message] = []
    for place, item in enumerate(items):
        turn = _turn(as_fields(item, f"{at}[{place}]"), calls)
        calls.made(turn.tool_calls)
        turns.append(turn)
    return merged(turns)


def _turn(message: Fields, calls: Calls) -> Message:
    role = message.text("role")
    if role is None or role not in ROLES:
        raise not_among(message.path("role"), role, ROLES)
    if role == "assistant":
        return _assistant(message)
    if role == "tool":
        return _tool(message, calls)
    content, images = from_content(message, role)
    if role == "function":
        return Message("tool", content, images=images, tool_name=message.need_text("name"), param=message.at)
    return Message("user" if role == "user" else "system", content, images=images, param=message.at)


def _assistant(message: Fields) -> Message:
    content, _ = from_content(message, "assistant")
    refusal = message.text("refusal")
    thinking = message.text("reasoning_content") or message.text("reasoning")
    return Message(
        "assistant",
        content or refusal or "",
        thinking=thinking or "",
        tool_calls=_tool_calls(message),
        param=message.at,
    )


def _tool(message: Fields, calls: Calls) -> Message:
    """An answer to a call: by its id, or where there is none by the function's name."""
    call_id = message.text("tool_call_id")
    name = message.text("name") or calls.names.get(call_id or "")
    if not calls.names or (call_id and call_id not in calls.names):
        raise _unasked(message)
    if not name:
        raise missing(message.path("tool_call_id"))
    content, images = from_content(message, "tool")
    return Message(
        "tool", content, images=images, tool_name=name, tool_call_id=call_id or None, param=message.at
    )


def _unasked(message: Fields) -> BadRequest:
    text = (  # OpenAI's spelling, which clients look for
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
        "with 'tool_calls'."
    )
    return refused(message.path("role").replace("[", ".[", 1), text, None)


def _tool_calls(message: Fields) -> tuple[ToolCall, ...]:
    items = message.array("tool_calls", most=MOST_CALLS)
    if items:
        places = [as_fields(item, f"{message.path('tool_calls')}[{at}]") for at, item in enumerate(items)]
        return tuple(_tool_call(place) for place in places)
    legacy = message.inner("function_call")
    return () if legacy is None else (called("", legacy),)


def _tool_call(item: Fields) -> ToolCall:
    kind = item.text("type")
    if kind not in (None, "function"):
        raise not_among(item.path("type"), kind, ("function",), "unsupported_value")
    return called(item.text("id") or "", item.need_inner("function"))


def called(call_id: str, function: Fields) -> ToolCall:
    """A call of `function`: `{"name", "arguments"}`, the latter a JSON object in a string."""
    name = function.need_text("name")
    if not name:
        raise refused(function.path("name"), "Invalid value: a function has a name.", "invalid_value")
    return ToolCall(call_id, name, _arguments(function))


def _arguments(function: Fields) -> Json:
    text = function.text("arguments")
    if text is None or not text.strip():
        return {}
    param = function.path("arguments")
    try:
        found = parse_text(text)
    except BadRequest:
        raise refused(param, f"Invalid '{param}': it is not valid JSON.", "invalid_value") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise refused(param, f"Invalid '{param}': expected a JSON object in the string.", "invalid_value")
    return found


def merged(turns: list[Message]) -> tuple[Message, ...]:
    """Neighbouring assistant turns as one: templates that merge them lose the later ones' calls."""
    found: list[Message] = []
    for role, group in groupby(turns, key=lambda turn: turn.role):
        same = list(group)
        found += [_joined(same)] if role == "assistant" else same
    return tuple(found)


def _joined(turns: list[Message]) -> Message:
    if len(turns) == 1:
        return turns[0]
    return replace(
        turns[0],
        content="\n\n".join(turn.content for turn in turns if turn.content),
        thinking="\n\n".join(turn.thinking for turn in turns if turn.thinking),
        tool_calls=tuple(call for turn in turns for call in turn.tool_calls),
    )
