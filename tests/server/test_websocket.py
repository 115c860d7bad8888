"""A websocket's client that reads nothing is given up after a while, and whoever wrote to it hears that."""

from __future__ import annotations

import asyncio
import socket

import pytest
from websockets.frames import Frame, Opcode

from clawdsite.entry.asgi import Receive, Scope, Send
from clawdsite.serve import websocket
from clawdsite.serve.server import GatewayServer
from clawdsite.serve.sockets import listen
from clawdsite.serve.websocket import Watched

SHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Talker:
    """Sends without end; `stopped` tells what stopped it, and how much it had sent by then."""

    def __init__(self) -> None:
        self.sent = 0
        self.stopped: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "text": "x" * 1000})
                self.sent += 1000
        except OSError as error:
            self.stopped.set_result(error)
            raise


async def talked(reads: bool, seconds: float) -> tuple[int, bytes, BaseException | None]:
    """-> bytes that were made, the last that came, and what ended it within so many seconds."""
    talker = Talker()
    server = GatewayServer(talker, lifespan=False)
    task = asyncio.create_task(server.serve(sockets=(found := listen("127.0.0.1", 0))))
    await server.opened.wait()
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.connect(found[0].getsockname())
    wire.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(wire, SHAKE)
    last = b""
    try:
        async with asyncio.timeout(seconds):
            while reads:
                last = await loop.sock_recv(wire, 4096)
            ended = await asyncio.shield(talker.stopped)
    except TimeoutError:
        return talker.sent, last, None
    finally:
        wire.close()
        server.should_exit = True
        await asyncio.wait({task})
    return talker.sent, last, ended


def test_who_reads_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watched, "write_deadline", 0.3)
    monkeypatch.setattr(websocket, "LAST_WORDS", 0.2)
    sent, _, ended = asyncio.run(talked(reads=False, seconds=10))
    assert isinstance(ended, OSError)
    assert sent < 5_000_000  # what nobody reads is not made


def test_who_reads_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watched, "write_deadline", 0.3)
    sent, last, ended = asyncio.run(talked(reads=True, seconds=1.5))
    assert ended is None
    assert last
    assert sent > 100_000


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 1_000_000])
def test_a_text_is_framed_as_the_library_frames_it(size: int) -> None:
    content = ("é" * size).encode()[:size]
    assert websocket.framed(content) == Frame(Opcode.TEXT, content).serialize(mask=False)
