"""Vectors S01-S20 (reference 6.2): native lines as one chat completion."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.types import Batch, ChatRequest, Finished, Plan, Text, Usage
from gateway.wire.openai.chat_out import ChatCollector
from tests.gateway.wire.road import (
    ASK,
    MODEL,
    NAMED,
    NAMED_PLAN,
    Line,
    batches,
    called,
    done,
    finish,
    message,
    said,
    whole,
)

HI = [said("Hi"), done()]
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
LOGPROBS = ASK.with_(logprobs=True)


def _message(content: str | None, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "refusal": None} | more


def _thought(text: str) -> dict[str, str]:
    return {"reasoning_content": text, "reasoning": text}


MESSAGES = [
    pytest.param(HI, ASK, _message("Hi"), "stop", id="vec-S01"),
    pytest.param(
        [said(thinking="t1"), said(thinking="t2"), said("A"), done()],
        ASK,
        _message("A", **_thought("t1t2")),
        "stop",
        id="vec-S02",
    ),
    pytest.param(
        [said(calls=[called()]), done()], ASK, _message(None, tool_calls=[CALL]), "tool_calls", id="vec-S03"
    ),
    pytest.param(
        [said("x"), said(calls=[called()]), done()],
        ASK,
        _message("x", tool_calls=[CALL]),
        "tool_calls",
        id="vec-S04",
    ),
    pytest.param(
        [said(calls=[called()]), done("length")],
        ASK,
        _message(None, tool_calls=[CALL]),
        "length",
        id="vec-S05",
    ),
    pytest.param([said("x"), done("length")], ASK, _message("x"), "length", id="vec-S06"),
    pytest.param(
        [said(thinking="t"), done("length")], ASK, _message("", **_thought("t")), "length", id="vec-S07"
    ),
    pytest.param([said("x"), done(None)], ASK, _message("x"), "stop", id="vec-S08"),
    pytest.param([said("x"), done("")], ASK, _message("x"), "stop", id="vec-S08-empty"),
    pytest.param([done("load")], ASK, _message(""), "stop", id="vec-S09-load"),
    pytest.param([done("unload")], ASK, _message(""), "stop", id="vec-S09-unload"),
    pytest.param(
        [said(calls=[called(id_="1"), called(id_="2")]), said(calls=[called(id_="3")]), done()],
        ASK.with_(parallel_tool_calls=False),
        _message(None, tool_calls=[CALL | {"id": "1"}]),
        "tool_calls",
        id="vec-S13",
    ),
    pytest.param(
        [said(calls=[called()]), done()],
        ASK.with_(legacy_functions=True),
        _message(None, function_call=CALL["function"]),
        "function_call",
        id="vec-S20",
    ),
]


@pytest.mark.parametrize(("lines", "request_", "expected", "reason"), MESSAGES)
def test_native_lines_become_this_message(
    lines: list[Line], request_: ChatRequest, expected: dict[str, Any], reason: str
) -> None:
    assert message(lines, request_) == expected
    assert finish(lines, request_) == reason


@pytest.mark.parametrize("lines", [pytest.param(HI, id="vec-S01-envelope")])
def test_the_answer_around_the_message_has_every_key_clients_take_for_granted(lines: list[Line]) -> None:
    body = whole(lines, ASK.with_(service_tier="auto"))
    assert re.fullmatch(r"chatcmpl-[A-Za-z0-9_-]{29}", body.pop("id"))
    assert isinstance(body.pop("created"), int)
    assert body.pop("choices")[0] | {"message": None} == {
        "index": 0,
        "message": None,
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert body == {
        "object": "chat.completion",
        "model": MODEL,
        "system_fingerprint": "fp_ollama",
        "service_tier": "default",
        "usage": {
            "prompt_tokens": 3,
            "completion_tokens": 2,
            "total_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }
    assert "service_tier" not in whole(lines)


@pytest.mark.parametrize("lines", [pytest.param([said(thinking="a"), said("b"), said("c")], id="vec-S10")])
def test_an_end_without_done_is_length_with_the_lines_counted(lines: list[Line]) -> None:
    body = whole(lines)
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"] == "bc"
    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (0, 3)
    last = batches(lines)[-1].events[-1]
    assert last == Finished("length", Usage(0, 3, 1, estimated=True), incomplete=True)


@pytest.mark.parametrize("count", [pytest.param("prompt_eval_count", id="vec-S11"), "eval_count"])
def test_a_count_that_the_host_left_out_is_zero(count: str) -> None:
    line = done()
    del line[count]
    usage = whole([said("Hi"), line])["usage"]
    assert usage["total_tokens"] == (2 if count == "prompt_eval_count" else 3)


@pytest.mark.parametrize(
    "ids", [pytest.param((None, None), id="vec-S12"), pytest.param(("c", "c"), id="vec-S12-same")]
)
def test_calls_without_ids_of_their_own_get_distinct_ones(ids: tuple[str | None, str | None]) -> None:
    lines = [said(calls=[called("f", id_=ids[0]), called("g", id_=ids[1])]), done()]
    first, second = message(lines)["tool_calls"]
    assert (first["function"]["name"], second["function"]["name"]) == ("f", "g")
    assert first["id"] != second["id"]
    assert re.fullmatch(r"call_[A-Za-z0-9_-]{24}", second["id"])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        pytest.param({"name": "f"}, "{}", id="vec-S14-missing"),
        pytest.param({"name": "f", "arguments": None}, "{}", id="vec-S14"),
        pytest.param({"name": "f", "arguments": {"città": "Forlì"}}, '{"città":"Forlì"}', id="vec-S15"),
        pytest.param({"name": "f", "arguments": '{"a": 1}'}, '{"a": 1}', id="text"),
    ],
)
def test_arguments_are_the_text_of_an_object(function: Line, expected: str) -> None:
    [call] = message([said(calls=[{"id": "c", "function": function}]), done()])["tool_calls"]
    assert call["function"]["arguments"] == expected


@pytest.mark.parametrize(
    ("content", "last", "arguments", "reason"),
    [
        pytest.param('{"city":"Paris"}', done(), '{"city":"Paris"}', "tool_calls", id="vec-S16"),
        pytest.param('{"city":"Pa', done("length"), '{"city":"Pa', "length", id="vec-S17"),
    ],
)
def test_a_named_tool_choice_makes_the_answer_a_call(
    content: str, last: Line, arguments: str, reason: str
) -> None:
    lines = [*(said(char) for char in content), last]
    found = message(lines, NAMED, NAMED_PLAN)
    [call] = found["tool_calls"]
    assert found["content"] is None
    assert call["function"] == {"name": "get_weather", "arguments": arguments}
    assert finish(lines, NAMED, NAMED_PLAN) == reason


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        pytest.param(
            {"token": "Hi", "logprob": -0.1, "bytes": [72, 105]},
            {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}, id="vec-S18",
        ),
        pytest.param(
            {"token": "Hi", "logprob": -1, "top_logprobs": [{"token": "A", "logprob": float("-inf")}]},
            {"token": "Hi", "logprob": -1, "bytes": None,
             "top_logprobs": [{"token": "A", "logprob": -9999.0, "bytes": None}]}, id="no bytes, no infinity",
        ),
    ],
)  # fmt: skip
def test_logprobs_have_all_four_keys(native: Line, expected: Line) -> None:
    choice = whole([said("Hi", logprobs=[native]), done()], LOGPROBS)["choices"][0]
    assert choice["logprobs"] == {"content": [expected], "refusal": None}


@pytest.mark.parametrize("thinking", [pytest.param("hm", id="vec-S19")])
def test_logprobs_of_thinking_are_dropped(thinking: str) -> None:
    item = {"token": "hm", "logprob": -0.1, "bytes": None}
    lines = [said(thinking=thinking, logprobs=[item]), said("A", logprobs=[item | {"token": "A"}]), done()]
    [kept] = whole(lines, LOGPROBS)["choices"][0]["logprobs"]["content"]
    assert kept["token"] == "A"


def test_logprobs_nobody_asked_for_are_not_shown() -> None:
    assert (
        whole([said("A", logprobs=[{"token": "A", "logprob": 0}]), done()])["choices"][0]["logprobs"] is None
    )


def test_an_empty_completion_has_empty_content() -> None:
    """S6: `messages: []` with a session."""
    collector = ChatCollector(ASK, model=MODEL)
    collector.add(Batch(0, (Finished("stop", Usage()),)))
    body = collector.body()
    assert body["choices"][0]["message"]["content"] == ""
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["total_tokens"] == 0


def test_two_answers_are_two_choices_in_order_and_the_prompt_counts_once() -> None:
    request = ASK.with_(n=2)
    collector = ChatCollector(request, model=MODEL)
    for batch in [*batches([said("b"), done("length")], request, index=1), *batches(HI, request, index=0)]:
        collector.add(batch)
    body = collector.body()
    assert [(c["index"], c["message"]["content"], c["finish_reason"]) for c in body["choices"]] == [
        (0, "Hi", "stop"),
        (1, "b", "length"),
    ]
    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (3, 4)


@pytest.mark.parametrize(
    ("fields", "hide", "keys"),
    [
        ("both", False, {"reasoning_content", "reasoning"}),
        ("reasoning", False, {"reasoning"}),
        ("reasoning_content", False, {"reasoning_content"}),
        ("none", False, set()),
        ("both", True, set()),
    ],
)
def test_thinking_is_under_the_names_of_the_configuration(fields: str, hide: bool, keys: set[str]) -> None:
    body = whole([said(thinking="t"), said("A"), done()], ASK.with_(hide_reasoning=hide), fields=fields)
    assert set(body["choices"][0]["message"]) == {"role", "content", "refusal"} | keys
    assert body["usage"]["completion_tokens_details"] == {"reasoning_tokens": 1}


def test_a_stop_string_cuts_the_whole_answer_too() -> None:
    plan = Plan(stops=("END",))
    lines = [said(thinking="the END?"), said("abEN"), said("Dcd"), done()]
    found = message(lines, ASK, plan)
    assert (found["content"], found["reasoning"]) == ("ab", "the END?")
    assert finish(lines, ASK, plan) == "stop"


def test_text_pieces_of_one_batch_keep_their_order() -> None:
    collector = ChatCollector(ASK, model=MODEL)
    collector.add(Batch(0, (Text("a"), Text("b"))))
    collector.add(Batch(0, (Text("c"), Finished("stop", Usage()))))
    assert collector.body()["choices"][0]["message"]["content"] == "abc"
