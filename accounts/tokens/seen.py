"""Tokens that were found good a moment ago, so that a busy client's signature is checked once a minute."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from accounts.caller import Caller

SIZE: Final = 4096
LONGEST: Final = 60.0  # bounds how long a withdrawn key or right goes on counting


class Seen:
    """Keyed by a digest of the whole token: two tokens that differ anywhere share nothing, and no token
    text stays in memory. An entry ends with its token's exp, and after a minute at the latest.

    stale_since: when a person's rights became fewer; what was read up to then is read again.
    """

    def __init__(self, size: int = SIZE, stale_since: Callable[[str], float] = lambda _: 0.0) -> None:
        self._size = size
        self._stale_since = stale_since
        self._entries: OrderedDict[bytes, tuple[Caller, float, float, float]] = OrderedDict()

    def get(self, raw: str) -> Caller | None:
        found = self._entries.get(_digest(raw))
        if found is None:
            return None
        caller, exp, until, read = found
        if time.time() >= exp or time.monotonic() >= until:
            return None
        if caller.kind == "person" and self._stale_since(caller.id) >= read:
            return None
        return caller

    def put(self, raw: str, caller: Caller, exp: float, read: float = 0.0) -> None:
        """exp: seconds since 1970. read: when the reading of this caller's rights began, likewise."""
        self._entries[_digest(raw)] = (caller, exp, time.monotonic() + LONGEST, read)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)


def _digest(raw: str) -> bytes:
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).digest()
