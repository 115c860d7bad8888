"""From the table into memory: what `end` writes, what the reader finds, what a dead database does."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.caller import Caller
from accounts.models import Revocation
from accounts.tokens import reader as reading
from accounts.tokens import revocation
from accounts.tokens.revocation import HOLDS, Revocations, end
from clawdsite.core.errors import KeysUnreachable
from tests.proof import proves

Kind = Revocation.Kind
ALICE = Caller("person", "11111111-1111-1111-1111-111111111111", session="sid-alice", issued=1.0)
BUILD = Caller("client", "client:cb_1", token="jti-build", issued=1.0)

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> list[float]:
    """The monotonic clock; the first item is now."""
    return [5000.0]


@pytest.fixture
def elsewhere(clock: list[float]) -> Revocations:
    """What another process knows: it has read the table once."""
    other = Revocations(monotonic=lambda: clock[0])
    other.reader.read_at = clock[0]
    assert other.reader.attempt()
    return other


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Revocations:
    """What the process knows that calls `end`."""
    own = Revocations()
    monkeypatch.setattr(revocation, "revocations", own)
    return own


def write(subject: str, *, kind: str = Kind.TOKEN, lives: float = 600, **more: Any) -> Revocation:
    expires = datetime.fromtimestamp(time.time() + lives, UTC)
    row = Revocation(kind=kind, subject=subject, before=time.time(), expires=expires, **more)
    row.save(force_insert=True)
    return row


def bearer(jti: str) -> Caller:
    return Caller("client", "client:cb_9", token=jti, issued=1.0)


class TestEnd:
    def test_one_row_says_what_is_over_and_until_when_that_matters(self) -> None:
        began = time.time()
        end(Kind.PERSON, ALICE.id, reason="left the company", lives=3600)
        row = Revocation.objects.get()
        assert (row.kind, row.subject, row.reason) == ("person", ALICE.id, "left the company")
        assert began <= row.before <= time.time()
        assert row.expires.timestamp() >= began + 3600

    @pytest.mark.parametrize("name", ["cb_1", "client:cb_1"])
    def test_a_client_is_named_by_either_of_its_names(self, elsewhere: Revocations, name: str) -> None:
        end(Kind.CLIENT, name)
        elsewhere.reader.attempt()
        assert elsewhere.refuses(BUILD)

    def test_a_long_reason_is_cut(self) -> None:
        end(Kind.PERSON, ALICE.id, reason="x" * 1000)
        assert len(Revocation.objects.get().reason) == 100


@pytest.mark.django_db(transaction=True)
class TestHere:
    """The process that ends something hears of it itself."""

    def test_at_once(self, here: Revocations) -> None:
        end(Kind.PERSON, ALICE.id)
        assert here.refuses(ALICE)

    def test_at_the_commit_and_not_before(self, here: Revocations) -> None:
        with transaction.atomic():
            end(Kind.PERSON, ALICE.id)
            assert here.refuses(ALICE) is None
        assert here.refuses(ALICE)

    def test_never_where_the_transaction_fails(self, here: Revocations) -> None:
        with transaction.atomic():
            end(Kind.PERSON, ALICE.id)
            transaction.set_rollback(True)
        assert here.refuses(ALICE) is None
        assert not Revocation.objects.exists()


class TestReading:
    @proves("sso-H17")
    def test_a_row_of_another_process_is_found_by_the_next_read(self, elsewhere: Revocations) -> None:
        write("jti-build")
        assert elsewhere.refuses(BUILD) is None
        assert elsewhere.reader.attempt()
        assert elsewhere.refuses(BUILD)

    def test_what_was_there_at_the_start_counts(self) -> None:
        write("jti-build")
        fresh = Revocations()
        assert fresh.reader.attempt()
        assert fresh.refuses(BUILD)

    def test_a_lower_id_that_is_committed_after_a_higher_one_is_found(self, elsewhere: Revocations) -> None:
        high = write("jti-high", pk=5000)
        elsewhere.reader.attempt()
        assert elsewhere.reader.last == high.pk
        write("jti-low", pk=high.pk - 900)
        elsewhere.reader.attempt()
        assert elsewhere.refuses(bearer("jti-low"))

    def test_one_that_is_lower_still_is_found_within_a_minute(
        self, elsewhere: Revocations, clock: list[float]
    ) -> None:
        write("jti-high", pk=5000)
        elsewhere.reader.attempt()
        write("jti-lowest", pk=3)
        elsewhere.reader.attempt()
        assert elsewhere.refuses(bearer("jti-lowest")) is None
        clock[0] += reading.WHOLE
        elsewhere.reader.attempt()
        assert elsewhere.refuses(bearer("jti-lowest"))

    def test_a_row_is_fetched_once(self, elsewhere: Revocations, clock: list[float]) -> None:
        write("jti-build")
        assert len(elsewhere.reader.read()) == 1
        assert elsewhere.reader.read() == []
        clock[0] += reading.WHOLE
        assert elsewhere.reader.read() == []

    def test_ids_that_begin_anew_are_read_anew(self, elsewhere: Revocations, clock: list[float]) -> None:
        write("jti-old", pk=7)
        write("jti-high", pk=9)
        elsewhere.reader.attempt()
        Revocation.objects.all().delete()
        write("jti-restored", pk=7)  # another row under the same id: the database was restored
        clock[0] += reading.WHOLE
        elsewhere.reader.attempt()
        assert elsewhere.refuses(bearer("jti-restored"))
        assert elsewhere.refuses(bearer("jti-old"))  # what was over stays over

    def test_many_at_once_are_all_found(self, elsewhere: Revocations) -> None:
        expires = timezone.now() + timedelta(hours=1)
        Revocation.objects.bulk_create(
            Revocation(kind=Kind.TOKEN, subject=f"jti-{number}", before=1.0, expires=expires)
            for number in range(2 * reading.CHUNK + 1)
        )
        assert elsewhere.reader.attempt()
        assert all(
            elsewhere.refuses(bearer(f"jti-{number}")) for number in (0, reading.CHUNK, 2 * reading.CHUNK)
        )

    def test_expired_rows_are_not_read_and_deleted_once_an_hour(
        self, elsewhere: Revocations, clock: list[float]
    ) -> None:
        write("jti-gone", lives=-1)
        write("jti-alive")
        elsewhere.reader.sweep_at = clock[0] + 60
        elsewhere.reader.attempt()
        assert elsewhere.refuses(bearer("jti-gone")) is None
        assert Revocation.objects.count() == 2
        clock[0] += 61
        elsewhere.reader.attempt()
        assert [row.subject for row in Revocation.objects.all()] == ["jti-alive"]
        write("jti-gone-2", lives=-1)
        clock[0] += reading.SWEEP - 1
        elsewhere.reader.attempt()
        assert Revocation.objects.count() == 2
        clock[0] += 2
        elsewhere.reader.attempt()
        assert Revocation.objects.count() == 1


class TestWithoutADatabase:
    """M16: the last state holds for a minute, then it is 503; it comes back by itself."""

    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
        """The first item: whether every query fails."""
        broken = [False]

        def fail(execute: Any, *arguments: Any) -> Any:
            if broken[0]:
                raise OperationalError("server closed the connection unexpectedly")
            return execute(*arguments)

        monkeypatch.setattr(connection, "close", lambda: None)  # the test's transaction lives on it
        with connection.execute_wrapper(fail):
            yield broken

    @proves("promise-M16")
    def test_the_last_state_holds_for_a_minute_and_comes_back_by_itself(
        self,
        elsewhere: Revocations,
        clock: list[float],
        broken: list[bool],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO)
        write("jti-build")
        elsewhere.reader.attempt()
        broken[0] = True
        for _ in range(int(HOLDS)):
            clock[0] += 1
            assert not elsewhere.reader.attempt()
            assert elsewhere.refuses(BUILD)
            elsewhere.check()
        clock[0] += 1
        assert not elsewhere.reader.attempt()
        with pytest.raises(KeysUnreachable):
            elsewhere.check()
        broken[0] = False
        write("jti-later")
        assert elsewhere.reader.attempt()
        elsewhere.check()
        assert elsewhere.refuses(bearer("jti-later"))
        words = [line.getMessage() for line in caplog.records if line.name == "accounts.tokens.reader"]
        assert words == [
            "revocations cannot be read, the last ones hold: OperationalError",
            "revocations are read again",
        ]

    def test_a_database_from_before_the_table_has_revoked_nothing(
        self, clock: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fresh = Revocations(monotonic=lambda: clock[0])
        monkeypatch.setattr(Revocation._meta, "db_table", "accounts_not_yet")
        assert fresh.reader.attempt()
        monkeypatch.undo()
        write("jti-build")
        assert fresh.reader.attempt()  # the tables are there now: all of it is read at once
        assert fresh.refuses(BUILD)
