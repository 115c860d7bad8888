"""The log in the database: written in one transaction for all answers of the process, read by anybody."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from chat.generation.pieces import End, Piece, joined
from chat.models import Conversation, Delta, Generation, Message
from chat.search import index

LEASE: Final = timedelta(seconds=8)
KEPT: Final = timedelta(minutes=10)  # a log after its answer's end: API clients may still resume

REASONS: Final = {"complete": "stop", "stopped": "stopped", "failed": "error", "interrupted": "interrupted"}


def append(pieces: Mapping[uuid.UUID, Sequence[Piece]]) -> None:
    """All of it or nothing; a piece that is there already is an IntegrityError: two writers, a bug."""
    rows = [
        Delta(generation_id=generation, seq=piece.seq, kind=piece.kind, text=piece.text)
        for generation, found in pieces.items()
        for piece in found
    ]
    with transaction.atomic():
        Delta.objects.bulk_create(rows)
        for generation, found in pieces.items():
            Generation.objects.filter(id=generation).update(seq=found[-1].seq, state="generating")


def read(generation: uuid.UUID, after: int, most: int) -> list[Piece]:
    """The next pieces behind number `after`."""
    rows = Delta.objects.filter(generation=generation, seq__gt=after).order_by("seq")[:most]
    return [Piece(row.seq, row.kind, row.text) for row in rows]


def ended(generation: uuid.UUID) -> End | None:
    """How it ended, or None while it runs. LookupError where there is no such answer."""
    row = Generation.objects.select_related("message").filter(id=generation).first()
    if row is None:
        raise LookupError(generation)
    if row.state in Generation.RUNNING:
        return None
    usage: dict[str, Any] = row.message.usage if row.message else {}
    return End(row.seq, row.state, row.reason, usage, row.error, row.message_id)


def finish(generation: uuid.UUID, end: End, *, worker: str | None = None) -> bool:
    """Store the answer whole, from its log, and say how it ended. False: somebody else had said so already.

    worker: only if it is still this process's; None: whoever's it was.
    """
    with transaction.atomic():
        found = Generation.objects.select_for_update().filter(id=generation, state__in=Generation.RUNNING)
        if worker is not None:
            found = found.filter(worker=worker)
        row = found.first()
        if row is None:
            return False
        pieces = read(generation, 0, 10**9)
        last = pieces[-1].seq if pieces else 0
        row.state, row.reason, row.error = end.state, end.reason, end.error
        row.seq, row.ended = last, timezone.now()
        row.save(update_fields=["state", "reason", "error", "seq", "ended"])
        if row.message_id is not None:
            _store(row, pieces, end)
    return True


def _store(row: Generation, pieces: list[Piece], end: End) -> None:
    text = joined(pieces, "text")
    Message.objects.filter(id=row.message_id).update(
        text=text,
        thinking=joined(pieces, "think"),
        state=end.state,
        reason=end.reason,
        error=end.error,
        usage=end.usage,
    )
    Conversation.objects.filter(id=row.conversation_id).update(updated=timezone.now())
    if row.message_id is not None and row.conversation_id is not None:
        index.keep_text(row.conversation_id, row.message_id, text)


def beat(worker: str, mine: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Say that this process lives; the ids among its answers that somebody asked to stop."""
    ids = list(mine)
    if not ids:
        return set()
    Generation.objects.filter(id__in=ids, worker=worker).update(lease=timezone.now() + LEASE)
    return set(Generation.objects.filter(id__in=ids, stop=True).values_list("id", flat=True))


def ask_to_stop(generation: uuid.UUID) -> None:
    """For another process to hear at its next beat."""
    Generation.objects.filter(id=generation, state__in=Generation.RUNNING).update(stop=True)


def sweep(now: datetime | None = None) -> list[uuid.UUID]:
    """Mark what dead processes left behind as interrupted, and forget logs that nobody can resume."""
    now = now or timezone.now()
    left = Generation.objects.filter(state__in=Generation.RUNNING, lease__lt=now)
    swept = [
        generation
        for generation in left.values_list("id", flat=True)
        if finish(generation, End(0, "interrupted", "interrupted"))
    ]
    Delta.objects.filter(generation__ended__lt=now - KEPT).delete()
    Generation.objects.filter(conversation=None, ended__lt=now - KEPT).delete()
    return swept
