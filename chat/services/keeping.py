"""What becomes of a conversation: renamed, moved, deleted and undone, pinned and archived."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.caller import Caller
from accounts.models import Team
from accounts.policy import Resource, may_move_to
from chat import access
from chat.generation import log as generations
from chat.models import Conversation, Shelf
from chat.search import index
from chat.services.noting import note
from chat.words import storable
from clawdsite.core.errors import BadRequest, NotFound

UNDO: Final = timedelta(seconds=30)
LONGEST_TITLE: Final = 200


def rename(caller: Caller, conversation: uuid.UUID, title: Any) -> Conversation:
    """By a person, so no automatic title replaces it. BadRequest names the field."""
    where = access.get(caller, "conversation.rename", conversation)
    if not isinstance(title, str) or not storable(title) or not title.strip():
        raise BadRequest("title must be text that is not empty.", param="title")
    if len(title) > LONGEST_TITLE:
        raise BadRequest(f"title may have at most {LONGEST_TITLE} characters.", param="title")
    where.title, where.titled_by_person = " ".join(title.split()), True
    with transaction.atomic():
        where.save(update_fields=["title", "titled_by_person"])
        index.keep_title(where)
    return where


def move(caller: Caller, conversation: uuid.UUID, slug: Any) -> Conversation:
    """To private (None) or to a team of the owner's; a foreign team answers as an unknown one."""
    with transaction.atomic():
        return _move(caller, access.held(caller, "conversation.move", conversation), slug)


def _move(caller: Caller, where: Conversation, slug: Any) -> Conversation:
    if slug is not None and not isinstance(slug, str):
        raise BadRequest("team must be a team's slug or null.", param="team")
    resource = Resource(str(where.owner_id), where.team.slug if where.team else None)
    if not may_move_to(caller, resource, slug):  # before the database is asked, which keeps no NUL
        raise NotFound("There is no such team.", param="team")
    team = Team.objects.filter(slug=slug).first() if slug is not None else None
    if slug is not None and team is None:
        raise NotFound("There is no such team.", param="team")
    was, where.team = resource.team, team
    if was != slug:
        where.save(update_fields=["team"])
        note(caller, "moved", where.id, **{"from": was, "to": slug})
    return where


def delete(caller: Caller, conversation: uuid.UUID) -> tuple[Conversation, list[uuid.UUID]]:
    """Out of everybody's sight at once; gone for good after 30 s, until then `undo` brings it back.

    -> what is being written there, too: it stops, its text so far is kept.
    """
    with transaction.atomic():
        where = access.held(caller, "conversation.delete", conversation)
        where.deleted = timezone.now()
        where.save(update_fields=["deleted"])
        note(caller, "deleted", where.id, owner=str(where.owner_id), team=_slug(where))
        return where, generations.halt(where.id)


def undo(caller: Caller, conversation: uuid.UUID) -> Conversation:
    """Take a deletion back. NotFound once its time is over."""
    with transaction.atomic():
        where = access.held(caller, "conversation.undo", conversation, deleted=True)
        there = Conversation.objects.filter(id=where.id, deleted__gte=timezone.now() - UNDO)
        if not there.update(deleted=None):  # or the purge came first, in this very moment
            raise NotFound(access.GONE)
        note(caller, "restored", where.id)
    where.deleted = None
    return where


def purge() -> int:
    """Delete for good what nobody took back: messages, images and index go with it. -> how many."""
    gone = Conversation.objects.filter(deleted__lt=timezone.now() - UNDO)
    return sum(_purge(one) for one in gone.values_list("id", flat=True))


def _purge(conversation: uuid.UUID) -> int:
    """Each by itself, so that others write in between; none that was taken back in this very moment."""
    with transaction.atomic():
        gone = Conversation.objects.filter(id=conversation, deleted__lt=timezone.now() - UNDO)
        row = gone.select_for_update().first()
        if row is None:
            return 0
        note(None, "purged", conversation, owner=str(row.owner_id), team=_slug(row))
        answers = list(row.generations.values_list("id", flat=True))
        transaction.on_commit(lambda: generations.engine().drop(answers))
        return row.delete()[0]


def _slug(where: Conversation) -> str | None:
    return where.team.slug if where.team else None


def place(caller: Caller, conversation: uuid.UUID, **marks: Any) -> Shelf:
    """pinned, archived: the reader's own; nobody else's list changes. BadRequest names the field."""
    for name, value in marks.items():
        if not isinstance(value, bool):
            raise BadRequest(f"{name} must be true or false.", param=name)
    where = access.get(caller, "conversation.pin", conversation)
    shelf, _made = Shelf.objects.get_or_create(user_id=caller.id, conversation=where)
    for name, value in marks.items():
        setattr(shelf, name, value)
    shelf.save(update_fields=list(marks))
    return shelf


def show(caller: Caller, conversation: uuid.UUID, leaf: Any) -> Conversation:
    """Choose the branch that is shown first."""
    where = access.get(caller, "conversation.continue", conversation)
    found = where.messages.filter(id=as_id(leaf, "leaf")).first()
    if found is None:
        raise NotFound(access.GONE, param="leaf")
    where.leaf = found.id
    where.save(update_fields=["leaf"])
    return where


def as_id(value: Any, name: str) -> uuid.UUID:
    """An id in a JSON body, in its one spelling. BadRequest, NotFound."""
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be an id.", param=name)
    try:
        found = uuid.UUID(value)
    except ValueError:
        raise NotFound(access.GONE, param=name) from None
    if str(found) != value:
        raise NotFound(access.GONE, param=name)
    return found
