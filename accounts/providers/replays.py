"""Names of one-time tokens that came already."""

from __future__ import annotations

import threading
from typing import Final

from accounts.providers.idtoken import AGE

MOST: Final = 10_000
KEPT: Final = AGE + 120.0  # an older token is refused for its age


class Replays:
    """For any thread. Beyond MOST the oldest names are forgotten."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()

    def is_new(self, name: tuple[str, ...], now: float) -> bool:
        """True the first time it is asked about."""
        with self._lock:
            while self._seen:
                oldest = next(iter(self._seen))
                if now - self._seen[oldest] < KEPT and len(self._seen) < MOST:
                    break
                del self._seen[oldest]
            if name in self._seen:
                return False
            self._seen[name] = now
            return True
