"""The socket while the database is away (M16): said as that, noted in one line, and nothing is shown that was
lost meanwhile."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError

from chat import consumers
from chat.generation.engines.base import Batch
from chat.generation.running import Running
from chat.generation.writer import Writer
from tests.chat.socketparts import awaited, opened, soon
from tests.proof import proves


@pytest.mark.parametrize("away", [OperationalError("away"), InterfaceError("the connection is closed")])
@proves("promise-M16", "fault-F32")
@awaited
async def test_a_frame_is_answered_with_unavailable_and_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, away: Exception
) -> None:
    async def fails(*_: Any) -> None:
        raise away

    async with opened(monkeypatch, soon(1000)) as wire:
        monkeypatch.setattr(consumers.acts, "carry_out", fails)
        sent_id = str(uuid.uuid4())
        wire.say("chat.stop", id=sent_id, g=sent_id)
        told = await wire.next()
        assert (told["t"], told["id"], told["code"], told["retry"]) == ("error", sent_id, "unavailable", True)
    (line,) = [one for one in caplog.records if one.name.startswith("chat")]
    assert (line.levelno, line.exc_info) == (logging.WARNING, None)
    assert line.getMessage() == f"the database did not answer: {type(away).__name__}"


@proves("promise-M7")
@awaited
async def test_what_was_lost_is_looked_for_until_the_database_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[None] = []
    dropped = asyncio.Event()

    async def drop(*_: Any) -> None:
        looked.append(None)
        if len(looked) < 3:
            raise OperationalError("away")
        dropped.set()

    async with opened(monkeypatch, soon(1000), again=0.001) as wire:
        monkeypatch.setattr(consumers.acts, "drop_what_is_hidden", drop)
        (socket,) = consumers.hub.by_person["7"]
        socket.hear("rights")  # type: ignore[attr-defined]
        async with asyncio.timeout(10):
            await dropped.wait()
        wire.say("ping", n=1)
        assert (await wire.next())["t"] == "pong"


def test_a_batch_is_tried_again_whatever_the_driver_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.generation.writer.AGAIN", 0)
    tries: list[Batch] = []

    def append(batch: Batch, earlier: Batch) -> None:
        tries.append(batch)
        if len(tries) < 3:
            raise InterfaceError("the connection is closed")

    async def lived() -> Running:
        answer, writer = Running(uuid.uuid4(), None, "alice"), Writer(append)
        writer.add(answer, "text", "x")
        await writer.flush()
        await asyncio.to_thread(writer.close)
        return answer

    assert [piece.text for piece in asyncio.run(lived()).pieces] == ["x"]
    assert len(tries) == 3
