"""The other fields of /v1/responses: options, formats, tools, and what needs a memory and is refused."""

from __future__ import annotations

from typing import Any

import pytest

from clawdsite.core.errors import BadRequest
from gateway.types import ChatRequest, Message, ToolChoice
from gateway.wire.responses import from_response_body

WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}, "strict": True}
OTHER = {**WEATHER, "name": "other"}
SCHEMA = {"type": "json_schema", "name": "x", "strict": True, "schema": {"type": "object"}}
LOGPROBS = ["message.output_text.logprobs"]
MISSING = "missing_required_parameter"


def asked(**fields: Any) -> ChatRequest:
    return from_response_body({"model": "qwen3:32b", "input": "hi", **fields})


def refusal(fields: dict[str, Any]) -> tuple[str | None, str | None]:
    with pytest.raises(BadRequest) as caught:
        asked(**fields)
    assert caught.value.message
    return caught.value.code, caught.value.param


def allowed(mode: str, *tools: Any) -> dict[str, Any]:
    return {"type": "allowed_tools", "mode": mode, "tools": list(tools)}


def test_the_defaults() -> None:
    assert from_response_body({"input": "hi"}) == ChatRequest(
        messages=(Message("user", "hi", param="input"),)
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"model": ""}, {"model": None}),
        ({"max_output_tokens": 16}, {"max_tokens": 16}),
        ({"temperature": 0, "top_p": 0.5}, {"options": {"temperature": 0.0, "top_p": 0.5}}),
        ({"temperature": None}, {"options": {}}),
        ({"stream": True}, {"stream": True}),
        ({"stream": True, "stream_options": {"include_obfuscation": False}}, {"stream": True}),
        ({"parallel_tool_calls": False}, {"parallel_tool_calls": False}),
        ({"reasoning": {"effort": "none", "summary": "auto"}}, {"think": False, "effort_given": False}),
        ({"reasoning": {"effort": "minimal"}}, {"think": True, "effort_given": True}),
        ({"reasoning": {"effort": "low"}}, {"think": True, "effort_given": True}),
        ({"reasoning": {"effort": "max"}}, {"think": True, "effort_given": True}),
        ({"reasoning": {"summary": "detailed"}}, {"think": None}),
        ({"text": {"format": {"type": "text"}, "verbosity": "low"}}, {"format": None}),
        ({"text": {"format": {"type": "json_object"}}}, {"format": "json"}),
        (
            {"text": {"format": SCHEMA}},
            {"format": {"type": "object"}},
        ),
        ({"metadata": {"session_id": "s1", "a": "b"}}, {"session": "s1"}),
        ({"session_id": "s1"}, {"session": "s1"}),
        ({"user": "u1"}, {"end_user": "u1"}),
        ({"service_tier": "auto"}, {"service_tier": "auto"}),
        ({"store": True}, {"notes": ()}),
        ({"truncation": "disabled", "background": False}, {"notes": ()}),
        ({"previous_response_id": None, "conversation": None, "prompt": None}, {"notes": ()}),
        ({"include": ["reasoning.encrypted_content"]}, {"logprobs": False}),
        ({"include": LOGPROBS, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ({"top_logprobs": 3}, {"logprobs": True, "top_logprobs": 3}),
        ({"top_logprobs": 0}, {"logprobs": False, "top_logprobs": None}),
        ({"prompt_cache_key": "k", "safety_identifier": "s"}, {"end_user": None}),
        ({"foo": 1, "max_tokens": 5}, {"notes": ("foo", "max_tokens"), "max_tokens": None}),
    ],
    ids=lambda value: f"resp-{str(value)[:50]}",
)  # fmt: skip
def test_a_field_and_what_it_asks(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    request = asked(**fields)
    assert {key: getattr(request, key) for key in expected} == expected


def test_the_session_header_wins() -> None:
    assert from_response_body({"input": "hi", "session_id": "b"}, session="a").session == "a"


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"previous_response_id": "resp_1"}, "unsupported_parameter", "previous_response_id"),
        ({"conversation": {"id": "conv_1"}}, "unsupported_parameter", "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "unsupported_parameter", "prompt"),
        ({"context_management": [{"type": "compaction"}]}, "unsupported_parameter", "context_management"),
        ({"moderation": {}}, "unsupported_parameter", "moderation"),
        ({"background": True}, "unsupported_value", "background"),
        ({"truncation": "auto"}, "unsupported_value", "truncation"),
        ({"truncation": "middle"}, "invalid_value", "truncation"),
        ({"include": ["file_search_call.results"]}, "unsupported_value", "include[0]"),
        ({"include": ["reasoning.encrypted_content", "frob"]}, "unsupported_value", "include[1]"),
        ({"include": "x"}, "invalid_type", "include"),
        ({"max_output_tokens": 0}, "integer_below_min_value", "max_output_tokens"),
        ({"max_output_tokens": "5"}, "invalid_type", "max_output_tokens"),
        ({"temperature": 3}, "decimal_above_max_value", "temperature"),
        ({"n": 2}, "integer_above_max_value", "n"),
        ({"top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
        ({"reasoning": {"effort": "extreme"}}, "invalid_value", "reasoning.effort"),
        ({"reasoning": {"summary": "long"}}, "invalid_value", "reasoning.summary"),
        ({"reasoning": "low"}, "invalid_type", "reasoning"),
        ({"text": {"format": {"type": "xml"}}}, "invalid_value", "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "name": "x"}}}, MISSING, "text.format.schema"),
        ({"text": {"format": {}}}, MISSING, "text.format.type"),
        ({"text": {"verbosity": "loud"}}, "invalid_value", "text.verbosity"),
        ({"text": "x"}, "invalid_type", "text"),
        ({"stream": "true"}, "invalid_type", "stream"),
        ({"stream_options": {}}, "invalid_value", "stream_options"),
        ({"instructions": ["x"]}, "invalid_type", "instructions"),
        ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
        ({"store": "no"}, "invalid_type", "store"),
        ({"session_id": "x" * 129}, "string_above_max_length", "session_id"),
        ({"logit_bias": {"1": 5}}, "unsupported_parameter", "logit_bias"),
    ],
    ids=lambda value: f"resp-{str(value)[:50]}",
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_never_ignored(
    fields: dict[str, Any], code: str, param: str
) -> None:
    assert refusal(fields) == (code, param)


def test_functions_are_flat() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}
    (tool,) = asked(tools=[WEATHER | {"description": "d", "parameters": schema}]).tools
    assert (tool.name, tool.description, tool.schema) == ("get_weather", "d", schema)
    assert "additionalProperties" not in tool.parameters
    (bare,) = asked(tools=[{"type": "function", "name": "f", "description": None, "parameters": None}]).tools
    assert bare.parameters == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("choice", "expected", "left"),
    [
        (None, ToolChoice(), 2),
        ("auto", ToolChoice(), 2),
        ("none", ToolChoice("none"), 2),
        ("required", ToolChoice("required"), 2),
        ({"type": "function", "name": "other"}, ToolChoice("named", "other"), 2),
        (
            allowed("auto", {"type": "function", "name": "other"}),
            ToolChoice(),
            1,
        ),
        (
            allowed("required", {"type": "function", "name": "other"}),
            ToolChoice("required"),
            1,
        ),
    ],
    ids=[
        "resp-absent",
        "resp-auto",
        "resp-none",
        "resp-required",
        "resp-named",
        "resp-some",
        "resp-one-of-some",
    ],
)
def test_the_choice_among_tools(choice: Any, expected: ToolChoice, left: int) -> None:
    request = asked(tools=[WEATHER, OTHER], tool_choice=choice)
    assert (request.tool_choice, len(request.tools)) == (expected, left)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "unsupported_value", "tools[0].type"),
        ({"tools": [WEATHER, {"type": "custom", "name": "c"}]}, "unsupported_value", "tools[1].type"),
        ({"tools": [{"type": "file_search", "vector_store_ids": []}]}, "unsupported_value", "tools[0].type"),
        ({"tools": [{"type": "namespace", "name": "n", "tools": []}]}, "unsupported_value", "tools[0].type"),
        ({"tools": [{"name": "f"}]}, MISSING, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, MISSING, "tools[0].name"),
        ({"tools": [{"type": "function", "name": "a b"}]}, "invalid_value", "tools[0].name"),
        ({"tools": [WEATHER, WEATHER]}, "invalid_value", "tools[1].name"),
        ({"tools": [WEATHER | {"parameters": []}]}, "invalid_type", "tools[0].parameters"),
        ({"tools": [OTHER | {"name": f"f{at}"} for at in range(129)]}, "array_above_max_length", "tools"),
        ({"tool_choice": "required"}, "invalid_value", "tool_choice"),
        ({"tool_choice": "some"}, "invalid_value", "tool_choice"),
        ({"tool_choice": 3}, "invalid_type", "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "mcp"}}, "unsupported_value", "tool_choice.type"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function"}}, MISSING, "tool_choice.name"),
        ({"tools": [WEATHER], "tool_choice": OTHER}, "invalid_value", "tool_choice"),
        (
            {"tools": [WEATHER], "tool_choice": allowed("auto", {"type": "mcp"})},
            "unsupported_value",
            "tool_choice.tools[0].type",
        ),
    ],
    ids=lambda value: f"resp-{str(value)[:60]}",
)  # fmt: skip
def test_other_tools_are_refused(fields: dict[str, Any], code: str, param: str) -> None:
    assert refusal(fields) == (code, param)
