"""The published keys of a sign-on provider, for its bearers: found through its metadata when first needed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from accounts.providers import discovery, keyset
from accounts.providers.base import SSOError
from accounts.tokens.jwks import FRESH, PAUSE_EMPTY, Jwks
from clawdsite.core.errors import KeysUnreachable

log = logging.getLogger(__name__)

Locate = Callable[[], str]


class Discovered:
    """A KeySource. locate: blocks for a few seconds and raises SSOError; it is asked in a thread, by one
    caller for all, and not again for a while where it failed."""

    def __init__(
        self,
        issuer: str,
        *,
        locate: Locate | None = None,
        clock: Callable[[], float] = time.monotonic,
        published: Callable[[str], Jwks] | None = None,
    ) -> None:
        self.issuer = issuer
        self._locate = locate or (lambda: discovery.of(issuer).jwks_uri())
        self._clock = clock
        self._published = published or keys_at
        self._jwks: Jwks | None = None
        self._asked: float | None = None
        self._flight: asyncio.Task[None] | None = None

    def at_hand(self, kid: str | None, algorithm: str = "RS256") -> Any | None:
        return self._jwks.at_hand(kid, algorithm) if self._jwks is not None else None

    async def find(self, kid: str | None, algorithm: str = "RS256") -> Any | None:
        """The key by this name. KeysUnreachable (503) while nobody can say where its keys are."""
        if self._is_due():
            flight = self._look()
            if self._jwks is None:
                await asyncio.shield(flight)
        if self._jwks is None:
            raise KeysUnreachable(
                "The token cannot be checked: its issuer cannot be asked for its keys at the moment.",
                retry_after=PAUSE_EMPTY,
            )
        return await self._jwks.find(kid, algorithm)

    def _is_due(self) -> bool:
        pause = FRESH if self._jwks is not None else PAUSE_EMPTY
        return self._asked is None or self._clock() - self._asked >= pause or self._is_flying()

    def _is_flying(self) -> bool:
        return self._jwks is None and self._flight is not None and not self._flight.done()

    def _look(self) -> asyncio.Task[None]:
        """The question under way, or a new one: waited for only while there is nothing at all to judge by."""
        flight = self._flight
        if flight is None or flight.done() or flight.get_loop() is not asyncio.get_running_loop():
            self._asked = self._clock()
            flight = self._flight = asyncio.create_task(self._ask())
        return flight

    async def _ask(self) -> None:
        try:
            url = await asyncio.to_thread(self._locate)
        except SSOError as err:
            kept = "the last ones serve on" if self._jwks is not None else "there are none to fall back on"
            log.warning("keys of %s: %s; %s", self.issuer, err.detail, kept)
            return
        if self._jwks is None or self._jwks.url != url:
            self._jwks = self._published(url)


def keys_at(url: str) -> Jwks:
    """A provider's key set: also of elliptic curves."""
    return Jwks(url, read=keyset.read, bad=keyset.BadKeys)
