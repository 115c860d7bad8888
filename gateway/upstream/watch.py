"""The clocks of one answer: how long until its first piece, how long silent, how long altogether.

No timer and no task is made per piece: the silence timer is moved only when it rings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

from clawdsite.core.config.schema import Upstream as Limits
from clawdsite.core.errors import ClawdError, UpstreamTimeout

NEVER: Final = float("inf")
LOOK_EVERY: Final = 1.0  # seconds between two looks at whether a model is loaded by now


class Watch:
    """Silence and length of a stream.

    since: loop time at which the reader began to wait; NEVER while its consumer holds a piece, so that a
        slow consumer is not taken for a silent host. The reader sets it; that is all it costs per piece.
    interrupt: called once, with the error, when a limit is passed.
    """

    __slots__ = ("_end", "_handle", "_interrupt", "_limits", "_loop", "since")

    def __init__(self, limits: Limits, began: float, interrupt: Callable[[ClawdError], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._end = began + limits.total_timeout
        self._interrupt = interrupt
        self.since = NEVER
        self._handle: asyncio.TimerHandle | None = None
        self._arm(self._loop.time() + limits.timeout)

    def _arm(self, when: float) -> None:
        self._handle = self._loop.call_at(min(when, self._end), self._ring)

    def _ring(self) -> None:
        now = self._loop.time()
        silence = self._limits.timeout
        if now >= self._end:
            self._interrupt(too_long(self._limits))
        elif now - self.since >= silence:
            self._interrupt(silent(silence))
        else:
            self._arm(min(self.since, now) + silence)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()


class Patience:
    """The wait for a first piece, as a context.

    A loaded model has `first_token_timeout`. When that is over and the model is not loaded, the host is still
    loading it: it has `load_timeout`, and once it is loaded `first_token_timeout` anew.
    loaded: whether the host lists the model; any failure of it counts as a yes.
    Raises UpstreamTimeout inside.
    """

    def __init__(self, limits: Limits, loaded: Callable[[], Awaitable[bool]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._loaded = loaded
        self._clock = asyncio.timeout(limits.total_timeout)
        self._error: ClawdError = too_long(limits)
        self._look: asyncio.Task[None] | None = None
        self._handle: asyncio.TimerHandle | None = None
        self.began = self._loop.time()

    async def __aenter__(self) -> Self:
        await self._clock.__aenter__()
        self._handle = self._loop.call_later(self._limits.first_token_timeout, self._start_looking)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            self._handle.cancel()
        if self._look is not None:
            self._look.cancel()
        try:
            await self._clock.__aexit__(kind, exc, trace)
        except TimeoutError:
            raise self._error from None

    def _start_looking(self) -> None:
        self._look = self._loop.create_task(self._wait_for_load())

    async def _wait_for_load(self) -> None:
        limits, error = self._limits, no_first_piece(self._limits)
        if not await self._is_loaded():
            until = self.began + limits.load_timeout
            while self._loop.time() < until and not await self._is_loaded():
                pause = min(LOOK_EVERY, limits.first_token_timeout, until - self._loop.time())
                await asyncio.sleep(max(0.0, pause))
            if self._loop.time() < until:
                await asyncio.sleep(limits.first_token_timeout)
            else:
                error = not_loaded(limits.load_timeout)
        self._error = error
        self._clock.reschedule(self._loop.time())

    async def _is_loaded(self) -> bool:
        try:
            return await self._loaded()
        except ClawdError:
            return True


def no_first_piece(limits: Limits) -> ClawdError:
    return _late(f"The model gave no answer within {limits.first_token_timeout:g} seconds.")


def not_loaded(seconds: float) -> ClawdError:
    return _late(f"The model was not loaded within {seconds:g} seconds.")


def silent(seconds: float) -> ClawdError:
    return _late(f"The model fell silent for {seconds:g} seconds in the middle of its answer.")


def too_long(limits: Limits) -> ClawdError:
    return _late(f"The answer took longer than {limits.total_timeout:g} seconds.")


def _late(message: str) -> ClawdError:
    return UpstreamTimeout(message, retry_after=None, should_retry=False)
