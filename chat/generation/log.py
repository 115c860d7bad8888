"""The log of answers: its pieces are an engine's (Redis by redis_url, else a table), all else is rows."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from chat.generation.engines.base import Away, Batch, Engine
from chat.generation.engines.database import KEPT as KEPT
from chat.generation.engines.database import DatabaseLog
from chat.generation.pieces import End, Piece, Snapshot, joined
from chat.models import Conversation, Generation, Message
from chat.search import index
from clawdsite.core.config.live import current

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=8)
BEAT: Final = (  # plain SQL: the ORM took ten times as long for each answer of a process, every two seconds
    "UPDATE chat_generation SET lease = %s, seq = %s "
    "WHERE id = %s AND worker = %s AND state IN ('queued', 'generating')"
)
PATIENCE: Final = timedelta(minutes=10)  # how long a dead process's answer waits for an engine that is away

REASONS: Final = {"complete": "stop", "stopped": "stopped", "failed": "error", "interrupted": "interrupted"}


def append(batch: Batch, earlier: Batch | None = None) -> None:
    """All of it or nothing. earlier: all pieces of these answers so far. Taken, DatabaseError."""
    engine().append(batch, earlier or {})


def read(generation: uuid.UUID, after: int, most: int) -> list[Piece]:
    """The next pieces behind number `after`. Away."""
    return engine().read(generation, after, most)


def last(generation: uuid.UUID) -> int:
    """The number of its last piece so far; its row knows what it was at the last beat. Away."""
    return engine().last(generation)


def kept(generation: uuid.UUID, end: End) -> Snapshot | None:
    """An ended answer as its message has it, for when its log is gone; None: it has no message."""
    row = Message.objects.filter(generations=generation).first()
    return None if row is None else Snapshot(end.seq, row.text, row.thinking, end.state)


def ended(generation: uuid.UUID, *, shown: bool = False) -> End | None:
    """How it ended, or None while it runs. LookupError where there is no such answer.

    shown: to be shown: then there is none, either, in a conversation that was deleted.
    """
    rows = Generation.objects.select_related("message").filter(id=generation)
    if shown:
        rows = rows.filter(conversation__deleted=None)  # so is what belongs to none
    row = rows.first()
    if row is None:
        raise LookupError(generation)
    if row.state in Generation.RUNNING:
        return None
    usage: dict[str, Any] = row.message.usage if row.message else {}
    return End(row.seq, row.state, row.reason, usage, row.error, row.message_id)


def finish(
    generation: uuid.UUID, end: End, *, worker: str | None = None, pieces: Sequence[Piece] | None = None
) -> bool:
    """Store the answer whole and say how it ended. False: somebody else had said so already. Away.

    worker: only if it is still this process's; None: whoever's it was. pieces: all of its log, by its maker;
    None: read it.
    """
    if pieces is None:
        begun = Generation.objects.filter(id=generation, state=Generation.State.GENERATING)
        pieces = read(generation, 0, 10**9) if begun.exists() else []
    return _finish(generation, end, worker, pieces)


def settle(generation: uuid.UUID, end: End, pieces: Sequence[Piece], *, taken: bool = False) -> End:
    """Store how an answer ended, by its maker -> how it did: others may have said so before. LookupError:
    it is gone for good. taken: the log took no more of it; where that is because it was to stop, it did."""
    if taken and Generation.objects.filter(id=generation, stop=True, state__in=Generation.RUNNING).exists():
        end = End(0, "stopped", "stopped", end.usage)
    if finish(generation, end, pieces=pieces):
        return End(len(pieces), end.state, end.reason, end.usage, end.error)
    said = ended(generation)
    if said is None:
        raise LookupError(generation)
    return said


def _finish(generation: uuid.UUID, end: End, worker: str | None, pieces: Sequence[Piece]) -> bool:
    with transaction.atomic():
        if connection.features.has_select_for_update:  # its conversation first, like whoever takes that away
            whose = Generation.objects.filter(id=generation).values("conversation")
            list(Conversation.objects.select_for_update().filter(id__in=whose).values_list("id"))
        found = Generation.objects.select_for_update().filter(id=generation, state__in=Generation.RUNNING)
        if worker is not None:
            found = found.filter(worker=worker)
        row = found.first()
        if row is None:
            if not Generation.objects.filter(id=generation).exists():
                engine().drop([generation])
            return False
        last = pieces[-1].seq if pieces else 0
        if last < row.seq:
            log.error("the end of an answer's log is lost: %d of at least %d pieces are there", last, row.seq)
        row.state, row.reason, row.error = end.state, end.reason, end.error
        row.seq, row.ended = last, timezone.now()
        row.save(update_fields=["state", "reason", "error", "seq", "ended"])
        if row.message_id is not None:
            _store(row, list(pieces), end)
    engine().ended(generation, last)
    return True


def _store(row: Generation, pieces: list[Piece], end: End) -> None:
    """An answer that went on keeps at least what it had, whatever became of its log."""
    stored = Message.objects.filter(id=row.message_id)
    before = stored.values_list("text", "thinking").get()
    text = max(before[0], joined(pieces, "text"), key=len)
    stored.update(
        text=text,
        thinking=max(before[1], joined(pieces, "think"), key=len),
        state=end.state,
        reason=end.reason,
        error=end.error,
        usage=end.usage,
        thought_ms=F("thought_ms") + end.usage.get("thought_ms", 0),  # an answer that goes on thinks again
    )
    Conversation.objects.filter(id=row.conversation_id).update(updated=timezone.now())
    if row.message_id is not None and row.conversation_id is not None:
        index.keep_text(row.conversation_id, row.message_id, text)


def beat(worker: str, mine: Mapping[uuid.UUID, int]) -> set[uuid.UUID]:
    """Say that this process lives; the ids among its answers that are to stop: so asked, over, or gone.

    mine: its answers, and how many pieces each has by now.
    """
    ids = list(mine)
    if not ids:
        return set()
    lease = connection.ops.adapt_datetimefield_value(timezone.now() + LEASE)
    key = Generation._meta.pk.get_db_prep_value
    rows = [(lease, seq, key(one, connection), worker) for one, seq in mine.items()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(BEAT, rows)
    going = Generation.objects.filter(id__in=ids, stop=False, state__in=Generation.RUNNING)
    return set(ids) - set(going.values_list("id", flat=True))


def to_stop(worker: str) -> set[uuid.UUID]:
    """Those of this process that somebody elsewhere stopped: a look between two beats."""
    asked = Generation.objects.filter(worker=worker, stop=True, state__in=Generation.RUNNING)
    return set(asked.values_list("id", flat=True))


def watch(generations: Collection[uuid.UUID]) -> None:
    """Somebody watches these here; their makers, in other processes, let them go on."""
    now = timezone.now()
    for one in generations:  # each by itself: who holds one of these rows may be waiting for another
        Generation.objects.filter(id=one, state__in=Generation.RUNNING).update(watched=now)


def unwatched(generation: uuid.UUID) -> float | None:
    """Seconds since another process last said that somebody watches it; None: none ever did."""
    last = Generation.objects.filter(id=generation).values_list("watched", flat=True).first()
    return None if last is None else (timezone.now() - last).total_seconds()


def ask_to_stop(generation: uuid.UUID) -> None:
    """For another process: at once by Redis; else the log takes no more of it, and that one looks soon."""
    if Generation.objects.filter(id=generation, state__in=Generation.RUNNING).update(stop=True):
        _tell_to_stop(generation)


def halt(conversation: uuid.UUID) -> list[uuid.UUID]:
    """In the transaction that takes a conversation away: what is being written there is to stop -> which."""
    running = Generation.objects.filter(conversation=conversation, state__in=Generation.RUNNING)
    found = list(running.values_list("id", flat=True))
    Generation.objects.filter(id__in=found).update(stop=True)
    for one in found:
        transaction.on_commit(partial(_tell_to_stop, one))
    return found


def _tell_to_stop(generation: uuid.UUID) -> None:
    engine().stop(generation)


def sweep(now: datetime | None = None) -> list[uuid.UUID]:
    """Mark what dead processes left behind as interrupted, and forget logs that nobody can resume."""
    now = now or timezone.now()
    left = Generation.objects.filter(state__in=Generation.RUNNING, lease__lt=now)
    swept = [one for one, lease in left.values_list("id", "lease") if _interrupt(one, now - lease)]
    engine().forget()
    Generation.objects.filter(conversation=None, ended__lt=now - KEPT).delete()
    return swept


def _interrupt(generation: uuid.UUID, dead: timedelta) -> bool:
    """An engine that is away is waited for, but not for ever: the conversation is busy so long."""
    end = End(0, "interrupted", "interrupted")
    try:
        return finish(generation, end)
    except Away:
        if dead < PATIENCE:
            return False
        log.error("an answer was interrupted and its log cannot be read: its text is lost")  # noqa: TRY400
        return finish(generation, end, pieces=[])


_engine: Engine | None = None


def engine() -> Engine:
    """The one in force, chosen at the first use."""
    global _engine
    if _engine is None:
        url = current().redis_url.get_secret_value()
        _engine = _redis(url) if url else DatabaseLog()
    return _engine


def _redis(url: str) -> Engine:
    from chat.generation.engines.redis import RedisLog

    return RedisLog(url)
