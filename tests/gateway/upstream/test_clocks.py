"""The limits of contract.md, "Time", with short values: each is its own, and none ends a lively answer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from clawdsite.core.errors import ClawdError
from gateway.upstream.client import Upstream
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.gateway.upstream.asking import QUESTION, ask, ask_until_failure, in_loop, text_of, upstream_of
from tests.proof import proves

LINE = {"message": {"content": "x"}, "done": False}
DONE = {"message": {"content": ""}, "done": True}
ANSWER = Reply.lines(*[LINE] * 5, DONE)


async def timed(upstream: Upstream) -> tuple[float, str, ClawdError]:
    """Seconds until the failure, the text before it, the failure."""
    began = time.monotonic()
    lines, error = await ask_until_failure(upstream)
    assert error is not None
    return time.monotonic() - began, text_of(lines), error


@proves("fault-F03")
@pytest.mark.parametrize("where", ["headers", "first"])
@in_loop
async def test_a_loaded_model_that_says_nothing_ends_at_the_first_token_timeout(
    double: OllamaDouble, where: Any
) -> None:
    double.script("/api/chat", ANSWER.stall(where))
    async with upstream_of(double, first_token_timeout=0.3, load_timeout=5, timeout=5) as upstream:
        took, _, error = await timed(upstream)
        assert 0.28 < took < 0.9
        assert (error.status, error.code, error.should_retry) == (504, "upstream_timeout", False)
        assert "0.3 seconds" in error.message
        assert await double.until(
            lambda journal: journal.to("/api/chat")[0].closed_by == "client", timeout=30
        )
        assert upstream.in_flight == 0


@proves("fault-F03")
@in_loop
async def test_a_model_that_is_not_loaded_has_the_load_timeout(double: OllamaDouble) -> None:
    double.unload()
    double.host.load_time = None
    async with upstream_of(double, first_token_timeout=0.2, load_timeout=0.8, timeout=5) as upstream:
        took, _, error = await timed(upstream)
    assert 0.75 < took < 1.4
    assert error.code == "upstream_timeout"
    assert "not loaded" in error.message


@proves("fault-F03")
@in_loop
async def test_a_load_that_ends_within_the_load_timeout_is_answered(double: OllamaDouble) -> None:
    double.unload()
    double.host.load_time = 0.7
    async with upstream_of(double, first_token_timeout=0.2, load_timeout=5, timeout=5) as upstream:
        assert len(await ask(upstream)) == 7


@proves("fault-F03")
@in_loop
async def test_once_it_is_loaded_the_first_token_timeout_begins(double: OllamaDouble) -> None:
    double.unload()
    double.host.load_time = 0.5
    double.script("/api/chat", ANSWER.stall("headers"))
    async with upstream_of(double, first_token_timeout=0.3, load_timeout=5, timeout=5) as upstream:
        took, _, error = await timed(upstream)
    assert 0.75 < took < 1.6
    assert "0.3 seconds" in error.message


@proves("fault-F04", "vec-T17")
@in_loop
async def test_silence_inside_an_answer_ends_it_with_what_came_kept(double: OllamaDouble) -> None:
    size = len(Reply.lines(LINE).whole())
    double.script("/api/chat", ANSWER.stall(5 * size))
    async with upstream_of(double, timeout=0.3, first_token_timeout=5) as upstream:
        took, text, error = await timed(upstream)
        assert 0.28 < took < 0.9
        assert text == "xxxxx"
        assert (error.code, error.should_retry) == ("upstream_timeout", False)
        assert await double.until(lambda journal: journal[0].closed_by == "client", timeout=30)


@proves("fault-F04")
@in_loop
async def test_silence_is_counted_from_the_last_piece_not_from_the_start(double: OllamaDouble) -> None:
    double.script("/api/chat", ANSWER.slow(0.2))
    async with upstream_of(double, timeout=0.4, first_token_timeout=0.4) as upstream:
        assert text_of(await ask(upstream)) == "xxxxx"  # 1.2 s, three times the limit


@proves("fault-F04")
@in_loop
async def test_a_consumer_that_takes_its_time_is_not_taken_for_a_silent_host(double: OllamaDouble) -> None:
    double.script("/api/chat", ANSWER.slow(0.01))
    taken = asyncio.Event()
    async with upstream_of(double, timeout=0.2) as upstream:
        got = 0
        async for lines in upstream.stream("/api/chat", QUESTION):
            got += len(lines)
            if got >= 3 and not taken.is_set():
                asyncio.get_running_loop().call_later(0.6, taken.set)
                await taken.wait()  # the test's own time passes: three times the limit
    assert got == 6


@proves("fault-F09")
@in_loop
async def test_a_trickle_of_bytes_ends_at_the_total_timeout(double: OllamaDouble) -> None:
    double.script("/api/chat", ANSWER.split(*range(1000)).slow(0.05))
    async with upstream_of(double, timeout=0.8, total_timeout=1.6) as upstream:
        took, _, error = await timed(upstream)
        assert 1.5 < took < 10  # of the 0.05 s a byte that all of it would take
        assert error.code == "upstream_timeout"
        assert "1.6 seconds" in error.message
        assert await double.until(lambda journal: journal[0].closed_by == "client", timeout=30)


@proves("fault-F09")
@in_loop
async def test_the_total_timeout_closes_the_connection_of_a_consumer_that_sleeps(
    double: OllamaDouble,
) -> None:
    double.script("/api/chat", Reply.tokens(10_000, rate=100))
    async with upstream_of(double, total_timeout=0.4) as upstream:
        stream = upstream.stream("/api/chat", QUESTION)
        await anext(stream)
        await double.until(lambda journal: journal[0].closed_by == "client", timeout=3)
        with pytest.raises(ClawdError, match="longer than"):
            async for _ in stream:
                pass


@proves("fault-F09")
@in_loop
async def test_the_total_timeout_counts_from_the_question(double: OllamaDouble) -> None:
    double.script("/api/chat", ANSWER.stall("headers"))
    async with upstream_of(double, first_token_timeout=5, total_timeout=0.3) as upstream:
        took, _, error = await timed(upstream)
    assert 0.25 < took < 1
    assert "longer than 0.3 seconds" in error.message


@proves("fault-F03")
@in_loop
async def test_an_embedding_has_the_same_patience(double: OllamaDouble) -> None:
    double.script("/api/embed", Reply.json({}).stall("headers"))
    async with upstream_of(double, first_token_timeout=0.2) as upstream:
        with pytest.raises(ClawdError) as caught:
            await upstream.embed({"model": "embed", "input": ["a"]})
        assert caught.value.code == "upstream_timeout"
        assert upstream.in_flight == 0


@proves("fault-F03")
@in_loop
async def test_a_silent_host_does_not_hold_its_readiness(double: OllamaDouble) -> None:
    double.script("/api/version", Reply.json({}).stall("headers"))
    async with upstream_of(double, connect_timeout=0.2) as upstream:
        with pytest.raises(ClawdError) as caught:
            await upstream.ping()
    assert caught.value.code == "upstream_unavailable"
