"""Storing what a file brought: all of it or nothing, the importer's own and private."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.caller import Caller
from chat import access
from chat.ids import uuid7
from chat.imports import BadFile, Found, read
from chat.models import Conversation, IndexRow, Message
from chat.search import index
from clawdsite.core.errors import BadRequest

BATCH: Final = 500


@dataclass(slots=True)
class Rows:
    """Made before the transaction begins, so that it is short: others write meanwhile."""

    conversations: list[Conversation]
    messages: list[Message]
    words: list[IndexRow]


def store(caller: Caller, parsed: Any) -> dict[str, int]:
    """-> how many conversations and messages. InsufficientScope, NotFound; BadRequest names the row."""
    access.may_create(caller)
    try:
        found = read(parsed)
    except BadFile as bad:
        raise BadRequest(f"{bad}.", code="invalid_value", param="file", details=str(bad)) from None
    rows = Rows([], [], [])
    now = timezone.now()
    for one in found:
        if one.turns:
            _add(rows, caller, one, now)
    with transaction.atomic():
        Conversation.objects.bulk_create(rows.conversations, BATCH)
        Message.objects.bulk_create(rows.messages, BATCH)
        IndexRow.objects.bulk_create(rows.words, BATCH)
    return {"conversations": len(rows.conversations), "messages": len(rows.messages)}


def _add(rows: Rows, caller: Caller, one: Found, now: datetime) -> None:
    begun = min(one.at or now, now)
    ids = {turn.key: uuid7() for turn in one.turns}
    where = Conversation(
        owner_id=caller.id,
        title=" ".join(one.title.split()),
        titled_by_person=True,  # it has a title: no other is made up
        leaf=ids[one.leaf] if one.leaf is not None else ids[one.turns[-1].key],
        created=begun,
        updated=begun,
    )
    messages = list(_messages(where, caller, one, ids, begun, now))
    where.updated = max(message.created for message in messages)
    rows.conversations.append(where)
    rows.messages += messages
    rows.words.append(index.title_row(where))
    for message in messages:
        row = index.text_row(where.id, message.id, message.text, message.created)
        if row is not None:
            rows.words.append(row)


def _messages(
    where: Conversation, caller: Caller, one: Found, ids: dict[str, uuid.UUID], begun: datetime, now: datetime
) -> Iterator[Message]:
    at = begun
    for turn in one.turns:
        at = min(turn.at or at + timedelta(milliseconds=1), now)
        yield Message(
            id=ids[turn.key],
            conversation=where,
            parent_id=ids[turn.parent] if turn.parent is not None else None,
            role=turn.role,
            asker_id=caller.id,
            text=turn.text,
            model=turn.model,
            reason="stop" if turn.role == "assistant" else "",
            created=at,
        )
