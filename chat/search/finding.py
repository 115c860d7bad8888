"""Asking the index: only ever of what the caller may read now."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from django.core import signing
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from accounts.caller import Caller
from chat import access, selectors
from chat.models import IndexRow
from chat.search import lookup as _lookup  # noqa: F401 - `words__found` is known from here on
from chat.search.snippets import marked, snippet
from chat.search.tokens import phrases
from chat.words import storable
from clawdsite.core.errors import BadRequest

PAGE: Final = 20
LONGEST_QUERY: Final = 200  # characters
MOST_PIECES: Final = 40  # a sentence, pasted
SALT: Final = "chat.search"


def find(caller: Caller, query: str, *, cursor: str = "") -> dict[str, Any]:
    """One page: {"results": [...], "next": cursor or null}. Titles first, then texts, the newest first.

    Each piece of the query must be there. BadRequest names q or cursor.
    """
    wanted = _read(query)
    if not wanted:
        return {"results": [], "next": None}
    found = _rows(caller, wanted)
    if cursor:
        found = found.filter(_behind(_read_cursor(caller, query, cursor)))
    ids = list(found.values_list("id", flat=True)[: PAGE + 1])  # texts are read for one page alone
    more, ids = len(ids) > PAGE, ids[:PAGE]
    whole = IndexRow.objects.select_related("conversation__team", "message")
    by_id = whole.defer("words", "message__thinking").in_bulk(ids)
    rows = [by_id[one] for one in ids if one in by_id]
    results = [_result(row, query) for row in rows]
    return {"results": results, "next": _cursor(caller, query, rows[-1]) if more and rows else None}


def matches(caller: Caller, query: str) -> QuerySet[IndexRow]:
    """Everything that is found, in the order of `find`."""
    wanted = _read(query)
    return _rows(caller, wanted) if wanted else IndexRow.objects.none()


def _rows(caller: Caller, wanted: list[tuple[str, ...]]) -> QuerySet[IndexRow]:
    is_title = Case(When(message=None, then=Value(True)), default=Value(False), output_field=BooleanField())
    found = IndexRow.objects.filter(words__found=wanted, conversation__in=access.visible(caller).values("id"))
    return found.annotate(is_title=is_title).order_by("-is_title", "-at", "-id")


def _read(query: str) -> list[tuple[str, ...]]:
    if len(query) > LONGEST_QUERY:
        raise BadRequest(f"q may have at most {LONGEST_QUERY} characters.", code="too_long", param="q")
    if not storable(query):
        raise BadRequest("q holds characters that are none.", code="invalid_value", param="q")
    wanted = phrases(query)
    if len(wanted) > MOST_PIECES:
        raise BadRequest(f"q may have at most {MOST_PIECES} words.", code="too_long", param="q")
    return wanted


def _result(row: IndexRow, query: str) -> dict[str, Any]:
    where, message = row.conversation, row.message
    return {
        "conversation": str(where.id),
        "title": marked(where.title, query),
        "team": where.team.slug if where.team else None,
        "message": str(message.id) if message else None,
        "role": message.role if message else None,
        "at": selectors.stamp(row.at),
        "snippet": snippet(message.text, query) if message else [],
    }


def _behind(last: tuple[bool, datetime, int]) -> Q:
    """What comes after the last one of the page before."""
    title, at, row = last
    rest = Q(at__lt=at) | Q(at=at, id__lt=row)
    return (Q(is_title=True) & rest) | Q(is_title=False) if title else Q(is_title=False) & rest


def _cursor(caller: Caller, query: str, row: IndexRow) -> str:
    """Signed, and of use to this caller for this query alone."""
    facts = [caller.id, _digest(query), row.message_id is None, row.at.isoformat(), row.pk]
    return signing.dumps(facts, salt=SALT)


def _read_cursor(caller: Caller, query: str, cursor: str) -> tuple[bool, datetime, int]:
    try:
        whose, digest, title, at, row = signing.loads(cursor, salt=SALT)
        if whose != caller.id or digest != _digest(query):
            raise ValueError
        return title, datetime.fromisoformat(at), row
    except (signing.BadSignature, ValueError, TypeError):
        raise BadRequest("cursor is not one that this search gave you.", param="cursor") from None


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:16]
