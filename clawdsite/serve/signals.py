"""SIGTERM and SIGINT drain, a second one hurries; SIGHUP reloads the configuration (S32, M15, F-22..23)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from clawdsite.core import log as logs
from clawdsite.core import metrics
from clawdsite.core.config import live
from clawdsite.core.errors import Draining
from clawdsite.core.lifecycle import lifecycle
from clawdsite.entry.exchange import all_running

log = logging.getLogger(__name__)

FAREWELL: Final = 1.0  # seconds for the last event to reach a client


class Drain:
    """Not ready any more, nothing new; what runs may finish, up to `server.drain`; then `stop`.

    begins, ends: called at the drain's beginning, and awaited (for FAREWELL) when what runs is to be left.
    """

    def __init__(
        self,
        stop: Callable[[], None],
        begins: Callable[[], None] = lambda: None,
        ends: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.stop, self.begins, self.ends = stop, begins, ends
        self.hurry = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """The signal came, for the first time or again."""
        if self.task is None:
            lifecycle.draining = True
            self.task = asyncio.get_running_loop().create_task(self._drain())
        else:
            self.hurry.set()

    async def _drain(self) -> None:
        limit = live.current().server.drain
        log.info("shutting down", extra={"fields": {"running": len(lifecycle.running), "drain": limit}})
        self.begins()
        await self._quiet_or_late(limit)
        left = all_running()
        if left:
            log.warning("the drain time is over", extra={"fields": {"interrupted": len(left)}})
            error = Draining("The gateway is shutting down; the answer was cut off here.", retry_after=5)
            await _at_most(FAREWELL, *(exchange.interrupt(error) for exchange in left))
            await _at_most(FAREWELL, lifecycle.quiet())
        if self.ends is not None:
            await _at_most(2 * FAREWELL, self.ends())
        self.stop()

    async def _quiet_or_late(self, limit: float) -> None:
        waits = {asyncio.ensure_future(lifecycle.quiet()), asyncio.ensure_future(self.hurry.wait())}
        await asyncio.wait(waits, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


async def _at_most(seconds: float, *works: Awaitable[None]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*works, return_exceptions=True)


class Reloader:
    """However many signals come while one reload runs, one more follows it."""

    def __init__(self, reloaded: Callable[[], None] = lambda: None) -> None:
        self.reloaded = reloaded
        self.wanted = False
        self.task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        if lifecycle.draining:
            log.info("the configuration is not reloaded: shutting down")
            return
        self.wanted = True
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._reload())

    async def _reload(self) -> None:
        while self.wanted:
            self.wanted = False
            result = await asyncio.to_thread(live.reload)
            lifecycle.reloaded = result
            metrics.reloaded(result.ok)
            if result.ok:
                logs.configure(live.current())
                self.reloaded()
            tell(result)


def tell(result: live.Reload) -> None:
    """What a reload came to, in the log: keys and places, never values."""
    if not result.ok:
        problems = [logs.words(problem) for problem in result.problems]
        log.error(
            "the configuration was not taken over; the old one stays",
            extra={"fields": {"problems": problems}},
        )
        return
    fields = {"changed": list(result.changed), "needs_restart": list(result.needs_restart)}
    warnings = [logs.words(problem) for problem in result.warnings]
    log.info(
        "the configuration was reloaded",
        extra={"fields": fields | ({"warnings": warnings} if warnings else {})},
    )


def attach(drain: Drain, reloader: Reloader) -> None:
    """Hear the signals on the running loop (the main thread's)."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, drain.ask)
    loop.add_signal_handler(signal.SIGINT, drain.ask)
    loop.add_signal_handler(signal.SIGHUP, reloader.ask)
