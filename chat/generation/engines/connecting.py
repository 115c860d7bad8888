"""This process's connections to Redis."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import AsyncGenerator
from typing import Any, Final

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT: Final = 1.0  # seconds for Redis to answer, or to be connected to
CHANNEL: Final = "clawdbot:chat"  # what processes tell each other: ids, never a word of a conversation
BROKEN: Final = (redis.ConnectionError,)  # a kept connection that Redis closed: once more, on a new one


class Connections:
    """One blocking client for threads; one of asyncio for followers, each on a connection of its own."""

    def __init__(self, url: str) -> None:
        self.process = secrets.token_hex(8)
        self.blocking = redis.Redis.from_url(
            url,
            decode_responses=True,
            protocol=2,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 1, BROKEN),
        )
        self._url = url

    def client(self, patience: float = TIMEOUT) -> redis.asyncio.Redis:
        """A new one on the running event loop; its caller closes it."""
        return redis.asyncio.Redis.from_url(
            self._url,
            decode_responses=True,
            protocol=2,
            socket_timeout=patience,
            socket_connect_timeout=TIMEOUT,
            retry=AsyncRetry(NoBackoff(), 0),
        )

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncGenerator[redis.asyncio.Redis, None]:
        """A client for commands that wait up to a second before they answer."""
        client = self.client(2 * TIMEOUT)
        try:
            yield client
        finally:
            await client.aclose()

    def said(self, what: str, **facts: Any) -> str:
        """A message to the other processes."""
        return json.dumps({"from": self.process, "what": what, **facts})
