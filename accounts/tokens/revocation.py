"""Ending what was handed out: `end` writes one row, and every process refuses it within seconds (D11)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction

from accounts.caller import Caller
from accounts.models import Revocation
from accounts.tokens.ended import CLIENT, CLIENT_PREFIX, Ended, Row
from accounts.tokens.reader import Reader
from accounts.tokens.watch import Hear, Watch, Watches
from clawdsite.core.errors import InvalidToken, KeysUnreachable

HOLDS: Final = 60.0  # seconds that the last state holds while the table cannot be read
TIDY: Final = 60.0  # seconds between two looks for what memory can forget
SLACK: Final = 60.0  # seconds a row outlives what it ends: clocks differ


def end(kind: Any, subject: str, *, reason: str = "", lives: float = 86400) -> None:
    """kind: a Revocation.Kind (whose members a type checker without Django's plugin takes for pairs).

    Everything of this subject that was issued until now is dead; a token or session is, whenever issued.

    Inside a transaction it counts from the commit: call it last, for what is issued between the call and the
    commit lives. This process hears of it at the commit, the others within seconds.
    subject: see `Revocation`; a client may be named by its client id or its caller id. RIGHTS ends nothing.
    lives: seconds that the longest-lived thing it could end still has.
    """
    now = time.time()
    if kind == CLIENT:
        subject = subject.removeprefix(CLIENT_PREFIX)
    expires = now + lives + SLACK
    made = Revocation.objects.create(
        kind=kind,
        subject=subject,
        before=now,
        reason=reason[:100],
        expires=datetime.fromtimestamp(expires, UTC),
    )
    row = Row(made.pk, str(kind), subject, now, expires)
    transaction.on_commit(lambda: revocations.hear([row]))


class Revocations:
    """What this process knows of the table. Asked by every call, so nothing here waits for a database."""

    def __init__(
        self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock, self.monotonic = clock, monotonic
        self.forget()

    def forget(self) -> None:
        """Begin anew, knowing nothing and heard by nobody (tests)."""
        self.ended = Ended(self.clock)
        self.watches = Watches()
        self.reader = Reader(self.hear, self.monotonic)
        self._tidy_at = self.monotonic() + TIDY

    def start(self) -> None:
        """Begin to read the table in the background; returns after the first try."""
        self.reader.start()

    def stop(self) -> None:
        """End the reading."""
        self.reader.stop()

    def admit(self, caller: Caller) -> None:
        """Returns if this caller is alive. InvalidToken (401), KeysUnreachable (503)."""
        why = self.refuses(caller)
        if why is not None:
            raise InvalidToken(why)
        self.check()

    def refuses(self, caller: Caller) -> str | None:
        """Why this caller is dead, or None. Memory alone; see `Ended.refuses` for what is dead when."""
        return self.ended.refuses(caller)

    def stale_since(self, person: str) -> float:
        """When this process last heard that a person's rights are fewer (Unix seconds, local); 0.0: never.

        What was read from the database before that moment is stale. Compare with the time taken *before* the
        reading began, and treat the same instant as stale.
        """
        return self.ended.stale_since(str(person))

    def check(self) -> None:
        """KeysUnreachable (503) where the table could not be read for a minute: nobody knows who is dead.

        At the start the last state is an empty one, and holds as long. A process that does not read the table
        (commands, tests) knows what it heard itself.
        """
        read_at = self.reader.read_at
        if read_at is not None and self.monotonic() - read_at > HOLDS:
            raise KeysUnreachable("It cannot be told at the moment which tokens still count. Try again soon.")

    def knows_people_of(self, issuer: str) -> bool:
        """Whether some subjects of this issuer are people here, as this process last read. Memory alone."""
        return issuer in self.reader.issuers

    def watch(self, caller: Caller, hear: Hear) -> Callable[[], None]:
        """Have `hear` called on the running event loop; -> what ends that.

        Once with "ended: <why>" when the caller is dead, also where it is already; with "rights" when its
        rights may be fewer.
        """
        watch = Watch(caller, hear, self.clock())
        leave = self.watches.add(watch)
        why = self.refuses(caller)
        if why is not None:
            watch.tell(f"ended: {why}")
        return leave

    def hear(self, rows: list[Row]) -> None:
        """Learn these rows, then tell those who watch. From any thread."""
        for row in rows:
            self.ended.add(row)
        self.watches.tell(rows, self.ended)
        if self.monotonic() >= self._tidy_at:
            self._tidy_at = self.monotonic() + TIDY
            self.ended.forget_expired()


revocations: Final = Revocations()
