"""A Django group that somebody lost in the admin counts for nothing within seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from accounts.models import Revocation, User
from accounts.tokens import revocation


@contextmanager
def end_rights_that_went(person: User | None) -> Iterator[None]:
    """Around the saving of a person's groups."""
    before = set(person.groups.values_list("pk", flat=True)) if person is not None else set()
    yield
    if person is not None and before - set(person.groups.values_list("pk", flat=True)):
        stale([person])


def stale(people: Iterable[User]) -> None:
    """What was cached of these people's rights is read again. Inside the transaction of the change."""
    for person in people:
        revocation.end(Revocation.Kind.RIGHTS, str(person.pk), reason="group")
