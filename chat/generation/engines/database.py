"""The log in a table: one transaction for all answers of a process; others look four times a second."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Collection, Iterable
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chat.generation.engines.base import Batch, Taken
from chat.generation.pieces import Piece
from chat.models import Delta, Generation

KEPT: Final = timedelta(minutes=10)  # a log after its answer's end: API clients may still resume
NOTHING: Final[tuple[list[Piece], ...]] = ()
INSERT: Final = (
    "INSERT INTO chat_delta (generation_id, seq, kind, text) "
    "SELECT id, %s, %s, %s FROM chat_generation "
    "WHERE id = %s AND state IN ('queued', 'generating') AND NOT stop"
)
INSERT_ALL: Final = (  # the rows are held until the commit: an end that comes meanwhile waits for it
    "WITH going AS (SELECT id FROM chat_generation "
    "WHERE id = ANY(%s::uuid[]) AND state IN ('queued', 'generating') AND NOT stop FOR SHARE) "
    "INSERT INTO chat_delta (generation_id, seq, kind, text) SELECT id, seq, kind, text FROM going JOIN "
    "unnest(%s::uuid[], %s::integer[], %s::text[], %s::text[]) AS found (one, seq, kind, text) ON one = id"
)
BEGUN: Final = "UPDATE chat_generation SET state = 'generating' WHERE state = 'queued' AND id = %s"
POLL: Final = 0.25  # seconds between two looks at another process's answer


def going(generations: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these that run, and that nobody stopped."""
    found = Generation.objects.filter(id__in=list(generations), state__in=Generation.RUNNING, stop=False)
    return set(found.values_list("id", flat=True))


class DatabaseLog:
    """The engine where no redis_url is set; and the refuge of the other one."""

    def append(self, batch: Batch, earlier: Batch) -> None:
        try:
            self._insert(batch)
        except Taken:
            raise
        except IntegrityError:  # some are there already: by a try whose answer was lost, or by another writer
            there = {one: self.read(one, found[0].seq - 1, len(found)) for one, found in batch.items()}
            there = {one: rows for one, rows in there.items() if rows}
            foreign = {one for one, rows in there.items() if rows != list(batch[one])}
            if foreign:
                raise Taken(foreign) from None
            self._insert({one: found for one, found in batch.items() if one not in there})

    def _insert(self, batch: Batch) -> None:
        """In plain SQL: this is done for each token, and the ORM took four times as long. An answer that is
        over, or that somebody elsewhere stopped, takes no row; which one that was is asked only then."""
        if not batch:
            return
        arrays = connection.vendor == "postgresql"
        rows: list[tuple[int, str, str, Any]] = []
        begun = []
        for one, found in batch.items():
            key = one if arrays else one.hex
            rows += [(seq, kind, text, key) for seq, kind, text in found]
            if found[0].seq == 1:
                begun.append((key,))
        with transaction.atomic(), connection.cursor() as cursor:
            if arrays:  # one statement, one answer
                numbers, kinds, texts, whose = (list(column) for column in zip(*rows, strict=True))
                cursor.execute(INSERT_ALL, [list(batch), whose, numbers, kinds, texts])
            else:
                cursor.executemany(INSERT, rows)  # counts them all
            if cursor.rowcount != len(rows):
                raise Taken(set(batch) - going(batch))
            if begun:
                cursor.executemany(BEGUN, begun)

    def read(self, generation: uuid.UUID, after: int, most: int) -> list[Piece]:
        rows = Delta.objects.filter(generation=generation, seq__gt=after).order_by("seq")[:most]
        return [Piece(row.seq, row.kind, row.text) for row in rows]

    def last(self, generation: uuid.UUID) -> int:
        numbers = Delta.objects.filter(generation=generation).order_by("-seq").values_list("seq", flat=True)
        return numbers.first() or 0

    def ended(self, generation: uuid.UUID, seq: int) -> None:
        """Nobody waits here: they look."""

    def stop(self, generation: uuid.UUID) -> None:
        """The maker sees it in the row at its next beat."""

    def forget(self) -> None:
        Delta.objects.filter(generation__ended__lt=timezone.now() - KEPT).delete()

    def drop(self, generations: Collection[uuid.UUID]) -> None:
        """Its rows went with theirs."""

    async def news(self, generation: uuid.UUID, after: int) -> AsyncGenerator[list[Piece], None]:
        await asyncio.sleep(POLL)
        for found in NOTHING:
            yield found
