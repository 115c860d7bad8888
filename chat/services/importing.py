"""Storing what a file brought: all of it or nothing, the importer's own and private."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
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

BATCH: Final = 500  # rows of one statement
AT_ONCE: Final = 2000  # messages of one transaction, and
CHARACTERS: Final = 500_000  # as many of them: others, who wait for SQLite's lock, write in between
HOUR: Final = timedelta(hours=1)


@dataclass(slots=True)
class Rows:
    """Some conversations and messages, made before they are written."""

    conversations: list[Conversation] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    words: list[IndexRow] = field(default_factory=list)
    characters: int = 0

    def begin(self, where: Conversation) -> None:
        """Its messages follow, here and in later ones."""
        self.conversations.append(where)
        self.words.append(index.title_row(where))

    def add(self, message: Message) -> bool:
        """True: that is enough for one transaction."""
        self.messages.append(message)
        self.characters += len(message.text)
        row = index.text_row(message.conversation_id, message.id, message.text, message.created)
        if row is not None:
            self.words.append(row)
        return len(self.messages) >= AT_ONCE or self.characters >= CHARACTERS


def store(caller: Caller, parsed: Any) -> dict[str, int]:
    """-> how many conversations and messages. InsufficientScope, NotFound; BadRequest names the row.

    All appear at once, at the end: until then each counts as deleted an hour from now, so that nobody sees
    it, and what a killed process leaves behind is purged.
    """
    access.may_create(caller)
    try:
        found = [one for one in read(parsed) if one.turns]
    except BadFile as bad:
        raise BadRequest(f"{bad}.", code="invalid_value", param="file", details=str(bad)) from None
    stored: list[uuid.UUID] = []
    messages = 0
    try:
        for rows in _batches(caller, found):
            stored += [where.id for where in rows.conversations]
            messages += len(rows.messages)
            _write(rows)
        with transaction.atomic():
            for ids in _chunks(stored):
                Conversation.objects.filter(id__in=ids).update(deleted=None)
    except BaseException:
        for ids in _chunks(stored):
            Conversation.objects.filter(id__in=ids).delete()
        raise
    return {"conversations": len(stored), "messages": messages}


def _batches(caller: Caller, found: list[Found]) -> Iterator[Rows]:
    now, rows = timezone.now(), Rows()
    for one in found:
        where, messages = _made(caller, one, now)
        rows.begin(where)
        for message in messages:
            if rows.add(message):
                yield rows
                rows = Rows()
    yield rows


def _write(rows: Rows) -> None:
    with transaction.atomic():
        Conversation.objects.bulk_create(rows.conversations, BATCH)
        Message.objects.bulk_create(rows.messages, BATCH)
        IndexRow.objects.bulk_create(rows.words, BATCH)


def _chunks(ids: list[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    yield from (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))


def _made(caller: Caller, one: Found, now: datetime) -> tuple[Conversation, list[Message]]:
    begun = min(one.at or now, now)
    ids = {turn.key: uuid7() for turn in one.turns}
    where = Conversation(
        owner_id=caller.id,
        title=" ".join(one.title.split()),
        titled_by_person=True,  # it has a title: no other is made up
        leaf=ids[one.leaf] if one.leaf is not None else ids[one.turns[-1].key],
        created=begun,
        updated=begun,
        deleted=timezone.now() + HOUR,
    )
    messages = list(_messages(where, caller, one, ids, begun, now))
    where.updated = max(message.created for message in messages)
    return where, messages


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
