"""Redis may go, hang, forget, and come back: no answer loses a word by it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextlib import aclosing
from datetime import timedelta

import pytest
from django.utils import timezone

from chat.generation import log
from chat.generation.engines.base import Away
from chat.generation.engines.redis import END, RedisLog, key_of
from chat.generation.pieces import End, Piece
from chat.models import Delta, Generation
from tests.chat.engines.conftest import begun, pieces, stored, texts
from tests.proof import proves
from tests.redis_server import RedisServer, running

DONE = End(0, "complete", "stop")


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """One of this test's own: it comes to harm."""
    with running() as server:
        yield server


def test_the_pieces_are_in_redis_and_the_rest_in_the_database(redis_log: RedisLog) -> None:
    answer = begun()
    log.append({answer: [Piece(1, "think", "hm"), Piece(2, "text", "你")]})
    entries = redis_log.connections.blocking.xrange(key_of(answer))
    assert entries == [("1-0", {"k": "think", "d": "hm"}), ("2-0", {"k": "text", "d": "你"})]
    assert redis_log.connections.blocking.ttl(key_of(answer)) > 80_000
    assert not Delta.objects.exists()
    log.finish(answer, DONE)
    assert redis_log.connections.blocking.xrange(key_of(answer))[2:] == [("2-1", {"k": END})]


@proves("fault-F36")
def test_redis_dies_mid_answer_and_the_answer_goes_on_whole(redis_log: RedisLog, redis: RedisServer) -> None:
    answer, other = begun(), begun()
    shown = pieces("a", "b")
    log.append({answer: shown})
    redis.kill()
    log.append({answer: pieces("c", first=3), other: pieces("x")}, {answer: shown, other: []})
    assert texts(log.read(answer, 1, 10)) == ["b", "c"]
    redis.start()
    log.append({answer: pieces("d", first=4)}, {answer: log.read(answer, 0, 10)})
    log.finish(answer, DONE)
    log.finish(other, DONE)
    assert (stored(answer).text, stored(other).text) == ("abcd", "x")


def test_redis_is_away_before_an_answer_begins(redis_log: RedisLog, redis: RedisServer) -> None:
    redis.kill()
    answer = begun()
    log.append({answer: pieces("a")})
    log.append({answer: pieces("b", first=2)})
    log.ask_to_stop(answer)
    assert log.beat("here", {answer: 2}) == {answer}
    log.finish(answer, End(0, "stopped", "stopped"))
    assert stored(answer).text == "ab"


@proves("fault-F37")
def test_redis_hangs_and_holds_nobody_up_twice(redis_log: RedisLog, redis: RedisServer) -> None:
    answer = begun()
    log.append({answer: pieces("a")})
    redis.hang()
    try:
        began = time.monotonic()
        log.append({answer: pieces("b", first=2)}, {answer: pieces("a")})
        first = time.monotonic() - began
        for number in range(3, 13):
            log.append({answer: pieces(str(number), first=number)}, {answer: []})
        log.append({begun(): pieces("x")})
        assert first < 2.5
        assert time.monotonic() - began - first < 1
    finally:
        redis.go_on()
    assert len(log.read(answer, 0, 100)) == 12


@proves("fault-F38")
def test_redis_comes_back_empty_and_the_answer_goes_on_whole(redis_log: RedisLog, redis: RedisServer) -> None:
    answer, new = begun(), begun()
    log.append({answer: pieces("a", "b")})
    redis.kill()
    redis.start()
    log.append({answer: pieces("c", first=3), new: pieces("x")}, {answer: pieces("a", "b"), new: []})
    assert texts(log.read(answer, 0, 10)) == ["a", "b", "c"]
    assert redis_log.connections.blocking.exists(key_of(new))
    log.finish(answer, DONE)
    assert stored(answer).text == "abc"


def test_behind_a_gap_nothing_is_shown_and_the_answer_goes_on_whole(redis_log: RedisLog) -> None:
    answer = begun()
    shown = pieces("a", "b", "c")
    log.append({answer: shown})
    redis_log.connections.blocking.xdel(key_of(answer), "2-0")
    assert (texts(log.read(answer, 0, 10)), log.read(answer, 1, 10)) == (["a"], [])
    log.append({answer: pieces("d", first=4)}, {answer: shown})
    assert texts(log.read(answer, 0, 10)) == ["a", "b", "c", "d"]


def test_the_maker_ends_its_answer_without_redis(redis_log: RedisLog, redis: RedisServer) -> None:
    answer = begun()
    shown = pieces("a", "b")
    log.append({answer: shown})
    redis.kill()
    assert log.finish(answer, DONE, worker="here", pieces=shown)
    assert stored(answer).text == "ab"


def test_what_a_dead_process_left_waits_for_redis_but_not_for_ever(
    redis_log: RedisLog, redis: RedisServer
) -> None:
    answer = begun("dead", lives=-1)
    log.append({answer: pieces("a", "b")})
    redis.hang()
    with pytest.raises(Away):
        log.read(answer, 0, 10)
    assert log.sweep() == []
    redis.go_on()
    assert log.sweep() == [answer]
    assert stored(answer).text == "ab"
    lost = begun("dead", lives=-1)
    log.append({lost: pieces("a")})
    redis.kill()
    Generation.objects.filter(id=lost).update(lease=timezone.now() - timedelta(minutes=11))
    assert log.sweep() == [lost]
    assert stored(lost).state == "interrupted"


def test_a_follower_hears_pieces_as_they_come_and_the_end(redis_log: RedisLog) -> None:
    answer = begun()
    log.append({answer: pieces("a", "b")})

    async def follow() -> list[Piece]:
        heard: list[Piece] = []
        async with aclosing(redis_log.news(answer, 1)) as news:
            async for found in news:
                heard += found
                if len(heard) == 1:
                    await asyncio.to_thread(redis_log.append, {answer: pieces("c", first=3)}, {})
                else:
                    await asyncio.to_thread(redis_log.ended, answer, 3)
        return heard

    assert texts(asyncio.run(asyncio.wait_for(follow(), 0.9))) == ["b", "c"]


@proves("fault-F55")
def test_followers_that_are_cancelled_leave_nothing_for_others(redis_log: RedisLog) -> None:
    answers = [begun() for _ in range(8)]
    log.append({answer: pieces(f"of {answer}") for answer in answers})

    async def follow(place: int) -> None:
        answer = answers[place % 8]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(place % 7 / 100), aclosing(redis_log.news(answer, 0)) as news:
                async for found in news:
                    assert texts(found) == [f"of {answer}"]

    async def storm() -> None:
        await asyncio.gather(*(follow(place) for place in range(100)))

    asyncio.run(storm())
    assert [texts(log.read(answer, 0, 1)) for answer in answers] == [[f"of {answer}"] for answer in answers]
