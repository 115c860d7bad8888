"""One writer a process: what all answers gathered in 40 ms is in the log before anybody sees it (D10)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.db import DatabaseError, close_old_connections

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
        self._full = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "generations")  # one thread, so one connection

    def add(self, running: Running, kind: Kind, text: str) -> None:
        """Gather; the next flush takes it."""
        size = running.gather(kind, storable(text))
        self._waiting.add(running)
        if size >= FLUSH_BYTES:
            self._full.set()
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

    async def call(self, act: Callable[..., Any], *args: Any) -> Any:
        """Run something of the log's in the writer's own thread."""

        def run() -> Any:
            close_old_connections()
            return act(*args)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def close(self) -> None:
        self._thread.shutdown(wait=True)

    async def _soon(self) -> None:
        while self._waiting:
            self._full.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), FLUSH_SECONDS)
            try:
                await self.flush()
            except NotSaved as error:
                log.error("answers were cut: %s", error)  # noqa: TRY400 - the text says all there is
                return

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
                    answer.break_off()
                    del taken[answer]
                log.error("%d answers are over for others: they end here too", len(error.generations))  # noqa: TRY400
            else:
                return

    async def _write_all(self, batch: Batch, earlier: Batch) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            try:
                await self.call(self._append, batch, earlier)
            except Taken:
                raise
            except DatabaseError as error:
                if loop.time() >= until:
                    raise NotSaved(type(error).__name__) from None
                await asyncio.sleep(AGAIN)
            else:
                return
