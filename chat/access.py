"""The only door to a conversation: fetched and judged in one call, and unknown where it is hidden (M6)."""

from __future__ import annotations

import uuid
from typing import NoReturn

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.caller import Caller
from accounts.policy import Action, Decision, Resource, decide
from chat.models import Conversation, Generation, Grant, Image, Message
from clawdsite.core.errors import InsufficientScope, NotFound

GONE = "There is nothing here by this id."


def visible(caller: Caller) -> QuerySet[Conversation]:
    """What the caller may read, deleted ones left out: exactly what `get` lets them read."""
    if "chat:read" not in caller.scopes:
        return Conversation.objects.none()
    seen = Q(team__slug__in=caller.teams)
    if caller.kind == "person":
        seen |= Q(team=None, owner=caller.id) | Q(Exists(_grants(caller).filter(conversation=OuterRef("pk"))))
    return Conversation.objects.filter(seen, deleted=None)


def get(caller: Caller, action: Action, conversation: uuid.UUID, *, deleted: bool = False) -> Conversation:
    """The conversation, if the caller may do this with it.

    NotFound: there is none, or the caller may not know of it: the same queries and the same words.
    InsufficientScope: the caller sees it, and a scope is missing. deleted: the one that can be undone.
    """
    row = Conversation.objects.select_related("team").filter(id=conversation).first()
    granted = _granted(caller, conversation)
    gone = row is None or (row.deleted is not None) is not deleted
    decision = decide(caller, action, _nobodys() if row is None else _resource(row, granted))
    if gone or row is None:
        raise NotFound(GONE)
    _hold(decision, action)
    return row


def held(
    caller: Caller, action: Action, conversation: uuid.UUID, *, deleted: bool = False
) -> Conversation:
    """The same, and until the transaction's end nobody else moves it, deletes it or asks there. (SQLite has
    one writer at a time anyway.)"""
    if connection.features.has_select_for_update:
        list(Conversation.objects.select_for_update().filter(id=conversation).values_list("id"))
    return get(caller, action, conversation, deleted=deleted)


def may_create(caller: Caller) -> None:
    """Returns if the caller may begin a conversation. InsufficientScope, NotFound (programs own none)."""
    _hold(decide(caller, "conversation.create", None), "conversation.create")


def message(
    caller: Caller, action: Action, conversation: uuid.UUID, wanted: uuid.UUID
) -> tuple[Conversation, Message]:
    """A message of a conversation, if the caller may do this with it. Errors as `get`."""
    where = get(caller, action, conversation)
    found = where.messages.filter(id=wanted).first()
    if found is None:
        raise NotFound(GONE)
    return where, found


def generation(caller: Caller, action: Action, wanted: uuid.UUID) -> Generation:
    """An answer in the making, if the caller may read (or stop) it. Errors as `get`."""
    row = Generation.objects.select_related("conversation__team").filter(id=wanted).first()
    where = row.conversation if row is not None else None
    granted = _granted(caller, where.id if where is not None else wanted)
    if row is None or (where is not None and where.deleted is not None):
        raise NotFound(GONE)
    if where is None:  # a resumable API call is its caller's alone
        if row.caller != caller.id:
            raise NotFound(GONE)
        return row
    asker = str(row.asker_id) if row.asker_id else None
    _hold(decide(caller, action, _resource(where, granted, asker)), action)
    return row


def image(caller: Caller, wanted: uuid.UUID) -> Image:
    """A picture: its conversation's readers', or its uploader's while no message uses it. Errors as `get`."""
    found = Image.objects.filter(id=wanted).first()
    if found is not None and found.conversation_id is None:
        if str(found.owner_id) == caller.id and caller.kind == "person":
            return found
        found = None
    where = wanted if found is None else found.conversation_id  # an unknown one makes the same work
    get(caller, "conversation.read", where or wanted)
    if found is None:
        raise NotFound(GONE)
    return found


def _resource(row: Conversation, granted: bool, asker: str | None = None) -> Resource:
    team = row.team.slug if row.team is not None else None
    return Resource(owner=str(row.owner_id), team=team, granted=granted, asker=asker)


def _nobodys() -> Resource:
    return Resource(owner=None, team=None)


def _grants(caller: Caller) -> QuerySet[Grant]:
    """An administrator's own look (break-glass) is none: it is for the admin alone, as is who became one."""
    made = Grant.objects.filter(person=caller.id, until__gt=timezone.now(), break_glass=False)
    return made.exclude(person__is_superuser=True)


def _granted(caller: Caller, conversation: uuid.UUID) -> bool:
    return caller.kind == "person" and _grants(caller).filter(conversation=conversation).exists()


def _hold(decision: Decision, action: str) -> None:
    if not decision.allowed:
        _refuse(decision, action)


def _refuse(decision: Decision, action: str) -> NoReturn:
    if decision.hidden or decision.missing is None:
        raise NotFound(GONE)
    raise InsufficientScope(decision.missing)
