"""One coarse clock for all streams: signs of life into silent ones, an end to those nobody reads (F-16)."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Beating(Protocol):
    """A stream: looked at once a tick."""

    def beat(self, now: float) -> None: ...


class Pulse:
    """tick: seconds between two looks. Runs while there is a stream, on the loop of the streams."""

    def __init__(self, tick: float) -> None:
        self.tick = tick
        self.streams: set[Beating] = set()
        self.timer: asyncio.TimerHandle | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def add(self, stream: Beating) -> None:
        """Look after this stream until it is removed."""
        loop = asyncio.get_running_loop()
        if loop is not self.loop:  # a new loop in the same process (tests)
            self.loop, self.timer = loop, None
            self.streams.clear()
        self.streams.add(stream)
        if self.timer is None:
            self.timer = loop.call_later(self.tick, self._look)

    def remove(self, stream: Beating) -> None:
        self.streams.discard(stream)

    def _look(self) -> None:
        self.timer = None
        if not self.streams or self.loop is None:
            return
        now = time.monotonic()
        for stream in list(self.streams):
            stream.beat(now)
        self.timer = self.loop.call_later(self.tick, self._look)
