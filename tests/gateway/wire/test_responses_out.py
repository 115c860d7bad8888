"""Answers of /v1/responses, whole and streamed."""

from __future__ import annotations

from typing import Any

import pytest

from clawdsite.core.errors import (
    BadRequest,
    ClawdError,
    Overloaded,
    RateLimited,
    UpstreamError,
    UpstreamTimeout,
)
from gateway.types import Batch, Json, Text, Usage
from gateway.wire.openai.envelope import dumps
from gateway.wire.responses import ResponseWriter
from tests.gateway.wire.responses_road import asked, collected, events, names, streamed, without_ids
from tests.gateway.wire.road import called, done, said

OPENED = ["created", "in_progress"]
MESSAGE = ["output_item.added", "content_part.added", "output_text.delta"]
MESSAGE_END = ["output_text.done", "content_part.done", "output_item.done"]
THOUGHT = ["output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta"]
THOUGHT_END = ["reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"]
CALL = [
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
]
CALLED = called("f", {"a": 1}, "c1")
TWO = [said(calls=[CALLED]), said(calls=[called("g", {}, "c2")]), done()]
TOOLS = [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}]
SHORT = [said("Hel"), said("lo"), done()]
CASES: dict[str, tuple[list[Json], list[str]]] = {
    "text": (SHORT, [*MESSAGE, "output_text.delta", *MESSAGE_END]),
    "thought-and-text": (
        [said(thinking="a"), said(thinking="b"), said("c"), done()],
        [*THOUGHT, "reasoning_summary_text.delta", *THOUGHT_END, *MESSAGE, *MESSAGE_END],
    ),
    "thought-and-text-in-one-line": (
        [said("c", thinking="a"), done()],
        [*THOUGHT, *THOUGHT_END, *MESSAGE, *MESSAGE_END],
    ),
    "call": ([said(calls=[CALLED]), done()], CALL),
    "call-in-the-last-line": ([done(calls=[CALLED])], CALL),
    "two-calls": (TWO, CALL + CALL),
    "thought-and-call": ([said(thinking="a"), said(calls=[CALLED]), done()], [*THOUGHT, *THOUGHT_END, *CALL]),
    "text-and-call": ([said("x", calls=[CALLED]), done()], [*MESSAGE, *MESSAGE_END, *CALL]),
    "call-and-text": ([said(calls=[CALLED]), said("x"), done()], [*CALL, *MESSAGE, *MESSAGE_END]),
    "nothing": ([done()], [*MESSAGE[:2], *MESSAGE_END]),
    "only-a-thought": ([said(thinking="a"), done()], [*THOUGHT, *THOUGHT_END, *MESSAGE[:2], *MESSAGE_END]),
}


@pytest.mark.parametrize("case", CASES, ids=[f"resp-{name}" for name in CASES])
def test_events_come_in_the_documented_order(case: str) -> None:
    lines, expected = CASES[case]
    assert names(streamed(lines, tools=TOOLS)) == [*OPENED, *expected, "completed"]


@pytest.mark.parametrize("case", CASES, ids=[f"resp-{name}" for name in CASES])
def test_the_streamed_response_is_the_whole_one(case: str) -> None:
    lines, _ = CASES[case]
    found = streamed(lines, tools=TOOLS)
    final = found[-1]["response"]
    assert final["output"] == [
        event["item"] for event in found if event["type"] == "response.output_item.done"
    ]
    whole = collected(lines, tools=TOOLS)
    assert without_ids(final) == without_ids(whole)
    assert whole["completed_at"] >= whole["created_at"]


@pytest.mark.parametrize("case", CASES, ids=[f"resp-{name}" for name in CASES])
def test_every_event_belongs_to_an_item_that_is_open(case: str) -> None:
    open_items: dict[int, str] = {}
    done_items: dict[int, str] = {}
    for event in streamed(CASES[case][0], tools=TOOLS)[2:-1]:
        place = event["output_index"]
        if event["type"] == "response.output_item.added":
            assert place == len(open_items)
            assert event["item"]["status"] == "in_progress"
            open_items[place] = event["item"]["id"]
            continue
        assert place not in done_items
        assert event.get("item_id", event.get("item", {}).get("id")) == open_items[place]
        if event["type"] == "response.output_item.done":
            done_items[place] = event["item"]["id"]
    assert open_items == done_items
    assert len(set(open_items.values())) == len(open_items)


