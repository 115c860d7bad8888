"""Body of /v1/responses -> ChatRequest."""

from __future__ import annotations

from typing import Any, Final

from gateway.types import ChatRequest, Json
from gateway.wire.openai import common_in, labels_in, sampling_in, thinking_in
from gateway.wire.openai.fields import Fields, as_fields, missing, not_among, refused, unsupported
from gateway.wire.openai.format_in import KINDS, from_schema
from gateway.wire.responses.items_in import from_input
from gateway.wire.responses.tools_in import from_choice, from_tools

LOGPROBS: Final = "message.output_text.logprobs"
INCLUDED: Final = (LOGPROBS, "reasoning.encrypted_content")  # the latter is always there
_SUMMARIES: Final = ("auto", "concise", "detailed")
_VERBOSITIES: Final = ("low", "medium", "high")
# What needs a memory between calls; without it the answer would be another one.
_REFUSED: Final = ("previous_response_id", "conversation", "prompt", "context_management")
_OWN: Final = frozenset(
    {
        "input", "instructions", "max_output_tokens", "text", "tools", "tool_choice", "parallel_tool_calls",
        "top_logprobs", "include", "truncation", "store", "background", "max_tool_calls",
    }
)  # fmt: skip
_CHATS: Final = frozenset({"max_tokens", "max_completion_tokens"})  # names of the other endpoint
NAMES: Final = (common_in.NAMES | thinking_in.NAMES | _OWN | frozenset(_REFUSED)) - _CHATS


def from_response_body(body: Json, *, session: str | None = None, n_max: int = 4) -> ChatRequest:
    """One request, validated (OpenAI's create response; reference 1.8).

    session: the header X-Session-Id. n_max: unused, for a response is one answer.
    Fields without effect are named in `notes`.

    Raises:
        BadRequest: with `param` and OpenAI's code; `unsupported_parameter` or `unsupported_value` for what
            needs stored responses, background work or built-in tools.
    """
    fields = Fields(body)
    _refuse_unsupported(fields)
    labels_in.check_hints(fields)
    sampling_in.check_logit_bias(fields)
    streaming = common_in.from_streaming(fields)
    wish = thinking_in.from_thinking(fields)
    named = labels_in.from_session(fields, session)
    tools, choice = from_choice(fields, from_tools(fields))
    return ChatRequest(
        model=labels_in.from_model(fields),
        messages=from_input(fields, named),
        stream=streaming.stream,
        max_tokens=fields.integer("max_output_tokens", low=1),
        options=sampling_in.from_options(fields),
        stop=sampling_in.from_stop(fields),
        format=_format(fields),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=fields.flag("parallel_tool_calls") is not False,
        think=wish.think,
        effort_given=wish.think is True,
        hide_reasoning=wish.hide,
        session=named,
        end_user=labels_in.from_user(fields),
        service_tier=labels_in.from_service_tier(fields),
        notes=fields.others(NAMES),
        **_logprobs(fields),
    )


def _refuse_unsupported(body: Fields) -> None:
    for key in _REFUSED:
        if body.get(key) is not None:
            raise unsupported(key, "is not supported: this server keeps nothing between calls")
    if body.flag("background"):
        message = (
            "Unsupported value: 'background' must be false, for this server keeps nothing between calls."
        )
        raise refused("background", message, "unsupported_value")
    if body.word("truncation", ("auto", "disabled")) == "auto":
        message = (
            "Unsupported value: 'truncation' must be 'disabled', for this server never cuts a conversation."
        )
        raise refused("truncation", message, "unsupported_value")
    body.integer("max_tool_calls", low=1)  # of built-in tools, and there are none
    body.integer("n", low=1, high=1)
    reasoning = body.inner("reasoning") or Fields({})
    for key in ("summary", "generate_summary"):
        reasoning.word(key, _SUMMARIES)


def _format(body: Fields) -> str | Json | None:
    """`text.format`: None, "json", or the schema, which here stands beside its name."""
    text = body.inner("text") or Fields({}, "text")
    text.word("verbosity", _VERBOSITIES)
    given = text.inner("format")
    if given is None:
        return None
    kind = given.need_text("type")
    if kind not in KINDS:
        raise not_among(given.path("type"), kind, KINDS)
    if kind == "text":
        return None
    if kind == "json_object":
        return "json"
    if given.get("schema") is None:
        raise missing(given.path("schema"))
    return from_schema(as_fields(given.values, given.at))


def _logprobs(body: Fields) -> dict[str, Any]:
    """Asked for by `include`, or by `top_logprobs` alone."""
    top = body.integer("top_logprobs", low=0, high=20)
    wanted = bool(top)
    for at, word in enumerate(body.array("include", most=32) or ()):
        if word not in INCLUDED:
            raise not_among(f"include[{at}]", word, INCLUDED, "unsupported_value")
        wanted = wanted or word == LOGPROBS
    return {"logprobs": wanted, "top_logprobs": top if wanted else None}
