"""A thousand callers who change their minds: afterwards nothing is in flight (M3, F-54)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
from typing import Any

import pytest

from gateway import upstream
from gateway.admission import limits
from gateway.admission.queue import line as waiting_line
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.flow.conftest import UNLIMITED
from tests.flow.test_chat import CHAT, HI
from tests.flow.test_stop import wait_until
from tests.live import LiveGateway
from tests.proof import proves

CANCELS = 1000


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def storm(gateway: LiveGateway, chance: random.Random) -> None:
    """Callers at random, streamed and whole, each gone after 0-50 ms, by FIN or RST."""
    gate = asyncio.Semaphore(40)
    token = gateway.token("alice")

    async def one(stream: bool, patience: float, abort: bool) -> None:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            raw = json.dumps(HI | {"stream": stream}).encode()
            head = (
                f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {token}\r\nContent-Length: {len(raw)}\r\n\r\n"
            )
            writer.write(head.encode() + raw)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), patience)
            writer.transport.abort() if abort else writer.close()

    await asyncio.gather(
        *(one(chance.random() < 0.7, chance.random() * 0.05, chance.random() < 0.5) for _ in range(CANCELS))
    )


@proves("promise-M3", "fault-F54")
def test_a_thousand_random_cancels_leave_nothing_behind(
    double: OllamaDouble, monkeypatch: pytest.MonkeyPatch
):
    seats = limits.Seats()
    monkeypatch.setattr(limits, "seats", seats)
    double.script("/api/chat", Reply.tokens(200, rate=100))
    settings: dict[str, Any] = {"url": double.url, "max_connections": 8, "queue": {"size": 50}}
    with LiveGateway(upstream=settings, limits=UNLIMITED) as gateway:
        with gateway.client() as alice:
            alice.get("/v1/models")
        before = descriptors()
        asyncio.run(storm(gateway, random.Random(7)))

        def quiet() -> bool:
            """Also nobody who has a seat and is not in the line yet: the last ones may just have come."""
            host = upstream.current()
            in_line = waiting_line().running + waiting_line().waiting
            return in_line == host.in_flight == 0 and not seats.taken

        assert wait_until(lambda: bool(gateway.call(quiet)), 30), seats.taken
        double.script("/api/chat", Reply.tokens(3))
        with gateway.client() as alice:
            assert alice.post(CHAT, json=HI).status_code == 200
        assert wait_until(lambda: descriptors() <= before + 8, 30)
