"""Watching an answer, whoever makes it: this process from memory, another one through the log."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator
from typing import Final

from channels.db import database_sync_to_async

from chat.generation import log
from chat.generation.pieces import FAR_BEHIND, End, Piece, Seen, Snapshot, joined
from chat.generation.runner import current_runner
from chat.generation.running import Running

POLL: Final = 0.25  # seconds between two looks at another process's answer


async def watch(generation: uuid.UUID, after: int) -> AsyncGenerator[list[Seen], None]:
    """What is to be shown behind number `after`, as it comes; the last list ends with an End.

    Leaving the iteration counts the watcher off. LookupError where there is no such answer.
    """
    running = current_runner().running.get(generation)
    seen = _here(running, after) if running is not None else _elsewhere(generation, after)
    async with contextlib.aclosing(seen):
        async for found in seen:
            yield found


async def _here(running: Running, after: int) -> AsyncGenerator[list[Seen], None]:
    leave = running.watch()
    try:
        while True:
            found = running.seen_after(after)
            if found:
                after = _last(found, after)
                yield found
                if isinstance(found[-1], End):
                    return
            else:
                await running.change()  # nothing can come between the look and the wait
    finally:
        leave()


async def _elsewhere(generation: uuid.UUID, after: int) -> AsyncGenerator[list[Seen], None]:
    while True:
        end = await database_sync_to_async(log.ended)(generation)  # before the pieces: none can follow it
        found = await database_sync_to_async(_read)(generation, after)
        if end is not None:
            found.append(end)
        if found:
            after = _last(found, after)
            yield found
        if end is not None:
            return
        await asyncio.sleep(POLL)


def _read(generation: uuid.UUID, after: int) -> list[Seen]:
    pieces: list[Piece] = log.read(generation, after, FAR_BEHIND + 1)
    if len(pieces) <= FAR_BEHIND:
        return list(pieces)
    pieces = log.read(generation, 0, 10**9)
    return [Snapshot(len(pieces), joined(pieces, "text"), joined(pieces, "think"), "generating")]


def _last(found: list[Seen], after: int) -> int:
    """What the reader knows now: a snapshot may lie before what it claimed to know."""
    numbers = [one.seq for one in found if not isinstance(one, End)]
    return numbers[-1] if numbers else after
