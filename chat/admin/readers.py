"""Who can read one conversation, and why: plain facts for its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as say

from accounts import selectors
from accounts.models import Team, User
from accounts.policy import Resource, decide
from chat.models import Conversation, Grant
from clawdsite.core.errors import ClawdError


@dataclass(frozen=True, slots=True)
class Reader:
    """may: whether they do at this moment; a person without the scope, or switched off, does not."""

    person: User
    why: str
    may: bool


def of(row: Conversation) -> list[Reader]:
    """The owner or the team, and who has a grant; each judged as a call of theirs would be."""
    granted = {made.person: made for made in _running(row)}
    found = [_reader(row, person, _why(row, person), False) for person in _people(row)]
    known = {reader.person for reader in found if reader.may}
    for person, made in granted.items():
        if person not in known:
            by = made.made_by or say("somebody who is gone")
            until = f"{made.until:%Y-%m-%d %H:%M}"
            why = say("by a grant of %(by)s until %(until)s: %(reason)s")
            words = {"by": by, "until": until, "reason": made.reason}
            found.append(_reader(row, person, why % words, True))
    return found


def grants(row: Conversation) -> list[Grant]:
    """Every grant there was, and every look by break-glass, newest first; `runs`: not over."""
    now = timezone.now()
    found: list[Any] = list(row.grants.select_related("person", "made_by").order_by("-pk"))
    for made in found:
        made.runs = made.until > now
    return found


def _people(row: Conversation) -> list[User]:
    """The owner of a private one; the members of a team, and its owner, who may have left."""
    if row.team is None:
        return [row.owner]
    members = User.objects.filter(memberships__team=row.team).distinct().order_by("username")
    return [row.owner, *members.exclude(pk=row.owner_id)]


def _why(row: Conversation, person: User) -> str:
    team: Team | None = row.team
    if team is None:
        return say("owner")
    if not person.memberships.filter(team=team).exists():
        return say("owner, but not in %(team)s any more") % {"team": team.slug}
    owner = say("owner") + ", " if person.pk == row.owner_id else ""
    return owner + say("in %(team)s") % {"team": team.slug}


def _reader(row: Conversation, person: User, why: str, granted: bool) -> Reader:
    team = row.team.slug if row.team is not None else None
    resource = Resource(owner=str(row.owner_id), team=team, granted=granted and not person.is_superuser)
    try:
        caller = selectors.caller_for(person)
    except ClawdError:  # switched off
        return Reader(person, why, False)
    return Reader(person, why, decide(caller, "conversation.read", resource).allowed)


def _running(row: Conversation) -> list[Grant]:
    now = timezone.now()
    found = row.grants.filter(until__gt=now, break_glass=False).select_related("person", "made_by")
    return list(found.order_by("until"))
