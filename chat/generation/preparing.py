"""What an answer needs before its question can go up: facts of its model, and what was said before."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from clawdsite.core.lifecycle import lifecycle

T = TypeVar("T")


class Preparing(Generic[T]):
    """over: whoever waited for it goes on. A shutdown waits, up to server.drain."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.task: asyncio.Task[T] = asyncio.ensure_future(work)
        self.over = asyncio.Event()
        self._stopped = False
        lifecycle.enter(self)

    def stop(self) -> None:
        self._stopped = True
        self.task.cancel()

    async def result(self) -> T | None:
        """None: it was stopped."""
        try:
            await asyncio.wait({self.task})
        finally:
            self.task.cancel()  # whoever waited has gone
            self.over.set()
            asyncio.get_running_loop().call_soon(lifecycle.leave, self)  # what comes of it is entered by then
        found = None if self.task.cancelled() else self.task.result()
        return None if self._stopped else found
