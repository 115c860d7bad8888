"""An answer is cut or split at every byte: split it reads the same, cut it is an error, never an end."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Literal

import pytest

from gateway.types import Finished
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.doubles.wire import to_answer_head
from tests.gateway.upstream.asking import (
    QUESTION,
    ask,
    ask_until_failure,
    events_of,
    in_loop,
    read_until_failure,
    text_of,
    upstream_of,
)
from tests.proof import proves

RECORDED = Reply.recording("native-chat-stream")
WHOLE = RECORDED.whole()
FRAMED = (
    len(to_answer_head(RECORDED)) + sum(len(raw) + len(f"{len(raw):x}") + 4 for _, raw in RECORDED.body()) + 5
)


@proves("vec-S32")
@in_loop
async def test_the_same_events_come_wherever_the_body_is_split(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        double.script("/api/chat", RECORDED)
        expected = events_of(await ask(upstream))
        assert isinstance(expected[-1], Finished)
        assert not expected[-1].incomplete
        for place in range(len(WHOLE) + 1):
            double.script("/api/chat", RECORDED.split(place))
            assert events_of(await ask(upstream)) == expected, place
        double.script("/api/chat", RECORDED.split(*range(len(WHOLE))))
        assert events_of(await ask(upstream)) == expected
    assert len(double.journal.links) == 1  # a good end keeps the connection


@proves("vec-S31", "fault-F05")
@in_loop
async def test_a_body_that_is_reset_is_an_error_wherever_it_happens(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        for place in range(len(WHOLE) + 1):
            double.script("/api/chat", RECORDED.cut(place, "rst"))
            lines, error = await ask_until_failure(upstream)
            assert error is not None, place
            assert error.code == "upstream_error", place
            assert error.should_retry is (False if place else None), place
            assert len(lines) <= WHOLE[:place].count(b"\n"), place


@proves("vec-S31", "fault-F05")
@in_loop
async def test_a_connection_that_closes_at_any_byte_of_the_exchange_is_an_error(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        for place in range(FRAMED):
            double.script("/api/chat", RECORDED.cut_wire(place))
            lines, error = await ask_until_failure(upstream)
            assert error is not None, place
            assert error.code == "upstream_error", place
            assert len(lines) <= 7, place
        double.script("/api/chat", RECORDED.cut_wire(FRAMED))
        assert len(await ask(upstream)) == 7


@proves("fault-F05")
@pytest.mark.parametrize("how", ["fin", "rst"])
@in_loop
async def test_what_came_before_a_break_is_kept_even_if_the_reader_was_busy(
    double: OllamaDouble, how: Literal["fin", "rst"]
) -> None:
    six = WHOLE.rindex(b"\n", 0, -1) + 1
    double.script("/api/chat", RECORDED.cut(six + 20, how).slow(0.01))
    async with upstream_of(double) as upstream, aclosing(upstream.stream("/api/chat", QUESTION)) as stream:
        lines = await anext(stream)
        await double.until(lambda journal: journal[0].closed)
        await asyncio.sleep(0)
        rest, error = await read_until_failure(stream)
    assert error is not None
    assert error.code == "upstream_error"
    assert text_of(lines + rest) == "Hello from the tiny model!"


@proves("vec-T11", "fault-F05")
@in_loop
async def test_a_proper_end_without_done_is_no_failure_unless_it_is_inside_a_line(
    double: OllamaDouble,
) -> None:
    async with upstream_of(double) as upstream:
        for place in range(1, len(WHOLE) - 1):
            double.script("/api/chat", RECORDED.cut(place, "clean"))
            lines, error = await ask_until_failure(upstream)
            if WHOLE[place - 1 : place] == b"\n" or WHOLE[place : place + 1] == b"\n":
                assert error is None
                last = events_of(lines)[-1]
                assert isinstance(last, Finished)
                assert (last.reason, last.incomplete) == ("length", True)
            else:
                assert error is not None, place
                assert error.code == "upstream_invalid", place


@proves("fault-F05")
@in_loop
async def test_a_recorded_repeat_guard_ends_properly(double: OllamaDouble) -> None:
    double.script("/api/chat", Reply.recording("native-chat-repeat-guard-stream"))
    async with upstream_of(double) as upstream:
        last = events_of(await ask(upstream))[-1]
    assert isinstance(last, Finished)
    assert last.incomplete


@pytest.mark.parametrize(
    ("wire", "whole"),
    [
        (b'HTTP/1.1 200 OK\r\n\r\n{"a":1}\n', False),
        (b'HTTP/1.1 200 OK\r\n\r\n{"a":1}\n{"done":true}\n', True),
        (b'HTTP/1.0 200 OK\r\n\r\n{"a":1}\n', False),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"done":true}\n', False),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a":1}\n', True),
    ],
    ids=[f"fault-F05-{name}" for name in ("no framing", "done", "HTTP 1.0", "short", "length")],
)
@in_loop
async def test_where_the_framing_does_not_say_that_a_body_is_whole_only_done_does(
    double: OllamaDouble, wire: bytes, whole: bool
) -> None:
    double.script("/api/chat", Reply.raw(wire))
    async with upstream_of(double) as upstream:
        _, error = await ask_until_failure(upstream)
    assert (error is None) == whole
    assert error is None or error.code == "upstream_error"
