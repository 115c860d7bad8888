"""Watching an answer, whoever makes it: this process from memory, another one through the log."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncGenerator, Sequence

from chat.generation.engines.database import POLL as POLL
from chat.generation.following import following
from chat.generation.pieces import End, Seen
from chat.generation.runner import current_runner
from chat.generation.running import Push, Running


def nobody(frames: Sequence[str]) -> bool:
    """Who takes nothing that is pushed."""
    return False


async def watch(generation: uuid.UUID, after: int, push: Push = nobody) -> AsyncGenerator[list[Seen], None]:
    """What is to be shown behind number `after`, as it comes; the last list ends with an End.

    push: takes frames of pieces instead, as long as it can.
    Leaving the iteration counts the watcher off. LookupError where there is no such answer.
    """
    await current_runner().ready(generation)
    here = current_runner().running.get(generation)
    if here is None or here.gone:  # it was taken away, and given back since: as others see it
        here = following.of(generation)
    async with contextlib.aclosing(_shown(here, after, push)) as seen:
        async for found in seen:
            yield found


def withdraw(generation: uuid.UUID) -> None:
    """Who watches it in this process sees no more of it."""
    for one in (current_runner().running.get(generation), following.followed.get(generation)):
        if one is not None:
            one.withdraw()


async def _shown(running: Running, after: int, push: Push) -> AsyncGenerator[list[Seen], None]:
    leave = running.watch()
    try:
        await running.begin()
        while True:
            found = running.seen_after(after)
            if found:
                after = _last(found, after)
                yield found
                if isinstance(found[-1], End):
                    return
            else:
                after = await running.pushed(after, push)  # nothing can come between the look and this
    finally:
        leave()


def _last(found: list[Seen], after: int) -> int:
    """What the reader knows now: a snapshot may lie before what it claimed to know."""
    numbers = [one.seq for one in found if not isinstance(one, End)]
    return numbers[-1] if numbers else after
