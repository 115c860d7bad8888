"""Keeping the index: called in the same transaction as the text it is about.

Deleting needs no call: rows go with their message or conversation.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils import timezone

from chat.models import Conversation, IndexRow
from chat.search.tokens import tokens


def keep_title(where: Conversation) -> None:
    """A title was given."""
    row = title_row(where)
    fresh = {"at": row.at, "words": row.words}
    IndexRow.objects.update_or_create(conversation=where, message=None, defaults=fresh)


def keep_text(conversation: uuid.UUID, message: uuid.UUID, text: str) -> None:
    """A question was asked, or an answer ended."""
    row = text_row(conversation, message, text, timezone.now())
    if row is None:
        IndexRow.objects.filter(message=message).delete()
        return
    fresh = {"conversation_id": conversation, "at": row.at, "words": row.words}
    IndexRow.objects.update_or_create(message_id=message, defaults=fresh)


def title_row(where: Conversation) -> IndexRow:
    """Not stored: for whoever stores many at once."""
    return IndexRow(conversation=where, at=where.updated, words=" ".join(tokens(where.title)))


def text_row(conversation: uuid.UUID, message: uuid.UUID, text: str, at: datetime) -> IndexRow | None:
    """Likewise; None where nothing in it can be found."""
    words = " ".join(tokens(text))
    return IndexRow(conversation_id=conversation, message_id=message, at=at, words=words) if words else None
