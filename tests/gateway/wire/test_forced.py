"""A forced tool choice read back from the answer's JSON (reference 1.7)."""

from __future__ import annotations

import re

import pytest

from gateway.types import Event, Finished, Text, ToolCalled, Usage
from tests.gateway.wire.road import (
    NAMED,
    NAMED_PLAN,
    REQUIRED,
    REQUIRED_PLAN,
    Line,
    done,
    events,
    finish,
    said,
    short,
    streamed,
)

WHOLE = '{"name": "get_weather", "arguments": {"city": "Forlì"}}'


def _pieces(text: str, last: Line) -> list[Line]:
    return [*(said(text[at : at + 3]) for at in range(0, len(text), 3)), last]


def _call(found: list[Event]) -> tuple[str, str] | None:
    calls = [event for event in found if isinstance(event, ToolCalled)]
    return (calls[0].name, calls[0].arguments) if calls else None


def test_required_unwraps_name_and_arguments() -> None:
    found = events(_pieces(WHOLE, done()), REQUIRED, REQUIRED_PLAN)
    assert _call(found) == ("get_weather", '{"city":"Forlì"}')
    assert found[-1] == Finished("tool_calls", Usage(3, 2))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ('{"name": "get_weather", "arguments": {"city": "Pa', ("get_weather", '{"city": "Pa')),
        ('{"name":"get_weather","arguments":', ("get_weather", "")),
        ('{"name": "get_wea', None),
        ("", None),
    ],
)
def test_required_cut_by_length_keeps_what_it_has(text: str, call: tuple[str, str] | None) -> None:
    found = events(_pieces(text, done("length")), REQUIRED, REQUIRED_PLAN)
    assert _call(found) == call
    assert found[-1] == Finished("length", Usage(3, 2))
    assert not any(isinstance(event, Text) for event in found)


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (NAMED_PLAN, "I would rather not."),
        (NAMED_PLAN, "[1]"),
        (NAMED_PLAN, '{"city": "Pa'),
        (NAMED_PLAN, '{"n": NaN}'),
        (NAMED_PLAN, "[" * 100_000),
        (REQUIRED_PLAN, '{"name": "no_such_tool", "arguments": {}}'),
        (REQUIRED_PLAN, '{"name": ["get_weather"], "arguments": {}}'),
        (REQUIRED_PLAN, '{"name": "get_weather", "arguments": [1]}'),
        (REQUIRED_PLAN, '{"city": "Paris"}'),
    ],
)
def test_what_is_no_call_is_shown_as_the_text_it_is(plan: object, text: str) -> None:
    request = NAMED if plan is NAMED_PLAN else REQUIRED
    found = events([said(text), done()], request, plan)
    assert found == [Text(text), Finished("stop", Usage(3, 2))]


def test_a_whole_call_followed_by_blanks_up_to_the_limit_is_not_cut() -> None:
    assert finish([said('{"city":"Paris"}'), said("\n\n"), done("length")], NAMED, NAMED_PLAN) == "tool_calls"


def test_an_answer_that_ends_without_done_is_cut() -> None:
    found = events([said('{"city":"Pa')], NAMED, NAMED_PLAN)
    assert _call(found) == ("get_weather", '{"city":"Pa')
    assert found[-1] == Finished("length", Usage(0, 1, 0, estimated=True), incomplete=True)


def test_streamed_it_is_one_call_and_no_content() -> None:
    chunks = short(streamed(_pieces('{"city":"Paris"}', done()), NAMED, NAMED_PLAN))
    [opening] = chunks[1]["tool_calls"]
    assert re.fullmatch(r"call_[A-Za-z0-9_-]{24}", opening.pop("id"))
    assert opening == {"index": 0, "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    assert chunks[2:] == [
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city":"Paris"}'}}]},
        ("F", "tool_calls"),
        "D",
    ]


def test_legacy_functions_finish_as_function_call() -> None:
    request = NAMED.with_(legacy_functions=True)
    chunks = short(streamed(_pieces('{"city":"Paris"}', done()), request, NAMED_PLAN))
    assert chunks[1:] == [
        {"function_call": {"name": "get_weather", "arguments": ""}},
        {"function_call": {"arguments": '{"city":"Paris"}'}},
        ("F", "function_call"),
        "D",
    ]
