"""What memory says of a caller once rows were heard: who is dead, who is not, who is told."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from dataclasses import replace

import pytest

from accounts.caller import Caller
from accounts.models import Revocation
from accounts.tokens.ended import Ended, Row
from accounts.tokens.revocation import HOLDS, Revocations
from clawdsite.core.errors import InvalidToken, KeysUnreachable
from tests.proof import proves

Kind = Revocation.Kind
THEN = 1_800_000_000.7
LATER = THEN + 1e6

ALICE = Caller("person", str(uuid.uuid4()), session="sid-alice", issued=THEN - 100)
BOB = Caller("person", str(uuid.uuid4()), session="sid-bob", issued=THEN - 100)
CHARLIE = Caller("token", "sso:charlie", token="jti-c", issued=THEN - 100, identity="https://op charlie")
BUILD = Caller("client", "client:cb_1", token="jti-build", issued=THEN - 100)


def row(kind: str, subject: str, *, number: int = 1, before: float = THEN, expires: float = LATER) -> Row:
    return Row(number, kind, subject, before, expires)


@pytest.fixture
def revocations() -> Revocations:
    return Revocations(clock=lambda: THEN + 1)


NAMED = {
    "person": (ALICE, Kind.PERSON, ALICE.id),
    "client": (BUILD, Kind.CLIENT, "cb_1"),
    "identity": (CHARLIE, Kind.IDENTITY, "https://op charlie"),
    "token": (BUILD, Kind.TOKEN, "jti-build"),
    "session": (ALICE, Kind.SESSION, "sid-alice"),
}


@pytest.mark.parametrize("name", NAMED)
@proves("sso-H11", "sso-H17", "sso-I5")
def test_the_caller_that_a_row_names_is_dead_and_nobody_else(revocations: Revocations, name: str) -> None:
    caller, kind, subject = NAMED[name]
    everyone = [ALICE, BOB, CHARLIE, BUILD]
    assert [revocations.refuses(who) for who in everyone] == [None] * 4
    revocations.hear([row(kind, subject)])
    dead = [who for who in everyone if revocations.refuses(who)]
    assert dead == [caller]
    with pytest.raises(InvalidToken):
        revocations.admit(caller)


def test_a_bearer_hears_of_its_token_and_a_browser_of_its_session(revocations: Revocations) -> None:
    revocations.hear([row(Kind.PERSON, ALICE.id), row(Kind.TOKEN, "jti-build", number=2)])
    assert revocations.refuses(BUILD) == "token was revoked"
    assert revocations.refuses(ALICE) == "session has ended"


@pytest.mark.parametrize(
    ("issued", "dead"),
    [
        pytest.param(THEN - 0.1, True, id="before"),
        pytest.param(THEN, True, id="that-instant"),
        pytest.param(float(int(THEN)), True, id="a-token-of-the-same-second"),
        pytest.param(THEN + 0.1, False, id="a-session-of-the-same-second-but-after"),
        pytest.param(float(int(THEN) + 1), False, id="a-token-of-the-next-second"),
        pytest.param(0.0, True, id="nobody-knows-when"),
    ],
)
def test_what_was_issued_at_or_before_the_instant_is_dead(
    revocations: Revocations, issued: float, dead: bool
) -> None:
    revocations.hear([row(Kind.PERSON, ALICE.id)])
    assert bool(revocations.refuses(replace(ALICE, issued=issued))) is dead


def test_a_token_or_session_is_dead_whenever_it_was_issued(revocations: Revocations) -> None:
    revocations.hear([row(Kind.TOKEN, "jti-build"), row(Kind.SESSION, "sid-alice")])
    assert revocations.refuses(replace(BUILD, issued=THEN + 50))
    assert revocations.refuses(replace(ALICE, issued=THEN + 50))


def test_an_older_row_that_comes_late_takes_nothing_back(revocations: Revocations) -> None:
    revocations.hear([row(Kind.PERSON, ALICE.id, before=THEN)])
    revocations.hear([row(Kind.PERSON, ALICE.id, number=2, before=THEN - 500, expires=THEN + 2)])
    assert revocations.refuses(ALICE)


def test_fewer_rights_end_nothing_and_make_what_was_cached_stale(revocations: Revocations) -> None:
    assert revocations.stale_since(ALICE.id) == 0.0
    revocations.hear([row(Kind.RIGHTS, ALICE.id)])
    assert revocations.refuses(ALICE) is None
    assert revocations.stale_since(ALICE.id) == THEN + 1  # when it was heard, not when it was written
    assert revocations.stale_since(BOB.id) == 0.0


def test_expired_rows_are_forgotten() -> None:
    now = [THEN]
    ended = Ended(clock=lambda: now[0])
    ended.add(row(Kind.PERSON, ALICE.id, expires=THEN + 10))
    ended.add(row(Kind.PERSON, BOB.id, number=2, expires=THEN + 100))
    now[0] += 11
    ended.forget_expired()
    assert ended.refuses(ALICE) is None
    assert ended.refuses(BOB)
    assert (len(ended.entries), list(ended.heard)) == (1, [BOB.id])


class TestWatching:
    """The loop of the listener hears of it; the row comes from another thread."""

    def heard(self, revocations: Revocations, caller: Caller, *rows: Row, hears: bool = True) -> list[str]:
        async def listen() -> list[str]:
            words: list[str] = []
            threads: list[int] = []
            came = asyncio.Event()

            def hear(what: str) -> None:
                words.append(what)
                threads.append(threading.get_ident())
                came.set()

            leave = revocations.watch(caller, hear)
            await asyncio.to_thread(revocations.hear, list(rows))
            if hears:
                await asyncio.wait_for(came.wait(), 5)
            await asyncio.to_thread(revocations.hear, list(rows))  # the same once more
            await asyncio.sleep(0)  # whatever was called for has run now
            leave()
            leave()
            assert set(threads) <= {threading.get_ident()}
            return words

        words = asyncio.run(listen())
        assert len(revocations.watches) == 0
        return words

    @pytest.mark.parametrize("name", NAMED)
    def test_the_end_is_heard_once(self, revocations: Revocations, name: str) -> None:
        caller, kind, subject = NAMED[name]
        why = "session has ended" if caller is ALICE else "token was revoked"
        assert self.heard(revocations, caller, row(kind, subject)) == [f"ended: {why}"]

    def test_nobody_else_hears_of_it(self, revocations: Revocations) -> None:
        assert self.heard(revocations, BOB, row(Kind.PERSON, ALICE.id), hears=False) == []

    def test_fewer_rights_are_heard_each_time(self, revocations: Revocations) -> None:
        assert self.heard(revocations, ALICE, row(Kind.RIGHTS, ALICE.id)) == ["rights", "rights"]

    def test_who_is_dead_already_hears_so_at_once(self, revocations: Revocations) -> None:
        revocations.hear([row(Kind.PERSON, ALICE.id)])
        assert self.heard(revocations, ALICE) == ["ended: session has ended"]

    def test_who_signed_in_again_after_it_stays(self, revocations: Revocations) -> None:
        again = replace(ALICE, session="sid-2", issued=THEN + 0.5)
        assert self.heard(revocations, again, row(Kind.PERSON, ALICE.id)) == ["rights", "rights"]

    def test_a_proof_from_the_future_does_not_outlive_the_caller_who_was_here_before(self) -> None:
        revocations = Revocations(clock=lambda: THEN - 5)
        ahead = replace(CHARLIE, issued=THEN + 30)  # its issuer's clock goes ahead of ours
        told = self.heard(revocations, ahead, row(Kind.IDENTITY, "https://op charlie"))
        assert told == ["ended: token was revoked"]

    def test_nothing_is_heard_after_leaving(self, revocations: Revocations) -> None:
        async def listen() -> list[str]:
            words: list[str] = []
            leave = revocations.watch(ALICE, words.append)
            revocations.hear([row(Kind.PERSON, ALICE.id)])  # on its way to the loop
            leave()
            await asyncio.sleep(0)
            return words

        assert asyncio.run(listen()) == []

    def test_a_listener_whose_loop_is_gone_disturbs_nobody(self, revocations: Revocations) -> None:
        async def watch() -> None:
            revocations.watch(ALICE, print)

        asyncio.run(watch())
        assert self.heard(revocations, ALICE, row(Kind.PERSON, ALICE.id)) == ["ended: session has ended"]


class TestBlindness:
    """The last state holds for a minute; then nobody can tell who is dead."""

    @proves("promise-M16")
    def test_after_a_minute_without_a_read_it_is_503_and_a_read_ends_that(self) -> None:
        now = [1000.0]
        revocations = Revocations(monotonic=lambda: now[0])
        revocations.reader.read_at = now[0]
        now[0] += HOLDS
        revocations.admit(CHARLIE)
        now[0] += 0.1
        with pytest.raises(KeysUnreachable) as caught:
            revocations.admit(CHARLIE)
        assert (caught.value.status, caught.value.code) == (503, "auth_unavailable")
        revocations.reader.read_at = now[0]
        revocations.admit(CHARLIE)

    def test_who_is_known_to_be_dead_is_401_even_then(self) -> None:
        revocations = Revocations(clock=lambda: THEN + 1, monotonic=lambda: 1000.0)
        revocations.reader.read_at = 0.0
        revocations.hear([row(Kind.TOKEN, "jti-build")])
        with pytest.raises(InvalidToken, match="Invalid or expired"):
            revocations.admit(BUILD)

    def test_a_process_that_does_not_read_the_table_does_not_complain(self, revocations: Revocations) -> None:
        revocations.check()


def test_the_cost_of_asking_does_not_grow_with_the_table() -> None:
    revocations = Revocations()
    took: dict[int, float] = {}
    for size in (100, 50_000):
        revocations.hear([row(Kind.PERSON, str(number), number=number) for number in range(size)])
        best = min(_seconds(lambda: [revocations.refuses(ALICE) for _ in range(2000)]) for _ in range(5))
        took[size] = best / 2000
    assert took[50_000] < max(5 * took[100], 20e-6), took


def _seconds(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began
