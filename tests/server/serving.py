"""An application behind the entry and the bounded protocol, on a socket inside the test's own loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.entry import Door, Entry, Limits
from clawdsite.entry.asgi import App, Receive, Scope, Send
from clawdsite.serve import sockets
from clawdsite.serve.protocol import Bounded
from clawdsite.serve.server import GatewayServer
from gateway import accesslog
from gateway.call import Call
from tests.server import wire

QUICK = Limits(keep_alive=0.15, write=0.5, body=0.5, tick=0.05)


@dataclass
class Served:
    """port, and the calls that ended so far."""

    port: int
    calls: list[Call]

    async def ask(self, raw: bytes, **options: Any) -> list[wire.Answer]:
        """The answers to these bytes."""
        return wire.parse((await wire.ask_async(self.port, raw, **options))[0])

    async def get(self, path: str = "/", *headers: str, method: str = "GET") -> wire.Answer:
        """The one answer to a request without a body."""
        answers = await self.ask(request(path, *headers, method=method))
        assert len(answers) == 1, answers
        return answers[0]

    async def ended(self, count: int = 1) -> list[Call]:
        """The calls, once so many have ended."""
        async with asyncio.timeout(10):
            while len(self.calls) < count:
                await asyncio.sleep(0.005)
        return self.calls


def request(path: str = "/", *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    """The bytes of one request; Host: localhost unless given."""
    lines = [f"{method} {path} HTTP/1.1", *headers]
    if not any(line.lower().startswith("host:") for line in headers):
        lines.append("Host: localhost")
    if body and not any(
        line.lower().startswith(("content-length:", "transfer-encoding:")) for line in headers
    ):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@contextlib.asynccontextmanager
async def serving(
    app: App,
    *,
    door: Door | None = None,
    limits: Limits = QUICK,
    protocol: type[Bounded] = Bounded,
    **config: Any,
) -> AsyncIterator[Served]:
    """config: sections of the configuration in force meanwhile (development by default)."""
    calls: list[Call] = []
    finish, accesslog.finish = accesslog.finish, calls.append  # type: ignore[assignment]
    try:
        with live.override(Config(**({"mode": "development"} | config))):
            server = GatewayServer(Entry(app, door, limits=limits), lifespan=False, protocol=protocol)
            listeners = sockets.listen("127.0.0.1", 0)
            for each in listeners:  # as uvloop does: else a body waits 40 ms for the word about its head
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            port = listeners[0].getsockname()[1]
            task = asyncio.create_task(server.serve(sockets=listeners))
            await server.opened.wait()
            try:
                yield Served(port, calls)
            finally:
                server.should_exit = True
                await task
    finally:
        accesslog.finish = finish


@contextlib.asynccontextmanager
async def connected(
    port: int, sent: bytes = b""
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection, with these bytes sent; closed at the end, however it ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def body_of(receive: Receive) -> bytes:
    """The whole request body, as Django reads it."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(send: Send, body: bytes = b"", status: int = 200, kind: str = "text/plain") -> None:
    """A whole answer."""
    headers = [(b"Content-Type", kind.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what the application sees of a request."""
    body = await body_of(receive)
    seen: dict[str, Any] = {
        "address": scope["client"][0],
        "scheme": scope["scheme"],
        "path": scope["path"],
        "root_path": scope["root_path"],
        "headers": {name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
        "body": len(body),
    }
    import json

    await answer(send, json.dumps(seen).encode(), kind="application/json")


def streamer(pieces: Sequence[bytes | float]) -> App:
    """An application that streams events; a number is a pause."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        headers = [(b"content-type", b"text/event-stream"), (b"Cache-Control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in pieces:
            if isinstance(piece, bytes):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            else:
                await asyncio.sleep(piece)
        await send({"type": "http.response.body"})

    return app


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
