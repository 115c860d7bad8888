"""How an answer ends where others had a say in it: its watchers hear what the log says."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.caller import Caller
from chat.generation import ending, log, runner
from chat.generation.engines.base import Engine, Taken
from chat.generation.engines.redis import RedisLog, key_of
from chat.generation.pieces import End
from chat.generation.runner import Job, Runner
from chat.generation.running import Running
from chat.generation.writer import Writer
from chat.models import Conversation, Generation
from chat.services import keeping
from gateway.call import Call
from gateway.types import ChatRequest, Finished, Message, Usage
from tests.chat.engines.conftest import begun, pieces, stored
from tests.proof import proves
from tests.redis_server import RedisServer, running

REQUEST = ChatRequest(model=None, messages=(Message("user", "hi"),))
DONE = End(0, "complete", "stop")
Meanwhile = Callable[[uuid.UUID], Any]


def made(answer: uuid.UUID, meanwhile: Meanwhile, *, words: int = 2) -> End:
    """One answer, whole but for what happens to it behind its first words."""

    async def ask(running: Running, writer: Writer, call: Call) -> Finished:
        for number in range(words):
            writer.add(running, "text", f"{number} ")
            await writer.flush()
            if number == 0:
                await asyncio.to_thread(meanwhile, answer)
        return Finished("stop", Usage())

    async def lived() -> End:
        maker = Runner()
        job = Job(answer, None, Caller("person", "7"), REQUEST, "req_1", ask=ask)
        async with asyncio.timeout(20):
            end = await maker.start(job).over()
        await maker.close()
        await asyncio.to_thread(maker.writer.close)
        return end

    return asyncio.run(lived())


def sweep(answer: uuid.UUID) -> None:
    """Another process takes its maker for dead."""
    Generation.objects.filter(id=answer).update(lease=timezone.now() - timedelta(seconds=1))
    assert log.sweep() == [answer]


@proves("promise-M9", "fault-F24")
@pytest.mark.parametrize("words", [1, 2], ids=["behind its last word", "in its middle"])
def test_who_was_swept_meanwhile_is_interrupted_for_its_watchers_too(engine: Engine, words: int) -> None:
    answer = begun()
    end = made(answer, sweep, words=words)
    assert (end.state, end.reason, end.error) == ("interrupted", "interrupted", "")
    assert (stored(answer).state, stored(answer).text) == ("interrupted", "0 ")


@proves("promise-M3")
def test_the_table_takes_no_more_of_an_answer_that_somebody_stopped(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_engine", log.DatabaseLog())
    monkeypatch.setattr(runner, "LOOK", 60)
    answer = begun()
    end = made(answer, log.ask_to_stop, words=1000)
    assert (end.state, end.reason, end.seq) == ("stopped", "stopped", 1)
    assert (stored(answer).state, stored(answer).text) == ("stopped", "0 ")


def test_an_end_is_stored_as_soon_as_the_database_answers_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, tries = log.settle, iter([OperationalError("away"), OperationalError("away")])

    def away(*args: Any, **more: Any) -> End:
        error = next(tries, None)
        if error is not None:
            raise error
        return settle(*args, **more)

    monkeypatch.setattr(log, "settle", away)
    monkeypatch.setattr(ending, "AGAIN", 0.001)
    answer = begun()
    assert made(answer, lambda _: None).state == "complete"
    assert stored(answer).text == "0 1 "


def deleted(answer: uuid.UUID) -> Conversation:
    where = Conversation.objects.get(generations=answer)
    Conversation.objects.filter(id=where.id).update(deleted=timezone.now() - 2 * keeping.UNDO)
    return where


def test_of_an_answer_whose_conversation_is_purged_meanwhile_nothing_is_left(engine: Engine) -> None:
    def purge(answer: uuid.UUID) -> None:
        deleted(answer)
        assert keeping.purge() > 0

    answer = begun()
    assert made(answer, purge, words=1).state == "stopped"
    assert log.read(answer, 0, 10) == []


# ---- Redis ------------------------------------------------------------------------------------------


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """One of this test's own: it comes to harm."""
    with running() as server:
        yield server


def keys(engine: RedisLog) -> set[str]:
    found: Any = engine.connections.blocking.keys("*")
    return set(found)


@proves("promise-M6")
def test_a_purged_conversation_leaves_no_word_in_redis(redis_log: RedisLog, redis: RedisServer) -> None:
    gone, kept, late = begun(), begun(), begun()
    log.append({one: pieces("a") for one in (gone, kept, late)})
    log.finish(gone, DONE)
    for one in (gone, late):
        deleted(one)
    keeping.purge()
    assert keys(redis_log) == {key_of(kept)}
    redis_log.connections.blocking.xadd(key_of(late), {"k": "text", "d": "b"}, id="1-0")
    assert log.finish(late, DONE, pieces=pieces("a")) is False  # its maker comes late
    assert keys(redis_log) == {key_of(kept)}


@proves("promise-M6")
def test_what_redis_was_not_there_to_forget_it_forgets_later(redis_log: RedisLog, redis: RedisServer) -> None:
    answer = begun()
    log.append({answer: pieces("a")})
    log.finish(answer, DONE)
    deleted(answer)
    redis.hang()
    keeping.purge()
    redis.go_on()
    log.sweep()
    assert keys(redis_log) == set()


def test_nothing_is_begun_in_redis_for_what_is_over(redis_log: RedisLog) -> None:
    answer, other = begun(), begun()
    log.ask_to_stop(answer)
    with pytest.raises(Taken) as refused:
        log.append({answer: pieces("a"), other: pieces("b")})
    assert refused.value.generations == {answer}
    assert keys(redis_log) == set()
