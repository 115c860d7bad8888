"""Tokens of an app (not of a person) at a vendor: fetched by one, kept in this process's memory.

Each process keeps its own: a vendor hands out the same token while it is valid, so several processes cost
one request each in two hours. Entries are named by the app and a digest of its secret: a new secret takes
effect with the next call, and a reload of the configuration that leaves it alone fetches nothing.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from typing import Any, Final

from accounts.providers.base import Code, SSOError
from accounts.providers.http import Deadline

EARLY: Final = 120.0  # seconds before its end that a token is no longer used
LONGEST: Final = 86400.0
MOST: Final = 64  # apps and former secrets that are remembered


class Refused(SSOError):
    """The vendor answered with an error of its own. number: its number or word."""

    def __init__(self, code: Code, detail: str, number: int | str) -> None:
        super().__init__(code, detail)
        self.number = number


@dataclass(frozen=True, slots=True)
class Key:
    """Whose token: never one app's for another, nor one host's for another, nor a former secret's."""

    kind: str
    app: str
    secret: str
    host: str

    @classmethod
    def of(cls, kind: str, app: str, secret: str, host: str) -> Key:
        digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(kind, app, digest, host)


@dataclass(frozen=True, slots=True)
class _Entry:
    token: str
    until: float

    def __repr__(self) -> str:
        return f"_Entry(until={self.until})"


class AppTokens:
    """Thread-safe. Times are of the monotonic clock, so that a stepped clock changes nothing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[Key, _Entry] = {}
        self._flights: dict[Key, Future[str]] = {}

    def get(self, key: Key, fetch: Callable[[], tuple[str, Any]], deadline: Deadline) -> str:
        """The token at hand, or a new one; who comes while it is being fetched waits for that one.

        fetch: token and lifetime as the vendor says it. SSOError: its, for all who waited.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and self._clock() < entry.until:
                return entry.token
            flight = self._flights.get(key)
            mine = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if mine:
            self._fetch(key, fetch, flight)
        try:
            return flight.result(timeout=max(deadline.left(), 0.0))
        except Late:
            raise SSOError("provider_unavailable", "no app token came in time") from None

    def drop(self, key: Key, token: str) -> None:
        """This token is none any more. A newer one, that somebody else fetched meanwhile, stays."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.token == token:
                del self._entries[key]

    def _fetch(self, key: Key, fetch: Callable[[], tuple[str, Any]], flight: Future[str]) -> None:
        try:
            token, lifetime = fetch()
            entry = _Entry(token, self._clock() + _kept(lifetime))
        except BaseException as err:  # noqa: BLE001 - whatever it was, those who wait must hear of it
            self._land(key, None)
            flight.set_exception(err)
        else:
            self._land(key, entry)
            flight.set_result(token)

    def _land(self, key: Key, entry: _Entry | None) -> None:
        with self._lock:
            self._flights.pop(key, None)
            if entry is None:
                return
            now = self._clock()
            self._entries = {k: e for k, e in self._entries.items() if e.until > now}
            while len(self._entries) >= MOST:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = entry


def _kept(lifetime: Any) -> float:
    """Seconds that a token is used: its lifetime less two minutes, at least half of it."""
    if not isinstance(lifetime, int) or isinstance(lifetime, bool) or not 0 < lifetime <= LONGEST:
        raise SSOError("provider_unavailable", "an app token came without a lifetime")
    return max(lifetime - EARLY, lifetime / 2)


tokens: Final = AppTokens()  # one for the process: providers are made anew with each configuration
