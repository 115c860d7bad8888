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


async def talked(
    reads: bool, seconds: float, talker: type[Talker] = Talker
) -> tuple[int, bytes, BaseException | None]:
    """-> bytes that were made, the last that came, and what ended it within so many seconds."""
    talks = talker()
    server = GatewayServer(talks, lifespan=False)
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
            while reads and not talks.stopped.done():
                last = await loop.sock_recv(wire, 4096)
            ended = await asyncio.shield(talks.stopped)
    except TimeoutError:
        return talks.sent, last, None
    finally:
        wire.close()
        server.should_exit = True
        await asyncio.wait({task})
    return talks.sent, last, ended


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


def test_who_reads_nothing_is_pushed_nothing() -> None:
    """Until it reads again: what was refused is the sender's to send in the slow way."""

    class Pusher(Talker):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            assert not scope["clawdbot.write"](("too early",))
            await send({"type": "websocket.accept"})
            while scope["clawdbot.write"](("x" * 1000, "y" * 1000)):
                self.sent += 2000
            refused = self.sent
            await send({"type": "websocket.send", "text": "z"})  # waits until it can
            assert scope["clawdbot.write"](("at last",))
            self.stopped.set_result(OSError(refused))

    sent, _, ended = asyncio.run(talked(reads=True, seconds=10, talker=Pusher))
    assert isinstance(ended, OSError)
    assert 0 < sent < 5_000_000
