"""Body of /v1/chat/completions -> ChatRequest."""

from __future__ import annotations

from typing import Any, Final

from gateway.types import ChatRequest, Json, Message
from gateway.wire.openai import common_in, thinking_in
from gateway.wire.openai.common_in import from_common
from gateway.wire.openai.fields import Fields, empty, missing, refused, wrong_type
from gateway.wire.openai.format_in import from_response_format
from gateway.wire.openai.labels_in import check_hints
from gateway.wire.openai.messages_in import MOST_MESSAGES, from_messages
from gateway.wire.openai.thinking_in import from_thinking
from gateway.wire.openai.tools_in import from_choice, from_function_call, from_functions, from_tools

_TOOL_NAMES: Final = {"tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"}
_KNOWN: Final = (
    common_in.NAMES
    | thinking_in.NAMES
    | _TOOL_NAMES
    | {"messages", "response_format", "logprobs", "top_logprobs", "modalities"}
)


def from_chat_body(body: Json, *, session: str | None = None, n_max: int = 4) -> ChatRequest:
    """One chat request, validated (OpenAI's create chat completion; reference 1.2, 1.3).

    session: the header X-Session-Id. n_max: the most answers to one request.
    Pictures come out as the client sent them; they are to be re-encoded before they go anywhere.
    Fields without effect are named in `notes`.

    Raises:
        BadRequest: with `param` and OpenAI's code, for whatever is wrong.
    """
    fields = Fields(body)
    common = from_common(fields, session=session, n_max=n_max)
    check_hints(fields)
    wish = from_thinking(fields)
    return ChatRequest(
        messages=_messages(fields, common["session"]),
        format=from_response_format(fields),
        think=wish.think,
        effort_given=wish.think is True,
        hide_reasoning=wish.hide,
        notes=fields.others(_KNOWN),
        **common,
        **_logprobs(fields),
        **_tools(fields),
    )


def _messages(body: Fields, session: str | None) -> tuple[Message, ...]:
    """An empty list is a question only with a session: it clears the session's context (S6)."""
    if "messages" not in body.values:
        raise missing("messages")
    items = body.array("messages", most=MOST_MESSAGES)
    if items is None:
        raise wrong_type("messages", "an array of objects", None)
    if not items and not session:
        raise empty("messages")
    return from_messages(items)


def _logprobs(body: Fields) -> dict[str, Any]:
    wanted = body.flag("logprobs") or False
    top = body.integer("top_logprobs", low=0, high=20)
    if top is not None and not wanted:
        message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        raise refused("top_logprobs", message, "invalid_value")
    return {"logprobs": wanted, "top_logprobs": top}


def _tools(body: Fields) -> dict[str, Any]:
    tools, functions = from_tools(body), from_functions(body)
    if tools and functions:
        message = "Invalid value for 'functions': 'tools' and 'functions' cannot both be given."
        raise refused("functions", message, "invalid_value")
    left, choice = from_choice(body, tools or functions)
    legacy = from_function_call(body, functions)
    parallel = body.flag("parallel_tool_calls")
    return {
        "tools": left,
        "tool_choice": legacy if functions and body.get("tool_choice") is None else choice,
        "legacy_functions": bool(functions),
        "parallel_tool_calls": parallel is not False and not functions,
    }
