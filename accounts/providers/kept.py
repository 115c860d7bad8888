"""One document of a provider: fetched by one thread at a time, kept while it is good and for bad days."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from accounts.providers.base import SSOError
from accounts.providers.http import Deadline

log = logging.getLogger(__name__)

FRESH: Final = 3600.0  # after this it is fetched again before it is used
STALE: Final = 86400.0  # how long the last good one serves while its provider is down
PAUSE: Final = 30.0  # between two attempts while a stale one serves, and the span that BURST counts in
BURST: Final = 5  # most extra fetches within PAUSE, whoever asks for them

T = TypeVar("T")


class Kept(Generic[T]):
    """what: its name in the log. clock: monotonic seconds."""

    def __init__(self, what: str, clock: Callable[[], float]) -> None:
        self._what = what
        self._clock = clock
        self._flight = threading.Lock()
        self._found: T | None = None
        self._at = 0.0  # when _found came
        self._tried = 0  # fetches so far, with or without success
        self._failed_at: float | None = None
        self._failure: SSOError | None = None  # of the last fetch
        self._extra: deque[float] = deque(maxlen=BURST)

    def get(self, fetch: Callable[[Deadline], T], deadline: Deadline) -> T:
        """The good one at hand, else a fresh one, else the stale one. SSOError: there is none at all."""
        tried = self._tried
        if not self._is_due():
            return self._at_hand()
        self._fetch(fetch, deadline, tried)
        if self._found is None or self._age() >= STALE:
            raise self._none()
        return self._found

    def again(self, fetch: Callable[[Deadline], T], deadline: Deadline, *, most: int = BURST) -> T:
        """Fetched anew although it is fresh, at most `most` times in PAUSE; else what is at hand."""
        since = self._clock() - PAUSE
        if sum(at > since for at in self._extra) < most:
            self._fetch(fetch, deadline, self._tried, extra=True)
        return self.get(fetch, deadline)

    def forget(self) -> None:
        """What it holds is of another place now."""
        with self._flight:
            self._found, self._failed_at = None, None

    def _at_hand(self) -> T:
        if self._found is None:
            raise self._none()
        return self._found

    def _none(self) -> SSOError:
        """Anew for each thread: what one raises is not another's."""
        failure = self._failure
        if failure is None:
            return SSOError("provider_unavailable", f"{self._what}: nothing came")
        return SSOError(failure.code, failure.detail)

    def _is_due(self) -> bool:
        if self._found is None or self._age() >= STALE:
            return True
        paused = self._failed_at is not None and self._clock() - self._failed_at < PAUSE
        return self._age() >= FRESH and not paused

    def _age(self) -> float:
        return self._clock() - self._at

    def _fetch(
        self, fetch: Callable[[Deadline], T], deadline: Deadline, tried: int, *, extra: bool = False
    ) -> None:
        """One fetch, unless another thread's came to an end since `tried` was read: its outcome counts.
        Nobody waits for another's while there is a copy that will do."""
        will_do = self._found is not None and self._age() < STALE and not extra
        if not self._flight.acquire(timeout=0.0 if will_do else max(0.0, deadline.left())):
            return
        try:
            if self._tried != tried:
                return
            if extra:
                self._extra.append(self._clock())
            self._ask(fetch, deadline)
        finally:
            self._flight.release()

    def _ask(self, fetch: Callable[[Deadline], T], deadline: Deadline) -> None:
        try:
            self._found = fetch(deadline)
            self._at, self._failed_at, self._failure = self._clock(), None, None
        except SSOError as err:
            self._failed_at, self._failure = self._clock(), err
            rest = "the last good one serves on" if self._found is not None else "there is none yet"
            log.warning("%s: %s; %s", self._what, err.detail, rest)
        finally:
            self._tried += 1
