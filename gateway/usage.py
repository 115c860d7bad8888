"""Usage rows are written in batches by one thread: a call never waits for the database (M16)."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Final

from django.db import DatabaseError, DataError, close_old_connections

from gateway.call import Call
from gateway.models import UsageRow

log = logging.getLogger(__name__)

BATCH: Final = 500
CALLER: Final = 128  # bytes of a caller's id; an issuer's name and a subject may have 288 characters
PAUSE: Final = 0.5  # seconds between two writes: what a kill -9 can lose
REFUSED: Final = (DataError, OverflowError)  # what PostgreSQL, and SQLite, say of a number too large
KEPT: Final = 20_000  # rows kept while the database is away; then the oldest go, and the log says so


class Writer:
    """Rows wait in memory until `write_pending` commits them; `start` does that every half second."""

    def __init__(self) -> None:
        self.pending: deque[UsageRow] = deque()
        self.dropped = 0
        self.wake = threading.Event()
        self.ended = False
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()

    def add(self, row: UsageRow) -> None:
        """Keep a row for the next write. Never blocks."""
        if len(self.pending) >= KEPT:
            self.pending.popleft()
            self.dropped += 1
        self.pending.append(row)

    def write_pending(self) -> int:
        """Commit what waits -> rows written. Raises DatabaseError and keeps the rows."""
        written = 0
        with self.lock:
            while self.pending:
                rows = [self.pending.popleft() for _ in range(min(BATCH, len(self.pending)))]
                try:
                    written += self._write(rows)
                except DatabaseError:
                    self.pending.extendleft(reversed(rows))
                    raise
        return written

    def _write(self, rows: list[UsageRow]) -> int:
        """A row that no database takes is dropped: else all that comes behind it would wait for ever. Where
        the database goes meanwhile, `rows` are those that are left."""
        try:
            UsageRow.objects.bulk_create(rows)
            return len(rows)
        except REFUSED:
            written = 0
        while rows:
            try:
                rows[0].save(force_insert=True)
                written += 1
            except REFUSED as error:
                self.dropped += 1
                log.error("a usage row was lost: %s", type(error).__name__)  # noqa: TRY400 - no caller's words
            del rows[0]
        return written

    def start(self) -> None:
        """Begin writing in the background (once)."""
        if self.thread is None:
            self.ended = False
            self.wake.clear()
            self.thread = threading.Thread(target=self._run, name="usage", daemon=True)
            self.thread.start()

    def stop(self) -> None:
        """Write what is left and end the thread."""
        if self.thread is not None:
            self.ended = True
            self.wake.set()
            self.thread.join(10)
            self.thread = None

    def _run(self) -> None:
        failing = False
        while not self.ended:
            self.wake.wait(PAUSE)
            failing = self._try(failing)
        self._try(failing)

    def _try(self, failing: bool) -> bool:
        """One write; says once that the database is away, and once that it is back."""
        close_old_connections()
        try:
            self.write_pending()
        except DatabaseError as error:
            if not failing:
                log.warning("usage rows wait for the database: %s", type(error).__name__)
            return True
        if failing:
            log.warning("usage rows are written again; %d were lost meanwhile", self.dropped)
            self.dropped = 0
        return False


writer = Writer()


def fit(text: str, size: int) -> str:
    """At most `size` bytes of UTF-8: a longer text keeps its beginning and a digest, so that two stay two."""
    raw = text.replace("\x00", "\ufffd").encode("utf-8", "replace")  # PostgreSQL keeps no NUL
    if len(raw) <= size:
        return raw.decode("utf-8")
    return raw[: size - 13].decode("utf-8", "ignore") + "~" + hashlib.sha256(raw).hexdigest()[:12]


def account(caller: str) -> str:
    """A caller's id as the rows have it: whoever looks for somebody's rows looks for this."""
    return fit(caller, CALLER)


def enqueue(call: Call) -> None:
    """Keep the row of a finished call of an identified caller."""
    if call.caller is None:
        return
    now = time.monotonic()
    ttft = call.ttft()
    writer.add(
        UsageRow(
            at=datetime.now(UTC),
            request_id=call.request_id[:40],
            caller=account(call.caller.id),
            kind=call.caller.kind,
            route=call.route[:48],
            model=fit(call.model or "", 80),
            status=call.status,
            outcome=call.outcome[:24],
            prompt_tokens=call.usage.prompt,
            completion_tokens=call.usage.completion,
            estimated=call.usage.estimated,
            queue_ms=None if call.queued is None else round(call.queued * 1000),
            ttft_ms=None if ttft is None else round(ttft * 1000),
            total_ms=round((now - call.started) * 1000),
        )
    )
