"""`instructions` and `input` of /v1/responses -> messages, in the order the model shall read them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from gateway.types import Image, Message
from gateway.wire.openai.fields import (
    Fields,
    as_fields,
    check_text,
    empty,
    missing,
    not_among,
    refused,
    too_long,
    unsupported,
    wrong_type,
)
from gateway.wire.openai.images_in import from_data_url
from gateway.wire.openai.messages_in import MOST_MESSAGES, Calls, called, merged
from gateway.wire.openai.parts_in import MOST_PARTS

ROLES: Final = ("user", "assistant", "system", "developer")
ITEMS: Final = ("message", "function_call", "function_call_output", "reasoning")
# Parts that may stand in a message or output, and the key of each part's text; a picture has none.
_SAID: Final = {"input_text": "text", "output_text": "text"}
_SHOWN: Final = {**_SAID, "input_image": ""}
_ANSWERED: Final = {**_SAID, "refusal": "refusal"}


def from_input(body: Fields, session: str | None) -> tuple[Message, ...]:
    """Turns in order: what the model said, called and thought in one go becomes one turn.

    An empty list is a question only with a session: it clears the session's context (S6).

    Raises:
        BadRequest: with the path of what is wrong.
    """
    instructions = body.text("instructions")
    system = [Message("system", instructions, param="instructions")] if instructions else []
    value = body.get("input")
    if value is None:
        raise missing("input")
    if isinstance(value, str):
        return (*system, Message("user", check_text(value, "input"), param="input"))
    if not isinstance(value, list):
        raise wrong_type("input", "one of a string or array of objects", value)
    if len(value) > MOST_MESSAGES:
        raise too_long("input", MOST_MESSAGES, len(value))
    if value:
        return (*system, *_turns(value))
    if session:
        return ()
    raise empty("input")


def _turns(items: list[Any]) -> tuple[Message, ...]:
    calls = Calls()
    turns: list[Message] = []
    for at, value in enumerate(items):
        turn = _turn(as_fields(value, f"input[{at}]"), calls)
        calls.made(turn.tool_calls)
        turns.append(turn)
    return merged(turns)


def _turn(item: Fields, calls: Calls) -> Message:
    kind = item.text("type") or ("message" if item.get("role") is not None else None)
    match kind:
        case "message":
            return _message(item)
        case "function_call":
            call = called(item.need_text("call_id"), item)
            return Message("assistant", tool_calls=(call,), param=item.at)
        case "function_call_output":
            return _output(item, calls)
        case "reasoning":
            return Message("assistant", thinking=_thinking(item), param=item.at)
        case None:
            raise missing(item.path("type"))
        case _:
            code = "unsupported_value"  # references to stored items, calls of built-in tools
            raise not_among(item.path("type"), kind, ITEMS, code)


def _message(item: Fields) -> Message:
    role = item.text("role")
    if role is None or role not in ROLES:
        raise not_among(item.path("role"), role, ROLES)
    if role == "assistant":
        text, _ = ("", ()) if item.get("content") is None else _content(item, "content", _ANSWERED)
        return Message("assistant", text, param=item.at)
    if item.get("content") == []:
        raise empty(item.path("content"))
    text, images = _content(item, "content", _SHOWN if role == "user" else _SAID)
    return Message("user" if role == "user" else "system", text, images=images, param=item.at)


def _output(item: Fields, calls: Calls) -> Message:
    """What a function gave; its name is found by the call's id."""
    call_id = item.need_text("call_id")
    name = calls.names.get(call_id)
    if name is None:
        message = (
            "No tool call found for function call output: its call_id is that of no earlier function_call."
        )
        raise refused(item.path("call_id"), message, "invalid_value")
    text, images = _content(item, "output", _SHOWN)
    turn = Message("tool", text, images=images, param=item.at)
    return replace(turn, tool_name=name, tool_call_id=call_id)


def _thinking(item: Fields) -> str:
    """`encrypted_content` is our own plain thinking; items of other origin have it in their texts."""
    sealed = item.text("encrypted_content")
    if sealed:
        return sealed
    pieces = [
        as_fields(part, f"{item.path(key)}[{at}]").need_text("text")
        for key in ("content", "summary")
        for at, part in enumerate(item.array(key, most=MOST_PARTS) or ())
    ]
    return "\n\n".join(pieces)


def _content(item: Fields, key: str, allowed: dict[str, str]) -> tuple[str, tuple[Image, ...]]:
    """The text, its parts joined by a blank line as in chat, and the pictures in order."""
    value, param = item.get(key), item.path(key)
    if isinstance(value, str):
        return check_text(value, param), ()
    if value is None:
        raise missing(param)
    if not isinstance(value, list):
        raise wrong_type(param, "one of a string or array of objects", value)
    if len(value) > MOST_PARTS:
        raise too_long(param, MOST_PARTS, len(value))
    texts: list[str] = []
    images: list[Image] = []
    for at, given in enumerate(value):
        part = as_fields(given, f"{param}[{at}]")
        kind = part.need_text("type")
        if kind not in allowed:
            raise not_among(part.path("type"), kind, tuple(allowed))
        if kind == "input_image":
            images.append(_image(part))
        else:
            texts.append(part.need_text(allowed[kind]))
    return "\n\n".join(texts), tuple(images)


def _image(part: Fields) -> Image:
    if part.get("file_id") is not None:
        raise unsupported(part.path("file_id"), "is not supported: this server keeps no files")
    return from_data_url(part.need_text("image_url"), part.path("image_url"))
