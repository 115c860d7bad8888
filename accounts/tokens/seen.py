"""Tokens that were found good a moment ago, so that a busy client's signature is checked once a minute."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from typing import Final

from accounts.caller import Caller

SIZE: Final = 4096
LONGEST: Final = 60.0  # bounds how long a withdrawn key or right goes on counting


class Seen:
    """Keyed by a digest of the whole token: two tokens that differ anywhere share nothing, and no token
    text stays in memory. An entry ends with its token's exp, and after a minute at the latest."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._entries: OrderedDict[bytes, tuple[Caller, float, float]] = OrderedDict()

    def get(self, raw: str) -> Caller | None:
        found = self._entries.get(_digest(raw))
        if found is None:
            return None
        caller, exp, until = found
        return caller if time.time() < exp and time.monotonic() < until else None

    def put(self, raw: str, caller: Caller, exp: float) -> None:
        """exp: seconds since 1970."""
        self._entries[_digest(raw)] = (caller, exp, time.monotonic() + LONGEST)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)


def _digest(raw: str) -> bytes:
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).digest()
