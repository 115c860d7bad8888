"""One writer a process: what all answers gathered in 40 ms is in the log before anybody sees it (D10)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from django.db import Error, close_old_connections, connection

from chat.generation import log as generations
from chat.generation.engines.base import Batch, Taken
from chat.generation.pieces import FLUSH_BYTES, FLUSH_SECONDS, Kind, Piece, storable
from chat.generation.running import Running

log = logging.getLogger(__name__)

Append = Callable[[Batch, Batch], None]
PATIENCE: Final = 10.0  # seconds a batch is tried again while the database is away
AGAIN: Final = 0.5


class NotSaved(Exception):
    """The database stayed away: what was gathered since may not be shown, so these answers end here."""


class Writer:
    """append: where to."""

    def __init__(self, append: Append = generations.append) -> None:
        self._append = append
        self._waiting: set[Running] = set()
        self._pause: asyncio.Future[None] | None = None
        self._next = 0.0  # the loop's time before which nothing small is written
        self._task: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "generations")  # one thread, so one connection

    def add(self, running: Running, kind: Kind, text: str) -> None:
        """Gather; the next flush takes it."""
        size = running.gather(kind, storable(text))
        self._waiting.add(running)
        if size >= FLUSH_BYTES and self._pause is not None:
            _over(self._pause)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._soon())

    async def flush(self) -> None:
        """Everything gathered is in the log and shown when this returns. NotSaved."""
        async with self._one_at_a_time:
            answers, self._waiting = self._waiting, set()
            taken = {answer: answer.take() for answer in answers}
            try:
                await self._write({answer: found for answer, found in taken.items() if found})
            except NotSaved:
                for answer in answers:
                    answer.break_off()
                raise
            for answer, found in taken.items():
                if not answer.broken:
                    answer.show(found)

    async def call(self, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Run something of the log's in the writer's own thread, on a connection that was seen to work."""
        act = partial(act, **more)
        return await asyncio.get_running_loop().run_in_executor(self._thread, _connected, True, act, *args)

    def close(self) -> None:
        self._thread.submit(connection.close)
        self._thread.shutdown(wait=True)

    async def _soon(self) -> None:
        """What comes after a silence goes at once, and what comes behind it 40 ms later."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            self._pause = loop.create_future()
            timer = loop.call_at(self._next, _over, self._pause)
            try:
                await self._pause
            finally:
                timer.cancel()
            try:
                await self.flush()
            except NotSaved as error:
                log.error("answers were cut: %s", error)  # noqa: TRY400 - the text says all there is
                return
            self._next = loop.time() + FLUSH_SECONDS

    async def _write(self, taken: Mapping[Running, Sequence[Piece]]) -> None:
        """Those that another writer holds break off; the others do not suffer for it."""
        taken = dict(taken)
        while taken:
            batch = {answer.generation: found for answer, found in taken.items()}
            earlier = {answer.generation: answer.pieces for answer in taken}
            try:
                await self._write_all(batch, earlier)
            except Taken as error:
                for answer in [one for one in taken if one.generation in error.generations]:
                    answer.break_off(taken=True)
                    del taken[answer]
            else:
                return

    async def _write_all(self, batch: Batch, earlier: Batch) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            try:
                await loop.run_in_executor(self._thread, _connected, False, self._append, batch, earlier)
            except Taken:
                raise
            except Error as error:
                if loop.time() >= until:
                    raise NotSaved(type(error).__name__) from None
                await asyncio.sleep(AGAIN)
            else:
                return


def _over(pause: asyncio.Future[None]) -> None:
    if not pause.done():
        pause.set_result(None)


def _connected(sure: bool, act: Callable[..., Any], *args: Any) -> Any:
    """act(*args) on this thread's connection, which is kept: to make one takes longer than to write a batch.

    One that failed is made anew. sure: ask it first whether it lives; who tries again need not.
    """
    connection.close_at, connection.health_check_enabled = None, sure
    close_old_connections()
    return act(*args)
