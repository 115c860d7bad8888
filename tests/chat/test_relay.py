"""What processes tell each other by Redis arrives, late where Redis was away for a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError

from chat import relay
from chat.relay import Relay
from tests.chat.socketparts import awaited
from tests.redis_server import RedisServer, redis

__all__ = ["redis"]

Told = asyncio.Queue[tuple[str, dict[str, Any]]]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What arrives; the first of it fails."""
    told: Told = asyncio.Queue()
    monkeypatch.setattr(relay, "AGAIN", 0.05)

    async def act(what: str, facts: dict[str, Any]) -> None:
        told.put_nowait((what, facts))
        if told.qsize() == 1 and what == "bad":
            raise RuntimeError("a bug")

    monkeypatch.setattr(relay, "act", act)
    return told


async def next_of(told: Told) -> tuple[str, dict[str, Any]]:
    async with asyncio.timeout(15):
        return await told.get()


async def connected(speaker: Relay, told: Told) -> None:
    """Until what is said is heard: a subscription takes a moment."""
    while told.empty():
        speaker.say("hello")
        await asyncio.sleep(0.02)
    while not told.empty():
        told.get_nowait()


@awaited
async def test_a_bug_in_hearing_one_thing_makes_nobody_deaf(redis: RedisServer, heard: Told) -> None:
    one, two = Relay(redis.url), Relay(redis.url)
    one.start()
    two.start()
    try:
        await connected(one, heard)
        one.say("bad")
        assert (await next_of(heard))[0] in ("bad", "hello")
        await connected(one, heard)
    finally:
        await one.stop()
        await two.stop()


class Breaking:
    """A connection that breaks twice."""

    def __init__(self) -> None:
        self.tries: list[str] = []

    async def publish(self, channel: str, said: str) -> None:
        self.tries.append(said)
        if len(self.tries) < 3:
            raise ConnectionError("gone")


@awaited
async def test_what_could_not_be_said_is_said_again(heard: Told) -> None:
    relay, client = Relay("redis://127.0.0.1:1/0"), Breaking()
    async with asyncio.timeout(10):
        await relay._tell(client, "moved")
    assert client.tries == ["moved"] * 3
