"""Answers that other processes make, or made: one reader of the log here for all who watch one."""

from __future__ import annotations

import asyncio
import logging
import uuid
from functools import partial
from typing import Final

from channels.db import database_sync_to_async
from django.db import Error

from chat.generation import log as generations
from chat.generation.engines.base import Away
from chat.generation.engines.database import POLL
from chat.generation.pieces import Seen, Snapshot
from chat.generation.running import Running
from clawdsite.core.config.live import current

log = logging.getLogger(__name__)

ALL: Final = 10**9
MOST_SILENT: Final = 5.0  # seconds between two signs that somebody watches


class Followed(Running):
    """Another process's answer, as this one has read it so far."""

    def __init__(self, generation: uuid.UUID) -> None:
        super().__init__(generation, None, "")
        self.left = False
        self.kept: Snapshot | None = None
        self.seen_first = asyncio.Event()
        self.reader: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        await self.seen_first.wait()

    def withdraw(self) -> None:
        super().withdraw()
        self.seen_first.set()

    async def read(self) -> None:
        """Until its end, or until nobody watches. What cannot be read now is read later."""
        while self.end is None and not self.gone and not self.left:
            try:
                await self._look()
            except LookupError:
                self.withdraw()
            except Exception as error:  # noqa: BLE001 - whatever it is, those who watch wait for the rest
                await self._later(error)
                continue
            self.seen_first.set()
            if self.end is None and not self.gone:
                await self._listen()

    async def _later(self, error: Exception) -> None:
        expected = isinstance(error, (Error, Away, OSError))
        log.log(
            logging.INFO if expected else logging.ERROR,
            "an answer cannot be followed now: %s",
            type(error).__name__,
        )
        await asyncio.sleep(POLL)

    def seen_after(self, after: int) -> list[Seen]:
        if not self.gone and self.kept is not None and self.end is not None and after != self.kept.seq:
            return [self.kept, self.end]
        return super().seen_after(after)

    async def _look(self) -> None:
        """Into the database: whether it has ended, and what the engine did not tell."""
        ended = partial(generations.ended, self.generation, shown=True)
        end = await database_sync_to_async(ended)()  # no piece can follow it
        if end is None or end.seq > len(self.pieces):
            found = await database_sync_to_async(generations.read)(self.generation, len(self.pieces), ALL)
            if found:
                self.show(found)
        if end is not None:
            if end.seq > len(self.pieces):  # the log's time is over
                self.kept = await database_sync_to_async(generations.kept)(self.generation, end)
            self.close(end)

    async def _listen(self) -> None:
        """What the engine tells at once; its connection may break in every way there is."""
        try:
            async for found in generations.engine().news(self.generation, len(self.pieces)):
                self.show(found)
        except Exception as error:  # noqa: BLE001 - as above
            await self._later(error)


class Following:
    """What this process follows."""

    def __init__(self) -> None:
        self.followed: dict[uuid.UUID, Followed] = {}
        self._signs: asyncio.Task[None] | None = None

    def of(self, generation: uuid.UUID) -> Followed:
        """To be watched at once; it is read for as long as somebody does."""
        found = self.followed.get(generation)
        if found is None or found.gone:
            found = self.followed[generation] = Followed(generation)
            found.on_watchers = lambda count: None if count else self._leave(found)
            loop = asyncio.get_running_loop()
            found.reader = loop.create_task(found.read())
            if self._signs is None or self._signs.done() or self._signs.get_loop() is not loop:
                self._signs = loop.create_task(self._sign())
        return found

    async def _sign(self) -> None:
        """As long as somebody watches here, the makers elsewhere hear of it (they stop after chat.linger)."""
        while self.followed:
            try:
                await database_sync_to_async(generations.watch)(list(self.followed))
            except Error as error:
                log.info("that an answer is watched cannot be said now: %s", type(error).__name__)
            await asyncio.sleep(max(POLL, min(MOST_SILENT, current().chat.linger / 3)))

    def _leave(self, found: Followed) -> None:
        if self.followed.get(found.generation) is found:
            del self.followed[found.generation]
        found.left = True  # a client's library may swallow a cancellation
        if found.reader is not None:
            found.reader.cancel()


following: Final = Following()
