"""The model's host as the configuration names it: where, with which Authorization, within which limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Final

from clawdsite.core.config.schema import Config
from clawdsite.core.config.schema import Upstream as Limits
from clawdsite.core.errors import UpstreamInvalid, UpstreamTimeout
from gateway.types import Json
from gateway.upstream.answer import Answer
from gateway.upstream.pool import Pool

SHORT: Final = 30.0  # seconds for a question that needs no model
SHORT_ANSWER: Final = 16 * 1024 * 1024  # bytes of its answer: /api/show carries licences and tensors


class Host:
    """configuration: read at each call."""

    def __init__(self, configuration: Callable[[], Config]) -> None:
        self._configuration = configuration
        self._pool: Pool | None = None
        self._old: list[Pool] = []

    def limits(self) -> Limits:
        return self._configuration().upstream

    def goes_up(self, authorization: str | None) -> str | None:
        """The Authorization header of a question. authorization: the caller's own."""
        setting = self.limits().authorization.get_secret_value()
        if setting == "forward":
            sound = authorization is not None and authorization.isascii() and authorization.isprintable()
            return authorization if sound else None
        return None if setting in ("", "none") else setting

    def pool(self) -> Pool:
        """The session of the configured URL."""
        url = self.limits().url
        before = self._pool
        if before is not None and before.url == url:
            return before
        if before is not None:
            before.retire()
            self._old = [pool for pool in (*self._old, before) if not pool.closed]
        self._pool = Pool(url)
        return self._pool

    async def send(
        self, pool: Pool, method: str, path: str, payload: Json | None, goes_up: str | None
    ) -> Answer:
        """The answer as soon as its head is there, unchecked; the caller closes it."""
        body = None if payload is None else json.dumps(payload, separators=(",", ":")).encode()
        connect_timeout = self.limits().connect_timeout
        return Answer(await pool.send(method, path, body, connect_timeout, goes_up), pool.linger)

    async def ask(
        self,
        method: str,
        path: str,
        payload: Json | None,
        goes_up: str | None,
        *,
        seconds: float = SHORT,
    ) -> Json:
        """One whole answer that is one object. UpstreamTimeout after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                with self.pool().call() as pool:
                    answer = await self.send(pool, method, path, payload, goes_up)
                    try:
                        await answer.check()
                        return to_object(await answer.read(SHORT_ANSWER))
                    finally:
                        answer.close()
        except TimeoutError:
            message = f"The model's host did not answer within {seconds:g} seconds."
            raise UpstreamTimeout(message) from None

    async def close(self) -> None:
        """Every session, the retired ones too."""
        pools = [*self._old, *([self._pool] if self._pool else [])]
        self._pool, self._old = None, []
        for pool in pools:
            await pool.close()


def to_object(raw: bytes) -> Json:
    """Raises UpstreamInvalid where the body is no JSON object."""
    try:
        native = json.loads(raw.decode())
    except (ValueError, RecursionError):
        native = None
    if not isinstance(native, dict):
        raise UpstreamInvalid("The model's host sent an answer that is not JSON.")
    return native
