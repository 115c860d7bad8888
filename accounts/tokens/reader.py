"""One thread a process that reads the table of revocations once a second (contract.md)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from django.db import Error, connection

from accounts.models import ExternalIdentity, Revocation
from accounts.tokens.ended import Row

log = logging.getLogger(__name__)

PAUSE: Final = 1.0  # seconds between two reads
OVERLAP: Final = 1000  # ids read again each time: a transaction may commit a lower id after a higher one
WHOLE: Final = 60.0  # seconds between two looks at all ids
SWEEP: Final = 3600.0  # seconds between two deletions of expired rows; the first is a minute after the start
FIRST: Final = 5.0  # seconds that the start waits for the first read
CHUNK: Final = 500  # rows asked for at once; SQLite takes a bounded number of values


class Reader:
    """hear: is given the rows that are new, with every read that succeeded.

    read_at: time of the last such read, or of the start; None: it does not run, and answers for nothing.
    issuers: of whose subjects some are people here, as of the last look at all ids.
    """

    def __init__(
        self, hear: Callable[[list[Row]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.hear, self.clock = hear, clock
        self.read_at: float | None = None
        self.known: dict[int, float] = {}  # id -> expires
        self.last = 0  # highest id seen
        self.whole_at: float | None = None
        self.issuers: frozenset[str] = frozenset()
        self.sweep_at = clock() + WHOLE
        self.failing = False
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._tried = threading.Event()

    # ---- its life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin (once); returns when the first read was tried, or after FIRST seconds."""
        if self._thread is None:
            self.read_at = self.clock()
            self._stop.clear()
            self._tried.clear()
            self._thread = threading.Thread(target=self._run, name="revocations", daemon=True)
            self._thread.start()
        self._tried.wait(FIRST)

    def stop(self) -> None:
        """End the thread, and with it the claim to know anything."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join(PAUSE)
            self._thread = None
            self.read_at = None

    def _run(self) -> None:
        while not self._stop.is_set():
            self.attempt()
            self._tried.set()
            self._stop.wait(PAUSE)
        connection.close()

    # ---- reading -------------------------------------------------------------------------------

    def attempt(self) -> bool:
        """One read. Where it fails, what is known stays; that is logged once, and once that it is over."""
        try:
            if self._due() and not self._there():
                rows: list[Row] = []  # a database from before this table: nothing was ever revoked there
            else:
                rows = self.read()
            self.hear(rows)
        except Exception as error:  # noqa: BLE001 - whatever a driver raises, the thread must read on
            connection.close()
            if not self.failing:
                log.warning("revocations cannot be read, the last ones hold: %s", type(error).__name__)
            self.failing = True
            return False
        self.read_at = self.clock()
        if self.failing:
            log.warning("revocations are read again")
            self.failing = False
        self._sweep()
        return True

    def read(self) -> list[Row]:
        """The rows that are new, oldest first. Raises django.db.Error."""
        whole = self._due()
        now = time.time()
        alive = Revocation.objects.filter(expires__gt=_moment(now)).order_by("id")
        floor = 0 if whole else self.last - OVERLAP
        ids = list(alive.filter(id__gt=floor).values_list("id", flat=True))
        highest = ids[-1] if ids else 0
        if whole:
            if highest < self.last:
                self.known.clear()  # another database, or a restored one: ids begin anew
            self.known = {row: expires for row, expires in self.known.items() if expires > now}
        rows = self._fetch([row for row in ids if row not in self.known])
        self.known |= {row.id: row.expires for row in rows}
        self.last = highest if whole else max(self.last, highest)
        if whole:
            self.issuers = frozenset(ExternalIdentity.objects.values_list("issuer", flat=True).distinct())
            self.whole_at = self.clock()
        return rows

    def _fetch(self, ids: list[int]) -> list[Row]:
        found: list[Row] = []
        for start in range(0, len(ids), CHUNK):
            rows = Revocation.objects.filter(id__in=ids[start : start + CHUNK]).order_by("id")
            for row, kind, subject, before, expires in rows.values_list(
                "id", "kind", "subject", "before", "expires"
            ):
                found.append(Row(row, kind, subject, before, expires.timestamp()))
        return found

    def _due(self) -> bool:
        """Whether all ids are to be looked at."""
        return self.whole_at is None or self.clock() - self.whole_at >= WHOLE

    def _there(self) -> bool:
        with connection.cursor() as cursor:
            return Revocation._meta.db_table in connection.introspection.table_names(cursor)

    def _sweep(self) -> None:
        """Delete what is expired, now and then; what fails is done by the next one."""
        if self.clock() < self.sweep_at:
            return
        self.sweep_at = self.clock() + SWEEP
        try:
            Revocation.objects.filter(expires__lte=_moment(time.time())).delete()
        except Error as error:
            log.info("expired revocations stay for now: %s", type(error).__name__)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
