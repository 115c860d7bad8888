"""Watching an answer that another process makes: cut anywhere, and resumed by number, it is the same text."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest
from django.db import OperationalError

from chat.generation import log
from chat.generation.engines.base import Batch, Engine, Taken
from chat.generation.following import following
from chat.generation.pieces import End, Kind, Piece, storable
from chat.generation.running import Running
from chat.generation.watching import watch
from chat.generation.writer import Writer
from chat.services.making import frame_of
from tests.chat.engines.conftest import begun, pieces, stored
from tests.proof import proves

ALPHABET = [*'a\n"\\ é你好\u2028\U0001f600', "\U0001f469\u200d\U0001f680", "e\u0301"]
DONE = End(0, "complete", "stop")


class Author:
    """Writes an answer with thinking into the log, some pieces at a time."""

    def __init__(self, answer: uuid.UUID, rolled: random.Random) -> None:
        self.running, self.rolled = Running(answer, None, "alice"), rolled
        self.said: dict[Kind, str] = {"text": "", "think": ""}

    def write(self) -> None:
        for _ in range(self.rolled.randint(1, 12)):
            kind: Kind = self.rolled.choice(("think", "text"))
            bit = "".join(self.rolled.choices(ALPHABET, k=self.rolled.randint(1, 9)))
            self.running.gather(kind, bit)
            self.said[kind] += bit
        found = self.running.take()
        log.append({self.running.generation: found}, {self.running.generation: self.running.pieces})
        self.running.show(found)


class Client:
    """It keeps whole frames; the bytes behind the last of them are lost with its connection."""

    def __init__(self) -> None:
        self.seq, self.text, self.think, self.over = 0, "", "", False

    def take(self, received: bytes) -> None:
        for line in received.split(b"\n")[:-1]:
            frame = json.loads(line)
            if frame["t"] == "delta":
                assert frame["s"] == self.seq + 1
                self.text += frame["d"] if frame["k"] == "text" else ""
                self.think += frame["d"] if frame["k"] == "think" else ""
            elif frame["t"] == "snapshot":
                self.text, self.think = frame["text"], frame["think"]
            else:
                self.over = True
            self.seq = frame["s"]


async def connected(client: Client, answer: uuid.UUID, cut: int | None, last: int | None) -> None:
    """One connection, cut after so many bytes, or after the last piece that there is."""
    received = b""
    async with aclosing(watch(answer, client.seq)) as seen:
        async for found in seen:
            received += b"".join(frame_of(answer, one).encode() + b"\n" for one in found)
            if cut is not None and (len(received) >= cut or found[-1].seq == last):
                break
    client.take(received[:cut])


@proves("promise-M9")
def test_cut_at_200_random_bytes_the_joined_text_is_the_same(engine: Engine) -> None:
    rolled = random.Random(9)
    answer = begun()
    author, client = Author(answer, rolled), Client()

    async def lived() -> None:
        for _ in range(200):
            await asyncio.to_thread(author.write)
            await connected(client, answer, rolled.randint(0, 900), len(author.running.pieces))
        assert not client.over
        await asyncio.to_thread(log.finish, answer, DONE)
        await connected(client, answer, None, None)

    asyncio.run(lived())
    assert client.over
    assert client.text.encode() == author.said["text"].encode()
    assert client.think.encode() == author.said["think"].encode()
    assert (stored(answer).text, stored(answer).thinking) == (author.said["text"], author.said["think"])


@pytest.mark.parametrize(
    "broken", [ConnectionResetError("gone"), RuntimeError("closed twice"), KeyError("k")]
)
@proves("promise-M16")
def test_whatever_breaks_below_a_watcher_the_rest_comes_all_the_same(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    answer = begun()
    log.append({answer: pieces("a")})
    heard, news = iter([broken]), engine.news

    async def once(generation: uuid.UUID, after: int) -> AsyncGenerator[list[Piece], None]:
        error = next(heard, None)
        if error is not None:
            raise error
        async for found in news(generation, after):
            yield found

    monkeypatch.setattr(engine, "news", once)

    async def lived() -> None:
        async with aclosing(watch(answer, 0)) as seen:
            assert [piece.seq for piece in await anext(seen)] == [1]  # type: ignore[union-attr]
            await asyncio.to_thread(log.append, {answer: pieces("b", first=2)})
            async with asyncio.timeout(10):
                assert [piece.seq for piece in await anext(seen)] == [2]  # type: ignore[union-attr]

    asyncio.run(lived())
    assert next(heard, None) is None


def test_two_watchers_share_one_reader_that_leaves_with_the_last(engine: Engine) -> None:
    answer = begun()
    log.append({answer: pieces("a", "b")})

    async def lived() -> None:
        one, two = watch(answer, 0), watch(answer, 1)
        assert [piece.seq for piece in await anext(one)] == [1, 2]  # type: ignore[union-attr]
        assert [piece.seq for piece in await anext(two)] == [2]  # type: ignore[union-attr]
        (followed,) = following.followed.values()
        await one.aclose()
        await asyncio.to_thread(log.append, {answer: pieces("c", first=3)})
        assert [piece.seq for piece in await anext(two)] == [3]  # type: ignore[union-attr]
        await two.aclose()
        assert not following.followed
        assert followed.reader is not None
        await asyncio.wait({followed.reader}, timeout=5)
        assert followed.reader.done()

    asyncio.run(lived())


def test_an_end_whose_log_is_gone_is_shown_from_the_message(engine: Engine) -> None:
    answer = begun()
    log.append({answer: pieces("a", "b")})
    log.finish(answer, DONE, pieces=pieces("a", "b", "c"))

    async def lived() -> list[str]:
        async with aclosing(watch(answer, 1)) as seen:
            return [json.loads(frame_of(answer, one))["t"] async for found in seen for one in found]

    assert asyncio.run(lived()) == ["snapshot", "gen.end"]
    assert stored(answer).text == "abc"


def test_an_answer_that_does_not_exist_is_a_lookup_error(engine: Engine) -> None:
    async def lived() -> None:
        async with aclosing(watch(uuid.uuid4(), 0)) as seen:
            await anext(seen)

    with pytest.raises(LookupError):
        asyncio.run(lived())


# ---- the writer -------------------------------------------------------------------------------------


def write(append: Callable[[Batch, Batch], None], *answers: Running) -> None:
    async def lived() -> None:
        writer = Writer(append)
        for answer in answers:
            writer.add(answer, "text", "x")
        await writer.flush()
        await asyncio.to_thread(writer.close)

    asyncio.run(lived())


def test_an_answer_that_another_one_writes_breaks_off_alone() -> None:
    mine, foreign = Running(uuid.uuid4(), None, "alice"), Running(uuid.uuid4(), None, "alice")

    def append(batch: Batch, earlier: Batch) -> None:
        if foreign.generation in batch:
            raise Taken({foreign.generation})

    write(append, mine, foreign)
    assert (len(mine.pieces), mine.broken) == (1, False)
    assert (foreign.pieces, foreign.broken) == ([], True)


def test_a_batch_is_tried_again_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.generation.writer.AGAIN", 0)
    tries: list[Batch] = []

    def append(batch: Batch, earlier: Batch) -> None:
        tries.append(batch)
        if len(tries) < 4:
            raise OperationalError

    answer = Running(uuid.uuid4(), None, "alice")
    write(append, answer)
    assert (len(tries), len(answer.pieces)) == (4, 1)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("plain", "plain"),
        ("\0a\0", "\ufffda\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\ud83d", "a\ufffd"),
        ("\U0001f600 你", "\U0001f600 你"),
    ],
)
def test_what_no_engine_can_keep_is_replaced(said: str, kept: str) -> None:
    assert storable(said) == kept
