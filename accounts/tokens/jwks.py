"""The published keys of one issuer: fetched sparingly, and kept for bad days."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from accounts.tokens import jwkset
from accounts.tokens.outside import Unreachable, fetch
from clawdsite.core.errors import KeysUnreachable

log = logging.getLogger(__name__)

FRESH: Final = 600.0  # a withdrawn key stops counting after this long
STALE: Final = 86400.0  # how long the last good keys serve while the issuer is down
PAUSE: Final = 30.0  # between two fetches, whatever kids the tokens name
PAUSE_EMPTY: Final = 5.0  # the same while there is nothing at all to judge tokens by


class Pickable(Protocol):
    """A key set that was read."""

    def pick(self, kid: str | None, algorithm: str) -> Any | None: ...


class Jwks:
    """A KeySource (RFC 7517). Times are of the monotonic clock, so a stepped clock changes nothing.

    read: makes a key set of the document; what it may raise besides, `bad` names.
    """

    def __init__(
        self,
        url: str,
        *,
        read: Callable[[bytes], Pickable] = jwkset.read,
        bad: type[Exception] = jwkset.BadKeys,
        fetch: Callable[[str], Awaitable[bytes]] = fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self._read, self._bad = read, bad
        self._fetch = fetch
        self._clock = clock
        self._keys: Pickable | None = None
        self._fetched = 0.0  # when _keys came
        self._asked: float | None = None  # when the issuer was last asked, with or without success
        self._flight: asyncio.Task[None] | None = None

    def at_hand(self, kid: str | None, algorithm: str = "RS256") -> Any | None:
        return self._keys.pick(kid, algorithm) if self._keys and self._age() < STALE else None

    async def find(self, kid: str | None, algorithm: str = "RS256") -> Any | None:
        """The key by this name; without a name, the only one there is. None: it is not published.

        KeysUnreachable (503) while the issuer cannot be reached and nothing younger than 24 h is kept.
        """
        key = self.at_hand(kid, algorithm)
        if key is None or self._age() >= FRESH:
            await self._refresh()
            key = self.at_hand(kid, algorithm)
        if self._keys is None or self._age() >= STALE:
            raise KeysUnreachable(
                "The token cannot be checked: its issuer's keys cannot be fetched at the moment.",
                retry_after=self._wait(),
            )
        return key

    def _age(self) -> float:
        return self._clock() - self._fetched

    def _wait(self) -> float:
        """Seconds until the issuer may be asked again."""
        pause = PAUSE if self._keys else PAUSE_EMPTY
        return 0.0 if self._asked is None else max(0.0, self._asked + pause - self._clock())

    async def _refresh(self) -> None:
        """Joins the fetch under way, or starts one after the pause. A waiter who leaves ends nobody's."""
        flight = self._flight
        if flight is None or flight.done() or flight.get_loop() is not asyncio.get_running_loop():
            if self._wait() > 0:
                return
            self._asked = self._clock()
            flight = self._flight = asyncio.create_task(self._ask())
        await asyncio.shield(flight)

    async def _ask(self) -> None:
        try:
            self._keys = self._read(await self._fetch(self.url))
            self._fetched = self._clock()
        except (Unreachable, self._bad) as err:
            kept = "the last good ones serve on" if self._keys else "there are none to fall back on"
            log.warning("keys at %s: %s; %s", self.url, err, kept)
