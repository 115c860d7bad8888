"""Who reads a conversation by an administrator's word, and an administrator's own look (P4, M20)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.caller import Caller
from accounts.models import Revocation, User
from accounts.policy import Decision, may_grant
from accounts.tokens import revocation
from chat import access
from chat.models import Conversation, Grant
from chat.selectors import stamp

LOOK: Final = timedelta(minutes=30)
TOLD: Final = 100  # notices at once


class NotGranted(Exception):
    """Why there is no grant, in words for the administrator."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason)


def grant(where: Conversation, person: User, by: User, *, reason: str, lasts: timedelta) -> Grant:
    """Let one person read one conversation for a while; its owner is told on their next visit. NotGranted."""
    decision = may_grant(
        str(by.pk),
        str(person.pk),
        to_administrator=person.is_superuser,
        reason=reason,
        seconds=lasts.total_seconds(),
    )
    if not decision.allowed:
        raise NotGranted(decision)
    until = timezone.now() + lasts
    with transaction.atomic():
        made = Grant.objects.create(
            conversation=where, person=person, made_by=by, reason=reason.strip(), until=until
        )
        _line(by, "grant.made", made)
        _wake(where)
    return made


def end(made: Grant, by: User) -> bool:
    """The person reads it no more; what they have open of it closes in seconds. False: it was over."""
    now = timezone.now()
    with transaction.atomic():
        if not Grant.objects.filter(pk=made.pk, until__gt=now).update(until=now):
            return False
        made.until = now
        _line(by, "grant.ended", made)
        revocation.end(Revocation.Kind.RIGHTS, str(made.person_id), reason="grant ended")
    return True


def open_glass(where: Conversation, by: User, reason: str) -> Grant:
    """An administrator's own look for half an hour: its line is in the log when this returns. ValueError."""
    if not reason.strip():
        raise ValueError("a look needs a reason")
    with transaction.atomic():
        made = Grant.objects.create(
            conversation=where,
            person=by,
            made_by=by,
            reason=reason.strip(),
            until=timezone.now() + LOOK,
            break_glass=True,
        )
        _line(by, "break_glass.opened", made)
        _wake(where)
    return made


def look(where: Conversation, by: User) -> Grant | None:
    """The administrator's open look at this conversation, and a line that they looked; None: no look."""
    found = Grant.objects.filter(conversation=where, person=by, break_glass=True, until__gt=timezone.now())
    made = found.order_by("-until").first()
    if made is not None:
        _line(by, "break_glass.viewed", made)
    return made


def expired(since: datetime, now: datetime) -> None:
    """What was open by a grant that ran out between these moments closes within seconds."""
    over = Grant.objects.filter(until__gt=since, until__lte=now, break_glass=False)
    for person in set(over.values_list("person", flat=True)):
        revocation.end(Revocation.Kind.RIGHTS, str(person), reason="grant over")


def notices(owner: Caller) -> list[dict[str, Any]]:
    """What the owner of conversations has not been told yet: who may read, or looked at, which of them.

    title: null where the owner does not read it any more (it stayed with a team that they left).
    """
    found = list(_untold(owner.id).select_related("person", "made_by").order_by("pk")[:TOLD])
    read = access.visible(owner).filter(id__in={made.conversation_id for made in found})
    titles = dict(read.values_list("id", "title"))
    return [
        {
            "id": made.pk,
            "kind": "break_glass" if made.break_glass else "grant",
            "c": str(made.conversation_id),
            "title": titles.get(made.conversation_id),
            "who": made.person.get_full_name(),
            "by": made.made_by.get_full_name() if made.made_by is not None else None,
            "reason": made.reason,
            "at": stamp(made.created),
            "until": stamp(made.until),
        }
        for made in found
    ]


def told(owner: str, ids: Iterable[int]) -> int:
    """The owner has seen these -> how many of them were news."""
    return int(_untold(owner).filter(pk__in=list(ids)).update(seen=timezone.now()))


def _wake(where: Conversation) -> None:
    """The owner's sockets look again who they are and what they may, and find the notice."""
    revocation.end(Revocation.Kind.RIGHTS, str(where.owner_id), reason="notice")


def _untold(owner: str) -> Any:
    return Grant.objects.filter(conversation__owner=owner, seen=None)


def _line(by: User, action: str, made: Grant) -> None:
    details = {"grant": made.pk, "person": str(made.person_id), "until": stamp(made.until)}
    audit.record(
        by.get_username(), action, f"conversation:{made.conversation_id}", details | {"reason": made.reason}
    )
