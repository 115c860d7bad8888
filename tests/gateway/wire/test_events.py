"""Reading native lines: S32, wrong types, error lines, and whose count it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clawdsite.core.errors import ClawdError, UpstreamInvalid
from gateway.types import ChatRequest, Finished, Plan, Text, Thinking, ToolCalled, Usage
from gateway.wire.ollama.events import EventReader
from tests.gateway.wire.road import ASK, Line, called, done, events, message, said

HI = [said("Hi"), done()]
TEXT = ChatRequest(kind="text", prompt="once", stream=True)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([said("Hi", new_key={"a": [1]}), done(context=[1, 2])], id="vec-S32-unknown-keys"),
        pytest.param([said(""), said("Hi"), said("", thinking=""), done()], id="vec-S32-empty-lines"),
        pytest.param([said("H"), said("i"), done()], id="vec-S32-two-lines"),
        pytest.param([{}, said("Hi"), done()], id="vec-S32-nothing-known"),
        pytest.param([said("Hi", calls=[]), done()], id="vec-S32-no-calls"),
        pytest.param([done(content="Hi")], id="vec-S32-one-line"),
    ],
)
def test_however_the_host_cuts_it_the_answer_is_the_same(lines: list[Line]) -> None:
    assert message(lines) == message(HI)
    assert events(lines)[-1] == Finished("stop", Usage(3, 2))


@pytest.mark.parametrize("text", [pytest.param("a\u0085b\u2028c\ud83d\ude00", id="vec-S32-odd-newlines")])
def test_odd_newlines_are_letters_like_any_other(text: str) -> None:
    line = json.loads(json.dumps(said(text), ensure_ascii=True))
    assert events([line, done()])[0] == Text("a\u0085b\u2028c\U0001f600")


def test_a_line_with_everything_gives_thinking_then_text_then_calls() -> None:
    line = said("x", thinking="t", calls=[called()])
    assert events([line, done()])[:3] == [Thinking("t"), Text("x"), ToolCalled(0, "c", "f", '{"a":1}')]


def test_after_the_finish_nothing_more_is_read() -> None:
    reader = EventReader(ASK, Plan())
    reader.feed(said("Hi"))
    assert not reader.finished
    reader.feed(done())
    assert reader.finished
    assert not reader.stopped
    assert reader.feed(said("more")) == []
    assert reader.end() == []
    assert reader.usage() == Usage(3, 2)


@pytest.mark.parametrize("native", ["boom", {"message": "boom"}, "", [1], '{"error":{"message":"boom"}}'])
def test_an_error_line_is_raised_whatever_its_shape(native: Any) -> None:
    reader = EventReader(ASK, Plan())
    with pytest.raises(ClawdError) as raised:
        reader.feed({"error": native})
    assert (raised.value.status, raised.value.code) == (502, "upstream_error")
    assert raised.value.headers() == {"x-should-retry": "false"}


@pytest.mark.parametrize("native", [pytest.param({"error": "boom"}, id="vec-S30")])
def test_an_error_line_after_text_fails_the_whole_answer(native: Line) -> None:
    reader = EventReader(ASK, Plan())
    assert reader.feed(said("Hi")) == [Text("Hi")]
    with pytest.raises(ClawdError) as raised:
        reader.feed(native)
    assert (raised.value.status, raised.value.type, raised.value.code) == (
        502,
        "server_error",
        "upstream_error",
    )
    assert reader.usage() == Usage(0, 1, 0, estimated=True)


@pytest.mark.parametrize(
    "line",
    [
        {"message": "Hi"},
        {"message": [1]},
        said(3),
        said(thinking=["t"]),
        said("x", calls="f"),
        said("x", calls=["f"]),
        said("x", calls=[{"function": "f"}]),
        said("x", calls=[{"id": "c"}]),
        said("x", calls=[called(name=None)]),
        said("x", calls=[called(arguments=[1])]),
        said("x") | {"done": "yes"},
    ],
)
def test_wrong_types_are_the_hosts_fault_and_say_so(line: Line) -> None:
    with pytest.raises(UpstreamInvalid) as raised:
        EventReader(ASK, Plan()).feed(line)
    assert (raised.value.status, raised.value.code) == (502, "upstream_invalid")


@pytest.mark.parametrize("logprobs", ["x", ["x"], [{"logprob": 0}], [{"token": "a", "logprob": "0"}]])
def test_wrong_logprobs_are_the_hosts_fault_too(logprobs: Any) -> None:
    with pytest.raises(UpstreamInvalid):
        EventReader(ASK.with_(logprobs=True), Plan()).feed(said("x", logprobs=logprobs))


def test_legacy_completions_are_read_from_response() -> None:
    lines = [{"response": "He", "done": False}, {"response": "y", "done": False}]
    last = {"response": "", "done": True, "done_reason": "stop", "prompt_eval_count": 1, "eval_count": 2}
    assert events([*lines, last], TEXT) == [Text("He"), Text("y"), Finished("stop", Usage(1, 2))]


def test_thinking_is_never_more_than_the_answer() -> None:
    lines = [said(thinking="a"), said(thinking="b"), said(thinking="c"), done()]
    assert events(lines)[-1] == Finished("stop", Usage(3, 2, 2))


def test_an_end_without_done_after_a_call_keeps_the_call() -> None:
    assert events([said(calls=[called()])]) == [
        ToolCalled(0, "c", "f", '{"a":1}'),
        Finished("length", Usage(0, 1, 0, estimated=True), incomplete=True),
    ]


def test_a_stop_string_in_the_last_line_leaves_the_hosts_count() -> None:
    reader = EventReader(ASK, Plan(stops=("END",)))
    assert reader.feed(done(content="abENDcd")) == [Text("ab"), Finished("stop", Usage(3, 2))]
    assert reader.finished
    assert not reader.stopped


def test_text_that_only_looked_like_a_stop_string_is_shown_before_what_follows() -> None:
    plan = Plan(stops=("END",))
    assert events([said("abEN"), said(calls=[called()]), done()], ASK, plan)[:3] == [
        Text("ab"),
        Text("EN"),
        ToolCalled(0, "c", "f", '{"a":1}'),
    ]
    assert events([said("abEN"), done()], ASK, plan)[:2] == [Text("ab"), Text("EN")]
    assert events([said("abEN")], ASK, plan)[:2] == [Text("ab"), Text("EN")]


def test_a_call_after_a_stop_string_is_not_made() -> None:
    found = events([said("abENDcd", calls=[called()]), done()], ASK, Plan(stops=("END",)))
    assert found == [Text("ab"), Finished("stop", Usage(0, 1, 0, estimated=True))]
