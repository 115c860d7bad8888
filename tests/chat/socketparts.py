"""A consumer without a server or a database: what it is sent, what it sends, and who it believes to serve."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from accounts.caller import Caller
from chat import acts, consumers
from chat.consumers import Bounds, ChatConsumer
from chat.doorway import NotLetIn, Visitor
from chat.services import granting
from tests.chat.judge import right

READER = frozenset({"chat:read", "chat:write"})


def awaited(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @functools.wraps(test)
    def run(*args: Any, **more: Any) -> None:
        asyncio.run(test(*args, **more))

    return run


class Door:
    """What `let_in` says: ends: of the session; refusal: instead."""

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.refusal: NotLetIn | None = None
        self.fault: Exception | None = None
        self.asked = 0

    def let_in(self, headers: Any, person: str | None = None) -> Visitor:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        if self.refusal is not None:
            raise self.refusal
        caller = Caller("person", "7", scopes=READER, session="s", issued=1.0)
        return Visitor(caller, "Alice", self.ends)


class Wire:
    """One socket in memory."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task: asyncio.Task[None]
        self.readable = asyncio.Event()
        self.readable.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.readable.wait()
        self.outgoing.put_nowait(message)

    def say(self, t: str, **fields: Any) -> None:
        self.incoming.put_nowait({"type": "websocket.receive", "text": json.dumps({"t": t, **fields})})

    async def next(self) -> dict[str, Any]:
        """A frame, held against the protocol, or the server's close."""
        async with asyncio.timeout(10):
            message = await self.outgoing.get()
        return right(json.loads(message["text"])) if message["type"] == "websocket.send" else message

    async def all(self) -> list[dict[str, Any]]:
        """Everything up to the close."""
        found = [await self.next()]
        while found[-1].get("type") != "websocket.close":
            found.append(await self.next())
        return found


@contextlib.asynccontextmanager
async def opened(
    monkeypatch: pytest.MonkeyPatch, door: Door, *, greet: bool = True, **bounds: Any
) -> AsyncIterator[Wire]:
    """A socket that was accepted (and has said hello)."""
    monkeypatch.setattr(consumers, "let_in", door.let_in)
    monkeypatch.setattr(acts, "_running", lambda caller: [])
    monkeypatch.setattr(granting, "notices", lambda caller: [])
    wire = Wire()
    consumer = ChatConsumer(Bounds(**bounds))
    scope = {"type": "websocket", "subprotocols": ["clawd.v1"], "headers": [], "client": ("127.0.0.1", 1)}
    wire.incoming.put_nowait({"type": "websocket.connect"})
    wire.task = asyncio.create_task(consumer(scope, wire.incoming.get, wire.send))
    assert (await wire.outgoing.get())["type"] == "websocket.accept"
    if greet:
        wire.say("hello", v=1)
        assert (await wire.next())["t"] == "ready"
    try:
        yield wire
    finally:
        wire.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        wire.readable.set()
        async with asyncio.timeout(10):
            await asyncio.wait({wire.task})


def soon(seconds: float) -> Door:
    return Door(time.time() + seconds)
