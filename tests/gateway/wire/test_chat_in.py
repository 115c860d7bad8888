"""Fields of a chat request, one by one, down to the native body (reference 1.2, vectors 6.1)."""

from __future__ import annotations

import pytest

from clawdsite.core.errors import BadRequest
from gateway.types import Json
from gateway.wire.openai import from_chat_body
from tests.gateway.wire.down import (
    HI,
    PLAIN,
    QWEN,
    Row,
    Wrong,
    asked,
    native,
    payload_of,
    refusal,
    rows,
    whole,
)

SCHEMA: Json = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
HINTS: Json = {"store": True, "service_tier": "auto", "verbosity": "low", "prediction": {"type": "content"}}

ACCEPTED: list[Row] = [
    ("R01", {}, {}),
    ("R02-empty", {"model": ""}, {}),
    ("R02-null", {"model": None}, {}),
    ("R03", {"stream": True}, {}),
    ("R04", {"temperature": 0}, {"opt": {"temperature": 0}}),
    ("R05", {"temperature": None, "top_p": None}, {}),
    ("R08", {"top_p": 0.9}, {"opt": {"top_p": 0.9}}),
    ("R09", {"max_tokens": 16}, {"opt": {"num_predict": 16}}),
    ("R10", {"max_completion_tokens": 16}, {"opt": {"num_predict": 16}}),
    ("R11", {"max_tokens": 99, "max_completion_tokens": 16}, {"opt": {"num_predict": 16}}),
    ("R15", {"max_tokens": 100.0}, {"opt": {"num_predict": 100}}),
    ("R16", {"max_tokens": None}, {}),
    ("R17", {"max_tokens": 10**9}, {}),
    ("R18-thinking-off", {"stop": "x", "think": False}, {"opt": {"stop": ["x"]}, "think": False}),
    ("R18-thinking-on", {"stop": "x"}, {}),
    ("R19", {"stop": ["a", "b"], "think": False}, {"opt": {"stop": ["a", "b"]}, "think": False}),
    ("R20-list", {"stop": [], "think": False}, {"think": False}),
    ("R20-null", {"stop": None, "think": False}, {"think": False}),
    ("R20-empty", {"stop": "", "think": False}, {"think": False}),
    ("R23", {"seed": 42}, {"opt": {"seed": 42}}),
    (
        "R25",
        {"frequency_penalty": 0.5, "presence_penalty": -0.5},
        {"opt": {"frequency_penalty": 0.5, "presence_penalty": -0.5}},
    ),
    ("R27", {"response_format": {"type": "text"}}, {}),
    ("R28", {"response_format": {"type": "json_object"}}, {"format": "json", "think": False}),
    ("R29", {"response_format": SCHEMA}, {"format": {"type": "object"}, "think": False}),
    (
        "R30",
        {"response_format": SCHEMA, "reasoning_effort": "high"},
        {"format": {"type": "object"}, "think": True},
    ),
    ("R33", {"reasoning_effort": "none"}, {"think": False}),
    *[
        (f"R34-{word}", {"reasoning_effort": word}, {"think": True})
        for word in ("minimal", "low", "medium", "high", "xhigh", "ultra", "max")
    ],
    ("R36", {"reasoning_effort": None}, {}),
    ("R37", {"reasoning": {"effort": "none"}}, {"think": False}),
    ("R38", {"reasoning": {"enabled": False}}, {"think": False}),
    ("R39", {"chat_template_kwargs": {"enable_thinking": False}}, {"think": False}),
    ("R40", {"think": False}, {"think": False}),
    ("R40-enable", {"enable_thinking": False}, {"think": False}),
    ("R87", {"n": 1}, {}),
    ("R90", {"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
    ("R93", {"logit_bias": {}}, {}),
    ("R93-null", {"logit_bias": None}, {}),
    ("R95", {"user": "u1", "metadata": {"session_id": "s1"}, "safety_identifier": "x"}, {}),
    ("R99", HINTS, {}),
    ("R100", {"foo": 1}, {}),
    ("R101", {"top_k": 20, "min_p": 0.05}, {"opt": {"top_k": 20, "min_p": 0.05}}),
    ("R101-penalty", {"repetition_penalty": 1.5}, {"opt": {"repeat_penalty": 1.5}}),
    ("R102", {"options": {"num_ctx": 8192}, "keep_alive": 0}, {}),
]

REFUSED: list[Wrong] = [
    ("R06", {"temperature": 3}, "decimal_above_max_value", "temperature"),
    ("R07", {"temperature": "hot"}, "invalid_type", "temperature"),
    ("R12", {"max_tokens": 0}, "integer_below_min_value", "max_tokens"),
    ("R12-completion", {"max_completion_tokens": 0}, "integer_below_min_value", "max_completion_tokens"),
    ("R13", {"max_tokens": -1}, "integer_below_min_value", "max_tokens"),
    ("R14", {"max_tokens": "5"}, "invalid_type", "max_tokens"),
    ("R21", {"stop": ["a", 1]}, "invalid_type", "stop[1]"),
    ("R22", {"stop": 3}, "invalid_type", "stop"),
    ("R24", {"seed": 4.5}, "invalid_type", "seed"),
    ("R26", {"frequency_penalty": 3}, "decimal_above_max_value", "frequency_penalty"),
    (
        "R31",
        {"response_format": {"type": "json_schema"}},
        "missing_required_parameter",
        "response_format.json_schema",
    ),
    ("R32", {"response_format": {"type": "xml"}}, "invalid_value", "response_format.type"),
    ("R35", {"reasoning_effort": "extreme"}, "invalid_value", "reasoning_effort"),
    ("R89-none", {"n": 0}, "integer_below_min_value", "n"),
    ("R89-many", {"n": 129}, "integer_above_max_value", "n"),
    ("R91", {"top_logprobs": 2}, "invalid_value", "top_logprobs"),
    ("R92", {"logprobs": True, "top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
    ("R92-alone", {"top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
    ("R94", {"logit_bias": {"1": -100}}, "unsupported_parameter", "logit_bias"),
    ("R96", {"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
    ("R97", {"stream_options": {"include_usage": True}}, "invalid_value", "stream_options"),
    ("R98", {"modalities": ["text", "audio"]}, "unsupported_value", "modalities"),
]

ALSO_REFUSED: list[Wrong] = [
    ("stream-string", {"stream": "true"}, "invalid_type", "stream"),
    ("min-top-p", {"top_p": -0.1}, "decimal_below_min_value", "top_p"),
    ("flag-as-number", {"temperature": True}, "invalid_type", "temperature"),
    ("flag-as-count", {"n": True}, "invalid_type", "n"),
    ("many-stops", {"stop": [str(at) for at in range(17)]}, "array_above_max_length", "stop"),
    ("no-type", {"response_format": {}}, "missing_required_parameter", "response_format.type"),
    (
        "no-schema",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
        "missing_required_parameter",
        "response_format.json_schema.schema",
    ),
    ("moderation", {"moderation": {}}, "unsupported_parameter", "moderation"),
    ("audio", {"audio": {"voice": "alloy"}}, "unsupported_parameter", "audio"),
    ("search", {"web_search_options": {}}, "unsupported_parameter", "web_search_options"),
    ("long-user", {"user": "u" * 129}, "string_above_max_length", "user"),
    ("long-safety", {"safety_identifier": "u" * 65}, "string_above_max_length", "safety_identifier"),
    (
        "17-metadata",
        {"metadata": {str(at): "" for at in range(17)}},
        "object_above_max_properties",
        "metadata",
    ),
    ("long-value", {"metadata": {"a": "x" * 513}}, "string_above_max_length", "metadata.a"),
    ("long-key", {"metadata": {"a" * 65: "x"}}, "string_above_max_length", "metadata"),
    ("think-word", {"think": "high"}, "invalid_type", "think"),
    ("effort-inside", {"reasoning": {"effort": "extreme"}}, "invalid_value", "reasoning.effort"),
]


@pytest.mark.parametrize(("more", "differences"), rows(ACCEPTED))
def test_a_field_becomes_what_the_model_understands(more: Json, differences: Json) -> None:
    assert native(more) == whole(**differences)


@pytest.mark.parametrize(("more", "code", "param"), rows(REFUSED))
def test_a_wrong_field_is_refused_by_name(more: Json, code: str, param: str) -> None:
    error = refusal(more)
    assert (error.status, error.type, error.code, error.param) == (400, "invalid_request_error", code, param)


@pytest.mark.parametrize(("more", "code", "param"), rows(ALSO_REFUSED))
def test_limits_and_promises_that_cannot_be_kept_are_refused(more: Json, code: str, param: str) -> None:
    error = refusal(more)
    assert (error.code, error.param) == (code, param)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"max_tokens": 0},
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            {"temperature": 3.0},
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3.0 instead.",
        ),
        ({"seed": "x"}, "Invalid type for 'seed': expected an integer, but got a string instead."),
        (
            {"response_format": {"type": "xml"}},
            "Invalid value: 'xml'. Supported values are: 'text', 'json_object' and 'json_schema'.",
        ),
        ({"stream_options": {}}, "The 'stream_options' parameter is only allowed when 'stream' is enabled."),
    ],
)
def test_the_words_are_those_that_openai_uses(more: Json, message: str) -> None:
    assert refusal(more).message == message


def test_a_refusal_does_not_repeat_what_the_caller_wrote() -> None:
    assert "my password" not in refusal({"reasoning_effort": "my password is hunter2"}).message


@pytest.mark.parametrize(
    "more", [pytest.param({"reasoning_effort": "low"}, id="vec-R41"), {"think": False}, {"think": True}]
)
def test_a_model_that_cannot_think_is_not_told_to(more: Json) -> None:
    assert native(more, PLAIN) == whole(model="plain")


@pytest.mark.parametrize("seeds", [pytest.param([5, 6, 7], id="vec-R88")])
def test_three_answers_are_three_calls_with_seeds_of_their_own(seeds: list[int]) -> None:
    request = asked({"n": 3, "seed": 5})
    assert request.n == 3
    assert [payload_of(request, seed_offset=at)["options"]["seed"] for at in range(3)] == seeds


@pytest.mark.parametrize(("seed", "sent"), [(-1, 0x7FFFFFFF), (2**31, 0), (2**40 + 7, 7), (42.0, 42)])
def test_seeds_fit_what_the_model_reads(seed: float, sent: int) -> None:
    assert native({"seed": seed})["options"]["seed"] == sent


def test_without_a_seed_each_answer_is_drawn_freely() -> None:
    assert "seed" not in payload_of(asked({"n": 2}), seed_offset=1)["options"]


def test_options_are_of_the_kind_that_the_model_wants() -> None:
    options = native({"temperature": 1, "top_k": 20.0})["options"]
    assert isinstance(options["temperature"], float)
    assert isinstance(options["top_k"], int)


def test_more_answers_than_configured_are_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        from_chat_body({"messages": [HI], "n": 3}, n_max=2)
    assert (caught.value.code, caught.value.param) == ("integer_above_max_value", "n")


def test_stop_strings_are_each_sent_once() -> None:
    assert asked({"stop": ["a", "", "b", "a"]}).stop == ("a", "b")


def test_an_explicit_wish_to_think_survives_a_format_and_hidden_reasoning_is_noted() -> None:
    request = asked({"think": True, "reasoning": {"exclude": True}, "response_format": SCHEMA})
    assert request.hide_reasoning
    assert payload_of(request, QWEN)["think"] is True


@pytest.mark.parametrize(
    ("more", "think"),
    [
        ({"reasoning": {"effort": "low"}, "reasoning_effort": "none"}, True),
        ({"reasoning_effort": "none", "think": True}, False),
        ({"reasoning": {"enabled": True}, "think": False}, True),
    ],
)
def test_where_the_switches_differ_the_stronger_one_counts(more: Json, think: bool) -> None:
    assert asked(more).think is think


def test_ignored_fields_are_noted_by_name_and_never_by_value() -> None:
    more = {"foo": "secret", "keep_alive": 0, "verbosity": "low", "store": None, "my text\n": 1}
    assert asked(more).notes == ("?", "foo", "keep_alive", "verbosity")


def test_the_streams_wishes_are_kept() -> None:
    request = asked({"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}})
    assert (request.stream, request.include_usage) == (True, True)


def test_the_service_tier_is_kept_for_the_answer() -> None:
    assert asked({"service_tier": "auto"}).service_tier == "auto"
