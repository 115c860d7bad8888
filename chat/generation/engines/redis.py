"""The log in Redis Streams: one round trip for all answers of the process, heard by the others as it comes.

An entry's id is `<seq>-0`. Where Redis is away, hangs, or has lost a stream, the answers concerned go on in
the database, from their first piece on; so the database's rows, where there are any, are the whole log.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeVar

from redis.exceptions import RedisError

from chat.generation.engines.base import Away, Batch, Taken
from chat.generation.engines.connecting import CHANNEL, Connections
from chat.generation.engines.database import KEPT, POLL, DatabaseLog, going
from chat.generation.pieces import Piece
from chat.models import Generation

T = TypeVar("T")

log = logging.getLogger(__name__)

UNENDED: Final = 86400  # seconds that a stream without an end outlives its last piece
BLOCK: Final = 1000  # milliseconds a follower waits before it looks into the database
END: Final = "end"
REST: Final = (5.0, 60.0)  # seconds Redis is let alone after a failure: at first, at most

# KEYS: streams. ARGV: seconds they live, then for each: first number, how many, and kind and text of each.
# Writes all or nothing; returns the length of each stream that does not end right before its first number.
APPEND: Final = """
local at, wrong = 2, {}
for place, key in ipairs(KEYS) do
  local there = redis.call('XLEN', key)
  if there ~= tonumber(ARGV[at]) - 1 then wrong[#wrong + 1] = place - 1; wrong[#wrong + 1] = there end
  at = at + 2 + 2 * tonumber(ARGV[at + 1])
end
if #wrong > 0 then return wrong end
at = 2
for _, key in ipairs(KEYS) do
  local first, count = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  for number = 0, count - 1 do
    local from = at + 2 + 2 * number
    redis.call('XADD', key, string.format('%d-0', first + number), 'k', ARGV[from], 'd', ARGV[from + 1])
  end
  redis.call('EXPIRE', key, ARGV[1])
  at = at + 2 + 2 * count
end
return {}
"""


class RedisLog:
    """The engine where redis_url is set."""

    def __init__(self, url: str) -> None:
        self.connections = Connections(url)
        self.refuge = DatabaseLog()
        self._append = self.connections.blocking.register_script(APPEND)
        self._moved: set[uuid.UUID] = set()
        self._dropped: set[uuid.UUID] = set()  # of which Redis may still have the text
        self._rest, self._again_at = REST[0], 0.0

    # ---- writing -------------------------------------------------------------------------------------

    def append(self, batch: Batch, earlier: Batch) -> None:
        begun = [one for one, found in batch.items() if found[0].seq == 1]
        if begun:  # before the first piece: what was never generating has no log to ask Redis for
            running = Generation.objects.filter(id__in=begun, state__in=Generation.RUNNING, stop=False)
            if running.update(state=Generation.State.GENERATING) < len(begun):
                raise Taken(set(begun) - going(begun))
        here = {one: found for one, found in batch.items() if one not in self._moved}
        lost = self._add(here) if here else set()
        there = {one: found for one, found in batch.items() if one in self._moved}
        there |= {one: [*earlier.get(one, ()), *batch[one]] for one in lost}
        if there:
            self.refuge.append(there, {})
            self._moved |= lost

    def _add(self, batch: Batch) -> set[uuid.UUID]:
        """-> those that are not in Redis now and go to the database."""
        if time.monotonic() < self._again_at:
            return set(batch)
        try:
            lost = self._settle(batch, self._run(batch))
        except RedisError as error:
            self._let_alone(error)
            return set(batch)
        self._rest = REST[0]
        return lost

    def _settle(self, batch: Batch, lengths: dict[uuid.UUID, int]) -> set[uuid.UUID]:
        """Nothing was written if some streams had another length: find out why, then write the others."""
        if not lengths:
            return set()
        lost = {one for one, length in lengths.items() if length < batch[one][0].seq - 1}
        longer = lengths.keys() - lost
        foreign = {one for one in longer if not self._same(one, batch[one])}
        if foreign:
            raise Taken(foreign)
        if lost:
            log.warning("Redis has lost the logs of %d answers; they go on in the database", len(lost))
        rest = {one: found for one, found in batch.items() if one not in lengths}
        if rest and self._run(rest):
            raise Taken(rest)
        return lost

    def _same(self, generation: uuid.UUID, found: Sequence[Piece]) -> bool:
        return self._stream(generation, found[0].seq - 1, len(found)) == list(found)

    def _run(self, batch: Batch) -> dict[uuid.UUID, int]:
        words: list[Any] = [UNENDED]
        for found in batch.values():
            words += [found[0].seq, len(found)]
            for piece in found:
                words += [piece.kind, piece.text]
        wrong: list[int] = self._append(keys=[key_of(one) for one in batch], args=words)
        names = list(batch)
        return {names[place]: length for place, length in zip(wrong[::2], wrong[1::2], strict=True)}

    def _let_alone(self, error: RedisError) -> None:
        self._again_at = time.monotonic() + self._rest
        log.warning("Redis is away (%s): answers go on in the database", type(error).__name__)
        self._rest = min(self._rest * 2, REST[1])

    # ---- reading -------------------------------------------------------------------------------------

    def read(self, generation: uuid.UUID, after: int, most: int) -> list[Piece]:
        rows = self.refuge.read(generation, after, most)
        return rows or self._asked(lambda: self._stream(generation, after, most))

    def last(self, generation: uuid.UUID) -> int:
        return self.refuge.last(generation) or self._asked(lambda: self._newest(generation))

    def _newest(self, generation: uuid.UUID) -> int:
        found: Any = self.connections.blocking.xrevrange(key_of(generation), count=1)
        return seq_of(found[0][0]) if found else 0

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except RedisError as error:
            log.warning("the log of an answer cannot be read: %s", type(error).__name__)
            raise Away("Answers being written cannot be read now. Try again.") from None

    def _stream(self, generation: uuid.UUID, after: int, most: int) -> list[Piece]:
        entries: Any = self.connections.blocking.xrange(key_of(generation), f"{after + 1}-0", "+", count=most)
        return without_gap(entries, after)

    async def news(self, generation: uuid.UUID, after: int) -> AsyncGenerator[list[Piece], None]:
        key = key_of(generation)
        async with self.connections.following() as redis:
            while True:
                try:
                    answer: Any = await redis.xread({key: f"{after}-0"}, block=BLOCK)
                except RedisError:
                    await asyncio.sleep(POLL)
                    return
                entries = answer[0][1] if answer else []
                pieces = without_gap(entries, after)
                if pieces:
                    after = pieces[-1].seq
                    yield pieces
                if len(pieces) < max(len(entries), 1):  # its end, a gap, or silence
                    return

    # ---- its end -------------------------------------------------------------------------------------

    def ended(self, generation: uuid.UUID, seq: int) -> None:
        self._moved.discard(generation)
        key = key_of(generation)
        try:
            with self.connections.blocking.pipeline() as pipe:
                pipe.xadd(key, {"k": END}, id=f"{seq}-1", nomkstream=True)
                pipe.expire(key, int(KEPT.total_seconds()))
                pipe.execute(raise_on_error=False)
        except RedisError:
            log.info("Redis was not told of an answer's end; whoever follows it sees it in the database")

    def stop(self, generation: uuid.UUID) -> None:
        try:
            self.connections.blocking.publish(CHANNEL, self.connections.said("stop", g=str(generation)))
        except RedisError:
            log.info("Redis is away: an answer is stopped at its process's next look")

    def forget(self) -> None:
        """Redis forgets by itself; the refuge does not. What could not be dropped is tried again."""
        self.refuge.forget()
        self._drop()

    def drop(self, generations: Collection[uuid.UUID]) -> None:
        self._dropped.update(generations)
        self._moved.difference_update(generations)
        self._drop()

    def _drop(self) -> None:
        gone = set(self._dropped)
        if not gone:
            return
        try:
            self.connections.blocking.delete(*[key_of(one) for one in gone])
        except RedisError:
            log.info("Redis is away: the logs of %d deleted answers are still there", len(gone))
        else:
            self._dropped -= gone


def key_of(generation: uuid.UUID) -> str:
    return f"clawdbot:answer:{generation}"


def seq_of(number: str) -> int:
    """The number in an entry's id."""
    return int(number.partition("-")[0])


def without_gap(entries: Iterable[tuple[str, dict[str, str]]], after: int) -> list[Piece]:
    """The pieces up to a gap or the end."""
    found: list[Piece] = []
    for number, fields in entries:
        seq = seq_of(number)
        if fields["k"] == END or seq != after + len(found) + 1:
            break
        found.append(Piece(seq, fields["k"], fields["d"]))  # type: ignore[arg-type]
    return found