def test_deltas_join_to_the_text() -> None:
    lines = [said(thinking="hm, "), said(thinking="yes"), said('"\u2028\u0085'), said("漢😀"), done()]
    found = streamed(lines)
    text = [event["delta"] for event in found if event["type"] == "response.output_text.delta"]
    thought = [event["delta"] for event in found if event["type"] == "response.reasoning_summary_text.delta"]
    assert ("".join(text), "".join(thought)) == ('"\u2028\u0085漢😀', "hm, yes")
    reasoning, message = found[-1]["response"]["output"]
    assert message["content"][0]["text"] == "".join(text)
    assert reasoning["summary"] == [{"type": "summary_text", "text": "hm, yes"}]
    assert reasoning["encrypted_content"] == "hm, yes"


def test_a_call_is_a_call() -> None:
    (item,) = collected([said(calls=[called("f", {"città": "Forlì"}, "c1")]), done()], tools=TOOLS)["output"]
    assert item.pop("id").startswith("fc_")
    assert item == {
        "type": "function_call",
        "status": "completed",
        "call_id": "c1",
        "name": "f",
        "arguments": '{"città":"Forlì"}',
    }


def test_a_response_feeds_the_next_request() -> None:
    first = collected([said(thinking="hm"), said("x", calls=[CALLED]), done()], tools=TOOLS)
    result = {"type": "function_call_output", "call_id": "c1", "output": "r"}
    request, _ = asked(input=[{"role": "user", "content": "hi"}, *first["output"], result])
    turn = request.messages[1]
    assert (turn.content, turn.thinking, turn.tool_calls[0].arguments) == ("x", "hm", {"a": 1})
    assert request.messages[2].tool_name == "f"


def test_the_counts() -> None:
    assert collected([said(thinking="a"), *SHORT])["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 1},
        "total_tokens": 5,
    }


CUT: dict[str, tuple[list[Json], bool, list[tuple[str, str]]]] = {
    "text": ([said("Hel"), done("length")], False, [("message", "incomplete")]),
    "repeat-guard": ([said("Hel")], True, [("message", "incomplete")]),
    "thought": ([said(thinking="a"), done("length")], False, [("reasoning", "incomplete")]),
    "nothing": ([done("length")], False, [("message", "incomplete")]),
    "after-a-thought": (
        [said(thinking="a"), said("b"), done("length")],
        False,
        [("reasoning", "completed"), ("message", "incomplete")],
    ),
}


@pytest.mark.parametrize("case", CUT, ids=[f"resp-cut-{name}" for name in CUT])
def test_an_answer_cut_by_its_length_says_so(case: str) -> None:
    lines, ended, items = CUT[case]
    found = streamed(lines, ended=ended)
    whole = collected(lines, ended=ended)
    assert names(found)[-1] == "incomplete"
    for response in (found[-1]["response"], whole):
        assert response["status"] == "incomplete"
        assert response["incomplete_details"] == {"reason": "max_output_tokens"}
        assert response["completed_at"] is None
        assert [(item["type"], item["status"]) for item in response["output"]] == items


def test_a_forced_call_cut_by_its_length_is_incomplete() -> None:
    lines = [said('{"a": "Pa'), done("length")]
    response = collected(lines, tools=TOOLS, tool_choice={"type": "function", "name": "f"})
    (call,) = response["output"]
    assert (call["type"], call["status"], call["arguments"]) == ("function_call", "incomplete", '{"a": "Pa')
    assert response["status"] == "incomplete"


@pytest.mark.parametrize(
    "fields", ["both", "reasoning", "reasoning_content"], ids=lambda word: f"resp-{word}"
)
def test_thinking_is_shown(fields: str) -> None:
    output = collected([said(thinking="a"), *SHORT], fields=fields)["output"]
    assert [item["type"] for item in output] == ["reasoning", "message"]


@pytest.mark.parametrize(
    ("fields", "asks"),
    [("none", {}), ("both", {"reasoning": {"exclude": True}})],
    ids=["resp-by-configuration", "resp-by-request"],
)
def test_thinking_is_hidden(fields: str, asks: dict[str, Any]) -> None:
    lines = [said(thinking="a"), *SHORT]
    assert [item["type"] for item in collected(lines, fields=fields, **asks)["output"]] == ["message"]
    assert names(streamed(lines, fields=fields, **asks)) == [*OPENED, *CASES["text"][1], "completed"]


