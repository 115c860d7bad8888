"""A call whose caller loses access while it runs: it ends as soon as that is heard of (M3, M7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any

from accounts.caller import Caller
from accounts.tokens.revocation import revocations
from accounts.tokens.watch import FEWER
from clawdsite.core.errors import AccessWithdrawn, ClawdError, Unavailable

Work = Callable[[], Coroutine[Any, Any, None]]


async def _nothing() -> None:
    """Of a call that is over."""


class Leaving:
    """`with leaving:` around whatever waits for the answer: there AccessWithdrawn is raised.

    Where the reader of the answer is waited for, nothing can be raised: what the call holds is let go of by
    `close` then, and the next `with` raises. check: asks anew whether the caller still may; awaited where
    its rights became fewer.
    """

    __slots__ = ("_check", "_close", "_struck", "_task", "_unwatch", "_works", "error")

    def __init__(self, caller: Caller, close: Work, check: Work) -> None:
        self._close, self._check = close, check
        self.error: AccessWithdrawn | None = None
        self._task: asyncio.Task[Any] | None = None  # waits inside of `with`
        self._struck = False
        self._works: set[asyncio.Task[None]] | None = None
        self._unwatch = revocations.watch(caller, self.hear)

    def stop(self) -> None:
        """Listen no more. Safe to call again."""
        self._unwatch()
        self._close = self._check = _nothing  # they lead back to the request: no cycle keeps its body

    def hear(self, what: str) -> None:
        """`rights`, or `ended: <why>` (accounts.tokens.revocation)."""
        if what == FEWER:
            self._spawn(self._look_again())
        else:
            self.end(what.partition(": ")[2])

    def end(self, why: str) -> None:
        """Access is withdrawn: interrupt what waits, or let go of what the call holds."""
        if self.error is not None:
            return
        self.error = AccessWithdrawn(why)
        if self._task is not None:
            self._struck = True
            self._task.cancel()
        else:
            self._spawn(self._close())

    def __enter__(self) -> None:
        if self.error is not None:
            raise self.error
        self._task = asyncio.current_task()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if self._struck and task is not None and self.error is not None:
            self._struck = False
            gone = task.uncancel() > 0  # somebody else cancelled too: the client went in the same moment
            if not (gone and isinstance(error, asyncio.CancelledError)):
                raise self.error from None

    async def _look_again(self) -> None:
        try:
            await self._check()
        except Unavailable:
            return  # it cannot be told: what runs goes on
        except ClawdError as error:
            self.end(error.details or error.message)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._works = (self._works or set()) | {task}  # kept, so that it is not collected half done
