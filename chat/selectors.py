"""Lists and histories, as JSON-ready facts: only ever of what the caller may read."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from django.core import signing
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.caller import Caller
from accounts.policy import Resource, decide
from chat import access
from chat.models import Conversation, Generation, Message, Shelf
from clawdsite.core.errors import BadRequest

PAGE: Final = 50
MOST_PINNED: Final = 200
NEWEST: Final = 40  # messages of a history's first page
SALT: Final = "chat.cursor"


def conversations(caller: Caller, *, cursor: str = "", archived: bool = False) -> dict[str, Any]:
    """One page of the caller's list, newest first: {"conversations": [...], "next": cursor or null}.

    The first page has `pinned` too: all that the caller pinned, wherever in the list they stand.
    """
    found = access.visible(caller).select_related("team", "owner").order_by("-updated", "-id")
    mine = Shelf.objects.filter(user_id=caller.id) if caller.kind == "person" else Shelf.objects.none()
    hidden = mine.filter(archived=True).values("conversation")
    found = found.filter(id__in=hidden) if archived else found.exclude(id__in=hidden)
    pinned = found.filter(id__in=mine.filter(pinned=True).values("conversation"))[:MOST_PINNED]
    shown = _cards(caller, list(pinned), mine) if not cursor and not archived else None
    if cursor:
        updated, last = _read_cursor(caller, cursor)
        found = found.filter(Q(updated__lt=updated) | Q(updated=updated, id__lt=last))
    rows = list(found[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    page = {"conversations": _cards(caller, rows, mine), "next": _cursor(caller, rows[-1]) if more else None}
    return page if shown is None else page | {"pinned": shown}


def _cards(caller: Caller, rows: list[Conversation], mine: QuerySet[Shelf]) -> list[dict[str, Any]]:
    shelves = {shelf.conversation_id: shelf for shelf in mine.filter(conversation__in=rows)}
    running = Generation.objects.filter(conversation__in=rows, state__in=Generation.RUNNING)
    busy = dict(running.values_list("conversation", "id"))
    return [card(caller, row, shelves.get(row.id), busy.get(row.id)) for row in rows]


def card(
    caller: Caller, row: Conversation, shelf: Shelf | None = None, running: uuid.UUID | None = None
) -> dict[str, Any]:
    """What a list shows of one conversation, and what the caller may do with it."""
    team = row.team.slug if row.team else None
    resource = Resource(str(row.owner_id), team, granted=True)  # by whichever right, they read it
    may = ("continue", "rename", "delete", "move", "pin", "export")
    return {
        "id": str(row.id),
        "title": row.title,
        "team": resource.team,
        "owner": {"id": str(row.owner_id), "name": row.owner.get_full_name()},
        "mine": resource.owner == caller.id,
        "created": stamp(row.created),
        "updated": stamp(row.updated),
        "leaf": str(row.leaf) if row.leaf else None,
        "pinned": bool(shelf and shelf.pinned),
        "archived": bool(shelf and shelf.archived),
        "running": str(running) if running else None,
        "may": [one for one in may if decide(caller, f"conversation.{one}", resource).allowed],  # type: ignore[arg-type]
    }


def one(caller: Caller, conversation: uuid.UUID) -> dict[str, Any]:
    """The card of one conversation. NotFound, InsufficientScope."""
    row = access.get(caller, "conversation.read", conversation)
    shelf = Shelf.objects.filter(user_id=caller.id, conversation=row).first() if _is_person(caller) else None
    running = row.generations.filter(state__in=Generation.RUNNING).values_list("id", flat=True).first()
    return card(caller, row, shelf, running)


def history(caller: Caller, conversation: uuid.UUID, *, before: str = "") -> dict[str, Any]:
    """Messages as a tree, newest first page first: {"messages": [...], "before": id or null, "leaf": id}.

    before: an id of this conversation; the page before it.
    """
    row = access.get(caller, "conversation.read", conversation)
    found = whole(row.messages).order_by("-id")
    if before:
        try:
            found = found.filter(id__lt=uuid.UUID(before))
        except ValueError:
            raise BadRequest("before must be a message's id.", param="before") from None
    rows = list(found[: NEWEST + 1])
    more, rows = len(rows) > NEWEST, rows[:NEWEST]
    return {
        "messages": [message(one) for one in reversed(rows)],
        "before": str(rows[-1].id) if more else None,
        "leaf": str(row.leaf) if row.leaf else None,
    }


def readers(caller: Caller, conversation: uuid.UUID) -> dict[str, Any]:
    """Who can see it and why: the owner, the team with its size, grants that run. NotFound.

    The owner of a team's conversation who left the team is named as such, and reads it no more.
    """
    row = access.get(caller, "conversation.read", conversation)
    members = row.team.memberships.filter(user__is_active=True) if row.team else None
    left = members is not None and not members.filter(user=row.owner_id).exists()
    team = None
    if row.team is not None and members is not None:
        people = members.values("user").distinct()  # one may be a member twice: by hand, and by a provider
        team = {"slug": row.team.slug, "name": str(row.team), "members": people.count()}
    return {
        "owner": {"id": str(row.owner_id), "name": row.owner.get_full_name(), "reads": not left},
        "team": team,
        "grants": [
            {
                "name": grant.person.get_full_name(),
                "by": grant.made_by.get_full_name() if grant.made_by else None,
                "until": stamp(grant.until),
                "break_glass": grant.break_glass,
            }
            for grant in row.grants.filter(until__gt=timezone.now()).select_related("person", "made_by")
        ],
    }


def whole(messages: QuerySet[Message]) -> QuerySet[Message]:
    """These with what `message` shows of them, in two queries."""
    made = Prefetch("generations", Generation.objects.only("id", "message"))
    return messages.select_related("asker").prefetch_related(made)


def message(row: Message) -> dict[str, Any]:
    """One turn, whole."""
    generation = max((one.id for one in row.generations.all()), default=None)
    return {
        "id": str(row.id),
        "parent": str(row.parent_id) if row.parent_id else None,
        "role": row.role,
        "asker": row.asker.get_full_name() if row.asker else None,
        "asker_id": str(row.asker_id) if row.asker_id else None,
        "text": row.text,
        "thinking": row.thinking,
        "thought_ms": row.thought_ms,
        "images": row.images,
        "model": row.model,
        "state": row.state,
        "reason": row.reason or None,
        "error": row.error or None,
        "usage": row.usage,
        "generation": str(generation) if generation else None,
        "created": stamp(row.created),
    }


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_person(caller: Caller) -> bool:
    return caller.kind == "person"


def _cursor(caller: Caller, row: Conversation) -> str:
    """Signed and bound to the caller: another's cursor is worth nothing."""
    return signing.dumps([caller.id, row.updated.isoformat(), str(row.id)], salt=SALT)


def _read_cursor(caller: Caller, cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        whose, updated, last = signing.loads(cursor, salt=SALT)
        if whose != caller.id:
            raise ValueError
        return datetime.fromisoformat(updated), uuid.UUID(last)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadRequest("cursor is not one that this list gave you.", param="cursor") from None