def test_logprobs_are_in_the_deltas_and_in_the_whole() -> None:
    items = [
        {
            "token": "Hi",
            "logprob": -0.1,
            "bytes": [72, 105],
            "top_logprobs": [{"token": "é", "logprob": -2.0}],
        }
    ]
    lines = [said("Hi", logprobs=items), done(logprobs=[{"token": "!", "logprob": -0.2}])]
    asks = {"include": ["message.output_text.logprobs"], "top_logprobs": 1}
    found = streamed(lines, **asks)
    sent = [item for event in found if event["type"].endswith("text.delta") for item in event["logprobs"]]
    assert [(item["token"], item["bytes"]) for item in sent] == [("Hi", [72, 105]), ("!", [33])]
    assert sent[0]["top_logprobs"] == [{"token": "é", "logprob": -2.0, "bytes": [195, 169]}]
    (message,) = collected(lines, **asks)["output"]
    assert message["content"][0]["logprobs"] == sent


def test_the_response_repeats_its_request() -> None:
    asks: dict[str, Any] = {
        "instructions": "Be brief.",
        "max_output_tokens": 16,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low", "summary": "auto"},
        "store": True,
        "temperature": 0.5,
        "text": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "verbosity": "low"},
        "tool_choice": {"type": "function", "name": "f"},
        "tools": [{"type": "function", "name": "f", "description": None, "parameters": {"type": "object"}}],
        "top_p": 0.9,
        "user": "u1",
        "prompt_cache_key": "k",
        "safety_identifier": "s",
        "max_tool_calls": 3,
    }
    whole = collected([said("{}"), done()], **asks)
    expected = asks | {
        "store": False,
        "text": {"format": {"name": "response", **asks["text"]["format"]}, "verbosity": "low"},
        "tools": [asks["tools"][0] | {"strict": None}],
    }
    assert {key: whole[key] for key in asks} == expected
    for event in streamed(SHORT, **asks):
        if event["type"] in ("response.created", "response.in_progress"):
            assert {key: event["response"][key] for key in asks} == expected
            assert (event["response"]["status"], event["response"]["output"]) == ("in_progress", [])
            assert event["response"]["usage"] is None


def test_the_response_says_nothing_that_it_does_not_know() -> None:
    whole = collected(SHORT)
    assert (whole["object"], whole["model"], whole["status"]) == ("response", "qwen3:32b", "completed")
    assert (whole["temperature"], whole["top_p"], whole["max_output_tokens"]) == (None, None, None)
    assert (whole["tools"], whole["tool_choice"], whole["metadata"]) == ([], "auto", {})
    assert (whole["text"], whole["truncation"]) == ({"format": {"type": "text"}}, "disabled")
    assert (whole["store"], whole["background"], whole["previous_response_id"]) == (False, False, None)


def test_no_done_is_sent() -> None:
    request, body = asked(stream=True)
    writer = ResponseWriter(request, model="m", body=body)
    assert writer.start() == b""
    writer.write(Batch(0, (Text("x"),)))
    assert b"[DONE]" not in writer.end()


# ---- failures in mid-stream -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UpstreamError("The model's host failed."), "server_error"),
        (UpstreamTimeout("The model's host fell silent."), "server_error"),
        (Overloaded("Too many callers."), "server_error"),
        (RateLimited("Too fast."), "rate_limit_exceeded"),
        (BadRequest("Wrong.", code="context_length_exceeded", param="input"), "invalid_prompt"),
    ],
    ids=["fault-upstream", "fault-silence", "fault-queue", "fault-rate", "fault-request"],
)
def test_an_answer_that_breaks_off_ends_with_an_error(error: ClawdError, code: str) -> None:
    found = streamed([said(thinking="a"), said("Hel")], error=error)
    assert names(found)[-2:] == ["failed", "error"]
    failed, last = found[-2]["response"], found[-1]
    assert (failed["status"], failed["error"]) == ("failed", {"code": code, "message": error.message})
    assert [(item["type"], item["status"]) for item in failed["output"]] == [
        ("reasoning", "completed"),
        ("message", "incomplete"),
    ]
    assert {key: last[key] for key in ("code", "message", "param")} == {
        "code": error.code,
        "message": error.message,
        "param": error.param,
    }
    assert last["error"] == error.body()["error"]


def test_an_error_before_the_first_event_stands_alone() -> None:
    found = streamed([], error=UpstreamError("The model's host failed."))
    assert names(found) == ["error"]


# ---- cost ---------------------------------------------------------------------------------------


def test_a_text_delta_is_the_json_that_a_slow_writer_would_write() -> None:
    request, body = asked(stream=True)
    writer = ResponseWriter(request, model="m", body=body)
    sent = writer.write(Batch(0, (Text("a"), Text('"\n\u2028'))))
    for event in events(sent):
        assert dumps(event).encode() in sent


def test_estimated_counts_are_written_like_others() -> None:
    assert Usage(estimated=True).plus(Usage(1, 2)).completion == 2
    whole = collected([said("a"), said("b")], ended=True)
    assert whole["usage"]["output_tokens"] == 2
