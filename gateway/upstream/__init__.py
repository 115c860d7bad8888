"""The model's host, asked over HTTP: the only place that knows aiohttp.

`current()` is this event loop's `Upstream`; it follows the live configuration.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from weakref import WeakKeyDictionary

from clawdsite.core.config.live import current as configuration
from gateway.upstream.client import Upstream

__all__ = ["Upstream", "close", "current"]

_here: WeakKeyDictionary[asyncio.AbstractEventLoop, Upstream] = WeakKeyDictionary()
_ends: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = WeakKeyDictionary()


def current() -> Upstream:
    """The Upstream of the running event loop, made at the first call; closed when its loop ends."""
    loop = asyncio.get_running_loop()
    found = _here.get(loop)
    if found is None:
        for ended in [other for other in _here if other.is_closed()]:
            del _here[ended]
            _ends.pop(ended, None)
        found = _here[loop] = Upstream(configuration)
        _ends[loop] = _at_end_of_loop()
    return found


async def close() -> None:
    """Close the connections of the running event loop; streams under way break off."""
    found = _here.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.aclose()


def _at_end_of_loop() -> AsyncGenerator[None, None]:
    """A generator parked in the loop: `loop.shutdown_asyncgens()` (asyncio.run, asgiref, uvicorn) ends it."""

    async def parked() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await close()
            _ends.pop(asyncio.get_running_loop(), None)  # it keeps its loop alive

    generator = parked()
    try:
        generator.__anext__().send(None)
    except StopIteration:
        return generator
    raise RuntimeError("a generator that only yields did not yield")
