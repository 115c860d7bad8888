"""Threads that write as processes do: each sign-in, each audit line, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from accounts import audit, linking
from accounts.models import AuditLine, ExternalIdentity, User
from tests.accounts.people.coming import acts, identity, sign_in, teams


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each returns or raises; all begin together, each on a connection of its own."""
    found: list[Any] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        ready.wait(10)
        try:
            found[place] = work()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


class TestAtOnce:
    def test_parallel_first_sign_ins_make_one_person(self, committed: None) -> None:
        found = at_once(*[lambda: sign_in("alice", ["/eng/a"])] * 6)
        assert {type(one) for one in found} == {User}, found
        assert len({one.pk for one in found}) == 1
        assert User.objects.count() == ExternalIdentity.objects.count() == 1
        assert teams(found[0]) == {"team-a": {"corp"}}
        assert len(acts("person.made")) == 1

    def test_two_people_can_be_made_at_the_same_moment(self, committed: None) -> None:
        found = at_once(*(lambda who=who: sign_in(who, ["/eng/a"]) for who in ("alice", "bob", "charlie")))
        assert len({one.pk for one in found}) == 3

    def test_a_sign_in_and_the_word_of_a_bearer_wait_for_each_other(self, committed: None) -> None:
        alice = sign_in("alice", ["/eng/a"])

        def by_bearer() -> User:
            linking.apply_groups(identity("alice"), ["/eng/b"])
            return alice

        found = at_once(*[lambda: sign_in("alice", ["/eng/b"]), by_bearer] * 4)
        assert found == [alice] * 8
        assert teams(alice) == {"team-b": {"corp"}}
        assert audit.verify() is None

    def test_lines_written_together_make_one_chain(self, committed: None) -> None:
        at_once(*(lambda who=who: [audit.record(who, "sync.refused") for _ in range(10)] for who in "abcdef"))
        assert AuditLine.objects.count() == 60
        assert audit.verify() is None
