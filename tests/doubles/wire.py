"""HTTP/1.1 as a double speaks it: request after request on a connection, answers that may break anywhere."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Literal, cast

from tests.doubles.journal import Exchange, Link
from tests.doubles.reply import Reply

Serve = Callable[[Exchange, "Connection"], Awaitable[None]]
CHUNKED = ("Transfer-Encoding", "chunked")
Head = tuple[str, str, tuple[tuple[str, str], ...]]  # method, path, headers


class Broken(Exception):
    """The double itself ended the connection."""


class Connection(asyncio.Protocol):
    """One client. serve: answers one exchange by `play`; it is cancelled when the client goes."""

    def __init__(
        self, link: Link, began: Callable[..., Exchange], serve: Serve, gone: Callable[[Connection], None]
    ) -> None:
        self.link = link
        self._began = began
        self._serve = serve
        self._gone = gone
        self._unread = b""
        self._task: asyncio.Task[None] | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.transport: asyncio.Transport

    # ---- asyncio's calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self.transport.set_write_buffer_limits(high=64 * 1024)
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, received: bytes) -> None:
        self._unread += received
        self._next()

    def eof_received(self) -> bool:
        self._left()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._left()
        self._gone(self)

    def pause_writing(self) -> None:
        self._flowing.clear()

    def resume_writing(self) -> None:
        self._flowing.set()

    # ---- requests -----------------------------------------------------------------------------

    def _left(self) -> None:
        self._mark("client")
        if self._task is not None:
            self._task.cancel()

    def _next(self) -> None:
        if self._task is not None or self.link.closed_by:
            return
        end = self._unread.find(b"\r\n\r\n")
        if end < 0:
            return
        method, path, headers = to_head(self._unread[:end])
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        start = end + 4
        if len(self._unread) < start + length:
            return
        raw, self._unread = self._unread[start : start + length], self._unread[start + length :]
        exchange = self._began(self.link, method, path, headers, raw)
        self._task = asyncio.get_running_loop().create_task(self._answer(exchange))

    async def _answer(self, exchange: Exchange) -> None:
        try:
            await self._serve(exchange, self)
        except (asyncio.CancelledError, Broken):
            if self.link.closed_by:
                self.transport.abort()
            else:
                self.close()
            return
        finally:
            self._task = None
            exchange.ended = time.monotonic()
        exchange.phase = "done"
        if (exchange.header("connection") or "").lower() == "close":
            self.close()
        self._next()

    # ---- answers ------------------------------------------------------------------------------

    def close(self) -> None:
        """FIN."""
        self._mark()
        self.transport.close()

    def drop(self) -> None:
        """The double itself goes away."""
        self._mark()
        self.transport.abort()

    def reset(self) -> None:
        """RST."""
        self._mark()
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _mark(self, who: Literal["client", "double"] = "double") -> None:
        if self.link.closed_by is None:
            self.link.closed, self.link.closed_by = time.monotonic(), who

    async def write(self, raw: bytes) -> None:
        """Waits where the client does not read."""
        self.transport.write(raw)
        await asyncio.sleep(0)  # to hear of the client's going
        if not self._flowing.is_set():
            await self._flowing.wait()


class Player:
    """Plays one reply to one exchange.

    stalled: waits for the end of a stall without a time of its own.
    """

    def __init__(
        self,
        exchange: Exchange,
        connection: Connection,
        reply: Reply,
        stalled: Callable[[], Awaitable[object]],
    ) -> None:
        self.exchange = exchange
        self.connection = connection
        self.reply = reply
        self.stalled = stalled
        self.places = sorted(stall.where for stall in reply.stalls if isinstance(stall.where, int))
        self.head = to_answer_head(reply)
        self.out = 0  # bytes on the wire

    async def play(self) -> None:
        self.exchange.status = self.reply.status
        await self._stall("headers")
        if self.reply.wire is not None:
            for index, raw in enumerate(self.reply.wire):
                await asyncio.sleep(self.reply.gap if index else 0)
                await self._write(raw)
            self._end(self.reply.end)
            return
        if any(stall.where == "first" for stall in self.reply.stalls):
            await self._flush()
            await self._stall("first")
        await self._body()
        whole = self.reply.end == "clean" or self.reply.wire_cut is not None
        await self._flush(b"0\r\n\r\n" if whole and self.reply.length is None else b"")
        self._end(self.reply.end)

    async def _body(self) -> None:
        due = asyncio.get_running_loop().time()
        for gap, raw in self.reply.body():
            if gap:
                due += gap
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            while self.places and self.exchange.sent <= self.places[0] <= self.exchange.sent + len(raw):
                first = self.places.pop(0) - self.exchange.sent
                await self._piece(raw[:first])
                raw = raw[first:]
                await self._stall(self.exchange.sent)
            await self._piece(raw)

    async def _piece(self, raw: bytes) -> None:
        if raw:
            framed = b"%x\r\n%b\r\n" % (len(raw), raw) if self.reply.length is None else raw
            self.exchange.sends.append((time.monotonic(), len(raw)))
            await self._flush(framed)

    async def _flush(self, framed: bytes = b"") -> None:
        """The head goes out with the first piece, as Ollama's does."""
        head, self.head = self.head, b""
        if head or framed:
            await self._write(head + framed)

    async def _write(self, raw: bytes) -> None:
        wire_cut = self.reply.wire_cut
        if wire_cut is not None and self.out + len(raw) > wire_cut:
            await self.connection.write(raw[: wire_cut - self.out])
            self._end(self.reply.end)
        self.out += len(raw)
        await self.connection.write(raw)

    def _end(self, how: str) -> None:
        if how == "clean":
            return
        if how == "rst":
            self.connection.reset()
        raise Broken

    async def _stall(self, where: str | int) -> None:
        for stall in self.reply.stalls:
            if stall.where == where:
                await self.connection.write(b"")
                await (self.stalled() if stall.seconds is None else asyncio.sleep(stall.seconds))


def to_head(raw: bytes) -> Head:
    request, *rest = raw.decode("latin-1").split("\r\n")
    method, target, _ = request.split(" ", 2)
    pairs = (line.partition(":") for line in rest)
    return method, target.partition("?")[0], tuple((name, value.strip()) for name, _, value in pairs)


def to_answer_head(reply: Reply) -> bytes:
    phrases = {status.value: status.phrase for status in HTTPStatus}
    framing = ("Content-Length", str(reply.length)) if reply.length is not None else CHUNKED
    lines = [f"HTTP/1.1 {reply.status} {phrases.get(reply.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in (*reply.headers, framing)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
