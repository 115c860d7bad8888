"""Messages, tools and schemas that request bodies are made of (reference 1.3, 1.5)."""

from __future__ import annotations

from typing import Final

from gateway.openapi.shapes import all_maybe, anything, array, fields, flag, maybe, one_of, text, word
from gateway.types import Json

NAME: Final = "^[a-zA-Z0-9_-]{1,64}$"
_TEXT: Final = fields({"type": word("text"), "text": text()}, needs=("type", "text"))
_REFUSAL: Final = fields({"type": word("refusal"), "refusal": text()}, needs=("type", "refusal"))
_URL: Final = text("A data URL (data:image/png;base64,...) of a PNG, JPEG, WEBP or GIF. Nothing is fetched.")
_PICTURE: Final = fields(
    {"type": word("image_url"), "image_url": one_of(_URL, fields({"url": _URL}, needs=("url",)))},
    needs=("type", "image_url"),
)


def parts() -> Json:
    """Schemas by name."""
    return {
        "ChatMessage": one_of(_system(), _user(), _assistant(), _tool(), _function()),
        "Function": function(),
        "NamedSchema": fields(
            {
                "schema": anything("A JSON schema."),
                **all_maybe({"name": text(), "description": text(), "strict": flag()}),
            },
            needs=("schema",),
        ),
    }


def function(**more: Json) -> Json:
    """A function: in chat by itself, in responses beside its `type`."""
    optional = {
        "description": text(),
        "parameters": anything("A JSON schema."),
        "strict": flag("Without effect."),
    }
    return fields({**more, "name": text(pattern=NAME), **all_maybe(optional)}, needs=(*more, "name"))


def _system() -> Json:
    return _message(("system", "developer"), _content(_TEXT))


def _user() -> Json:
    return _message(("user",), _content(_TEXT, _PICTURE))


def _assistant() -> Json:
    called = fields({"name": text(), "arguments": maybe(text("A JSON object."))}, needs=("name",))
    call = fields(
        {"type": maybe(word("function")), "id": maybe(text()), "function": called}, needs=("function",)
    )
    optional: Json = {
        "content": one_of(text(), array(one_of(_TEXT, _REFUSAL))),
        "refusal": text(),
        "reasoning_content": text("What the model thought."),
        "reasoning": text("Another name of reasoning_content."),
        "tool_calls": array(call, maxItems=128),
        "function_call": called,
    }
    return fields({"role": word("assistant"), **all_maybe(optional)}, needs=("role",))


def _tool() -> Json:
    more = all_maybe({"tool_call_id": text("Of a call in an earlier message."), "name": text()})
    return _message(("tool",), _content(_TEXT, _PICTURE), more)


def _function() -> Json:
    content = one_of(text(), array(one_of(_TEXT, _PICTURE)))
    optional = {"content": maybe(content)}
    return fields({"role": word("function"), "name": text(), **optional}, needs=("role", "name"))


def _message(roles: tuple[str, ...], content: Json, more: Json | None = None) -> Json:
    return fields({"role": word(*roles), "content": content, **(more or {})}, needs=("role", "content"))


def _content(*allowed: Json) -> Json:
    return one_of(text(), array(one_of(*allowed), minItems=1))
