"""The wait in front of the model: `upstream.max_connections` answers at once, first come, first served."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self
from weakref import WeakKeyDictionary

from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Config
from clawdsite.core.config.schema import Upstream as Limits
from clawdsite.core.errors import Overloaded

RECENT: Final = 0.2  # weight of the newest answer in the mean time an answer takes
LOOK_EVERY: Final = 1.0  # seconds until a larger max_connections is noticed while callers wait
UNKNOWN: Final = 5.0  # seconds to come back after, before any answer was timed


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """Who wants a slot. priority and team: for the fair queue; this one goes by arrival alone."""

    caller_id: str
    model: str
    priority: int = 0
    team: str | None = None


class Slot:
    """One answer's right to ask the model. waited: seconds. Ends with `release` or its `with` block."""

    __slots__ = ("_line", "began", "waited")

    def __init__(self, line: Line, began: float, waited: float) -> None:
        self._line: Line | None = line
        self.began = began
        self.waited = waited

    def release(self) -> None:
        """Give it to the next one; a second call does nothing."""
        line, self._line = self._line, None
        if line is not None:
            line._leave(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()


@dataclass(slots=True)
class Waiter:
    """One who waits. granted: gets the slot, or Overloaded when the wait took too long."""

    since: float
    granted: asyncio.Future[Slot]
    timer: asyncio.TimerHandle


class Line:
    """The slots of one event loop and those who wait for one.

    configuration: read at each turn, so a reload resizes the line.
    """

    def __init__(self, configuration: Callable[[], Config]) -> None:
        self._configuration = configuration
        self._running: dict[Slot, None] = {}
        self._waiters: OrderedDict[Ticket, Waiter] = OrderedDict()
        self._places: dict[Ticket, int] | None = None
        self._mean: float | None = None
        self._look: asyncio.TimerHandle | None = None

    @property
    def running(self) -> int:
        """Slots that are taken."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Callers in the line."""
        return len(self._waiters)

    async def enter(self, ticket: Ticket) -> Slot:
        """A slot, after those who came before.

        Raises Overloaded at once when `queue.size` wait already, and after `queue.wait` seconds in the line.
        A cancelled caller leaves no trace.
        """
        limits = self._limits()
        self._admit()
        if not self._waiters and len(self._running) < limits.max_connections:
            return self._take(0.0)
        if len(self._waiters) >= limits.queue.size:
            raise self._full(limits)
        waiter = self._join(ticket, limits.queue.wait)
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            if waiter.granted.done() and not waiter.granted.cancelled() and not waiter.granted.exception():
                waiter.granted.result().release()  # it came in the very moment
            raise
        finally:
            waiter.timer.cancel()
            self._remove(ticket)

    def place(self, ticket: Ticket) -> int | None:
        """1 is the next; None for who does not wait."""
        if self._places is None:
            self._places = {waiting: index for index, waiting in enumerate(self._waiters, 1)}
        return self._places.get(ticket)

    def estimate(self, ticket: Ticket) -> float | None:
        """Seconds until its turn, by what answers took lately; None for who does not wait, or before any."""
        place = self.place(ticket)
        return None if place is None else self._until(place)

    # ---- how ----------------------------------------------------------------------------------

    def _limits(self) -> Limits:
        return self._configuration().upstream

    def _join(self, ticket: Ticket, longest: float) -> Waiter:
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[Slot] = loop.create_future()
        timer = loop.call_later(longest, self._too_late, ticket, longest)
        waiter = self._waiters[ticket] = Waiter(time.monotonic(), granted, timer)
        self._places = None
        if self._look is None:
            self._look = loop.call_later(LOOK_EVERY, self._look_again)
        return waiter

    def _remove(self, ticket: Ticket) -> None:
        if self._waiters.pop(ticket, None) is not None:
            self._places = None

    def _take(self, waited: float) -> Slot:
        slot = Slot(self, time.monotonic(), waited)
        self._running[slot] = None
        return slot

    def _leave(self, slot: Slot) -> None:
        took = time.monotonic() - slot.began
        self._mean = took if self._mean is None else self._mean + RECENT * (took - self._mean)
        del self._running[slot]
        self._admit()

    def _admit(self) -> None:
        """Slots that are free go to those who waited longest."""
        most = self._limits().max_connections
        while self._waiters and len(self._running) < most:
            _, waiter = self._waiters.popitem(last=False)
            self._places = None
            if not waiter.granted.done():
                waiter.granted.set_result(self._take(time.monotonic() - waiter.since))

    def _look_again(self) -> None:
        """A reload may have made the line wider while nobody came or went."""
        self._look = None
        self._admit()
        if self._waiters:
            self._look = asyncio.get_running_loop().call_later(LOOK_EVERY, self._look_again)

    def _too_late(self, ticket: Ticket, longest: float) -> None:
        waiter = self._waiters.get(ticket)
        if waiter is not None and not waiter.granted.done():
            message = f"The model was busy for {longest:g} seconds with those who came before. "
            again = self._until(len(self._waiters)) or UNKNOWN
            waiter.granted.set_exception(
                Overloaded(f"{message}Please try again in {_seconds(again)}.", retry_after=again)
            )

    def _full(self, limits: Limits) -> Overloaded:
        again = min(self._until(len(self._waiters) + 1) or UNKNOWN, limits.queue.wait)
        count = len(self._waiters)
        why = (
            f"{count} {'call waits' if count == 1 else 'calls wait'} already" if count else "no call may wait"
        )
        message = f"The model is busy and {why}. Please try again in {_seconds(again)}."
        return Overloaded(message, retry_after=again)

    def _until(self, place: int) -> float | None:
        """Seconds until the turn of that place, if each answer takes as long as they took lately."""
        if self._mean is None:
            return None
        now = time.monotonic()
        left = sorted(max(0.0, self._mean - (now - slot.began)) for slot in self._running)
        left = left or [0.0]
        rounds, index = divmod(place - 1, len(left))
        return left[index] + rounds * self._mean


_here: WeakKeyDictionary[asyncio.AbstractEventLoop, Line] = WeakKeyDictionary()


def line() -> Line:
    """The line of the running event loop: a server process has one."""
    loop = asyncio.get_running_loop()
    found = _here.get(loop)
    if found is None:
        found = _here[loop] = Line(current)
    return found


def _seconds(seconds: float) -> str:
    whole = max(1, round(seconds))
    return "a second" if whole == 1 else f"{whole} seconds"
