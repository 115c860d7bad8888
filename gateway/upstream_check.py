"""How many calls the model's host really answers at once (`clawdbot check --upstream`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import ClawdError, UpstreamUnavailable
from gateway import upstream
from gateway.types import Json

LEAD: Final = 24  # pieces of the foremost answer at which the others are counted
UNDER_WAY: Final = 2  # pieces that make an answer one that runs; one may be the first of the next in turn
WORDS: Final = 64  # an answer's length; more than LEAD, so that nobody's turn comes by the end of another
FAREWELL: Final = 0.5  # seconds
SHORTEST: Final = 0.02  # seconds that the foremost answer must take
ONE_PIECE: Final = "its answers come in one piece, too fast to tell them apart (a proxy that buffers them?)"
LATER: Final = " Please try again in a moment."  # what a caller is told, and no news to an operator
MOST: Final = 64  # calls at once that are tried beyond what is configured


@dataclass(frozen=True, slots=True)
class Measured:
    """served: answers at once; None where it could not be measured, and `trouble` says why.

    open_end: there may be more, nobody tried. configured: upstream.max_connections.
    """

    model: str
    configured: int
    served: int | None = None
    open_end: bool = False
    trouble: str = ""

    def __str__(self) -> str:
        if self.served is None:
            return (
                f"upstream: how many calls {self.model} answers at once could not be measured: {self.trouble}"
            )
        many = f"{'at least ' if self.open_end else ''}{self.served} call{'s' if self.served > 1 else ''}"
        found = f"upstream: {self.model} answers {many} at once"
        if self.served == self.configured:
            return f"{found}; upstream.max_connections is {self.configured}: right"
        advice = f"set upstream.max_connections: {self.served}"
        if self.served < self.configured:
            advice += f", or OLLAMA_NUM_PARALLEL={self.configured} where Ollama runs"
        return f"{found}, but upstream.max_connections is {self.configured}: {advice}"


def measure(config: Config) -> Measured:
    """Ask the default model many short questions at once and count the answers that run side by side.

    It takes as long as a few dozen tokens, and a load where the model is cold. Calls of others count too:
    measure while nobody else asks.
    """
    with live.override(config):
        return asyncio.run(_measure(config))


async def _measure(config: Config) -> Measured:
    model = config.models.default
    for _ in config.models.aliases:
        model = config.models.aliases.get(model, model)
    wanted = config.upstream.max_connections
    try:
        await upstream.current().ensure_loaded(model)
        calls = wanted + 1
        served = await _at_once(model, calls)
        while served == calls and calls < MOST:
            calls = min(2 * calls, MOST)
            served = await _at_once(model, calls)
    except UpstreamUnavailable as error:
        where = f"Is Ollama running at {config.upstream.url} (upstream.url)?"
        return Measured(model, wanted, trouble=f"{error.message.removesuffix(LATER)} {where}")
    except ClawdError as error:
        return Measured(model, wanted, trouble=error.message)
    finally:
        await upstream.close()
    if served is None:
        return Measured(model, wanted, trouble=ONE_PIECE)
    return Measured(model, wanted, served, open_end=served == calls)


async def _at_once(model: str, calls: int) -> int | None:
    """Answers that run side by side, out of so many; None where they come too fast to tell. ClawdError."""
    race = Race(calls)
    lanes = [asyncio.ensure_future(race.run(model, lane)) for lane in range(calls)]
    try:
        await race.decided.wait()
        await race.settled(lanes)
    finally:
        for lane in lanes:
            lane.cancel()
        await asyncio.wait(lanes)
    return race.result()


class Race:
    """Some calls at once. A host with n places gives n of them pieces and the others not a byte.

    Decided when the foremost has LEAD pieces, ended, or when all have failed.
    """

    def __init__(self, calls: int) -> None:
        self.pieces = [0] * calls
        self.began: list[float | None] = [None] * calls
        self.failures: list[ClawdError] = []
        self.decided = asyncio.Event()
        self.ended: set[int] = set()
        self.foremost: int | None = None
        self.running = 0
        self.took = 0.0

    async def run(self, model: str, lane: int) -> None:
        """One call, up to the end of the race."""
        loop = asyncio.get_running_loop()
        try:
            async with aclosing(upstream.current().stream("/api/chat", question(model))) as stream:
                async for lines in stream:
                    now = loop.time()
                    began = self.began[lane] = self.began[lane] or now
                    self.pieces[lane] += len(lines)
                    if lines[-1].get("done"):
                        self.ended.add(lane)
                    if self.pieces[lane] >= LEAD or lane in self.ended:
                        self._decide(lane, now - began)
        except ClawdError as error:
            self.failures.append(error)
            if len(self.failures) == len(self.pieces):
                self.decided.set()

    async def settled(self, lanes: Sequence[asyncio.Future[None]]) -> None:
        """Answers that are complete but for the end of their body get a moment for it."""
        if self.ended:
            await asyncio.wait([lanes[lane] for lane in self.ended], timeout=FAREWELL)

    def _decide(self, lane: int, took: float) -> None:
        if not self.decided.is_set():
            self.foremost, self.took = lane, took
            self.running = sum(pieces >= UNDER_WAY for pieces in self.pieces)
            self.decided.set()

    def result(self) -> int | None:
        """Answers under way at the decision; None if the foremost came nearly in one piece. ClawdError."""
        if self.foremost is None:
            raise self.failures[0]
        return self.running if self.took >= SHORTEST else None


def question(model: str) -> Json:
    """A native body whose answer is long enough to be overtaken, and no longer."""
    return {
        "model": model,
        "messages": [{"role": "user", "content": "Count from 1 to 100, one number a line."}],
        "stream": True,
        "options": {"num_predict": WORDS, "temperature": 0},
    }
