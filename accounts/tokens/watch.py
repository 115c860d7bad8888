"""Who wants to hear that a caller is dead: running calls, generations, sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Final

from accounts.caller import Caller
from accounts.tokens.ended import PERSON, RIGHTS, Ended, Key, Row, keys_of

Hear = Callable[[str], object]

FEWER: Final = "rights"  # heard where nothing ended, but teams or scopes are fewer


class Watch:
    """One listener. since: when it began. The end is heard once, and nothing after it."""

    __slots__ = ("caller", "hear", "keys", "loop", "over", "since")

    def __init__(self, caller: Caller, hear: Hear, since: float) -> None:
        self.caller, self.hear, self.since = caller, hear, since
        self.loop = asyncio.get_running_loop()
        self.keys = keys_of(caller)
        self.over = False

    def tell(self, what: str) -> bool:
        """From any thread: `hear` is called on the loop of the listener. False: that loop is closed."""
        try:
            self.loop.call_soon_threadsafe(self._heard, what)
        except RuntimeError:
            return False
        return True

    def _heard(self, what: str) -> None:
        if not self.over:
            self.over = what != FEWER
            self.hear(what)


class Watches:
    """Listeners by what a row can name."""

    def __init__(self) -> None:
        self._by_key: dict[Key, set[Watch]] = {}
        self._lock = threading.Lock()

    def add(self, watch: Watch) -> Callable[[], None]:
        """-> what ends it; safe to call again."""
        with self._lock:
            for key in watch.keys:
                self._by_key.setdefault(key, set()).add(watch)

        return lambda: self._remove(watch)

    def tell(self, rows: Iterable[Row], ended: Ended) -> None:
        """Tell those whom these rows concern; `ended` knows the rows already."""
        for row in rows:
            for watch in self._named(row):
                why = ended.refuses(watch.caller, known=watch.since)
                fewer = row.kind in (RIGHTS, PERSON)
                what = f"ended: {why}" if why is not None else FEWER if fewer else None
                if what is not None and not watch.tell(what):
                    self._remove(watch)

    def __len__(self) -> int:
        return len({watch for there in list(self._by_key.values()) for watch in there})

    def keys(self) -> list[Key]:
        """What somebody listens for."""
        return list(self._by_key)

    def _remove(self, watch: Watch) -> None:
        watch.over = True
        with self._lock:
            for key in watch.keys:
                there = self._by_key.get(key)
                if there is not None:
                    there.discard(watch)
                    if not there:
                        del self._by_key[key]

    def _named(self, row: Row) -> list[Watch]:
        kind = PERSON if row.kind == RIGHTS else row.kind
        with self._lock:
            return list(self._by_key.get((kind, row.subject), ()))
