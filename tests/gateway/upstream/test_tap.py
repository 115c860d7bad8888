"""Lines that are taken as they come, without waking the reader: nothing is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import random

import pytest

from clawdsite.core.errors import ClawdError
from gateway.types import Json
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.gateway.upstream.asking import (
    QUESTION,
    ask_until_failure,
    in_loop,
    read_until_failure,
    upstream_of,
)


def line(text: str) -> Json:
    return {"message": {"content": text}, "done": False}


DONE = {"message": {"content": ""}, "done": True}
WORDS = [f"{number} 你好" for number in range(40)]
ANSWER = Reply.lines(*map(line, WORDS), DONE)


class Taker:
    """Takes what it is offered, as often as `willing` says; all lines in the order they were seen."""

    def __init__(self, willing: float = 1.0) -> None:
        self.rolled, self.willing = random.Random(4), willing
        self.seen: list[Json] = []
        self.taken = 0

    def tap(self, lines: list[Json]) -> bool:
        if self.rolled.random() >= self.willing or any(one.get("done") is not False for one in lines):
            return False
        self.seen += lines
        self.taken += len(lines)
        return True

    async def read(self, double: OllamaDouble, **limits: float) -> ClawdError | None:
        async with upstream_of(double, **limits) as upstream:
            try:
                async for lines in upstream.stream("/api/chat", QUESTION, tap=self.tap):
                    self.seen += lines
            except ClawdError as error:
                return error
        return None

    @property
    def words(self) -> list[str]:
        return [one["message"]["content"] for one in self.seen]


@pytest.mark.parametrize("willing", [1.0, 0.5, 0.0])
@in_loop
async def test_taken_and_read_lines_are_the_whole_answer_in_its_order(
    double: OllamaDouble, willing: float
) -> None:
    double.script("/api/chat", ANSWER.slow(0.005))
    taker = Taker(willing)
    assert await taker.read(double) is None
    assert taker.words == [*WORDS, ""]
    assert (taker.taken > 0) == (willing > 0)  # how many come at once is the network's


@pytest.mark.parametrize("seed", range(3))
@in_loop
async def test_lines_that_are_cut_anywhere_are_whole_again(double: OllamaDouble, seed: int) -> None:
    rolled = random.Random(seed)
    double.script("/api/chat", ANSWER.split(*sorted(rolled.sample(range(1, 2000), 40))).slow(0.003))
    taker = Taker(0.8)
    assert await taker.read(double) is None
    assert taker.words == [*WORDS, ""]


@in_loop
async def test_an_answer_of_which_all_is_taken_is_not_silent(double: OllamaDouble) -> None:
    double.script("/api/chat", Reply.lines(*map(line, WORDS[:6]), DONE).slow(0.4))
    taker = Taker()
    assert await taker.read(double, timeout=1.5, first_token_timeout=1.5) is None
    assert taker.words == [*WORDS[:6], ""]
    assert taker.taken >= 4


@in_loop
async def test_silence_after_what_was_taken_ends_it(double: OllamaDouble) -> None:
    double.script("/api/chat", ANSWER.slow(0.01).stall(1200))
    taker = Taker()
    error = await taker.read(double, timeout=0.5)
    assert error is not None
    assert error.code == "upstream_timeout"
    assert taker.words == WORDS[: len(taker.words)]
    assert taker.taken > 0


@in_loop
async def test_a_failure_in_the_middle_comes_as_it_would_without(double: OllamaDouble) -> None:
    broken = Reply.lines(*map(line, WORDS[:8]), {"error": "the model went away"}).slow(0.01)
    double.script("/api/chat", broken)
    taker = Taker()
    error = await taker.read(double)
    async with upstream_of(double) as upstream:
        plain, same = await ask_until_failure(upstream)
    assert error is not None
    assert same is not None
    assert (error.code, error.message) == (same.code, same.message)
    assert taker.words == [one["message"]["content"] for one in plain]


@in_loop
async def test_who_was_cancelled_is_offered_nothing_more(double: OllamaDouble) -> None:
    double.script("/api/chat", ANSWER.slow(0.01))
    taker = Taker()
    async with upstream_of(double) as upstream:
        reading = asyncio.ensure_future(
            read_until_failure(upstream.stream("/api/chat", QUESTION, tap=taker.tap))
        )
        while taker.taken < 3:
            await asyncio.sleep(0.005)
        reading.cancel()
        taken = taker.taken
        await asyncio.wait({reading})
        assert await double.until(lambda journal: journal.to("/api/chat")[0].closed_by == "client", timeout=2)
        assert taker.taken == taken
