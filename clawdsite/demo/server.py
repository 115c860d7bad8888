"""A small HTTP/1.1 server on loopback that speaks Ollama's native API for the simulated model."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from clawdsite.demo import native

Json = dict[str, Any]

WORDS_PER_SECOND: Final = 30.0
LARGEST_BODY: Final = 64 * 2**20
PLAIN: Final = "text/plain"
STREAM_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
)
JSON: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    body: bytes


class _Bad(Exception):
    """The request cannot be read; the connection is closed after a 400."""


async def serve(*, port: int = 0, words_per_second: float = WORDS_PER_SECOND) -> DemoServer:
    """Start on 127.0.0.1 (port 0: any free one), on the running event loop."""
    demo = DemoServer(words_per_second)
    await demo._open(port)
    return demo


class DemoServer:
    """The running server: `url` without a trailing slash; `close()` ends it and every answer under way."""

    def __init__(self, words_per_second: float) -> None:
        self.url = ""
        self._pause = 1 / words_per_second
        self._started = native.now()
        self._names = {native.NAME}
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def _open(self, port: int) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port, limit=2**16)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this callback as a task
        self._connections.add(task)
        try:
            while (request := await _read(reader)) is not None:
                await self._answer(request, writer)
        except _Bad as err:
            await _send(writer, 400, {"error": str(err)})
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the gateway went away, or close() was called: nobody is there to hear of it
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, request: _Request, writer: asyncio.StreamWriter) -> None:
        match request.method, request.path:
            case "GET" | "HEAD", "/":
                await _send(writer, 200, b"Ollama is running", PLAIN)
            case "GET", "/api/version":
                await _send(writer, 200, {"version": native.VERSION})
            case "GET", "/api/tags":
                await _send(writer, 200, native.tags(self._started))
            case "GET", "/api/ps":
                await _send(writer, 200, native.ps(self._names))
            case "POST", "/api/show" | "/api/embed" | "/api/generate" | "/api/chat":
                await self._post(request, writer)
            case _:
                await _send(writer, 404, b"404 page not found", PLAIN)

    async def _post(self, request: _Request, writer: asyncio.StreamWriter) -> None:
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            await _send(writer, 400, {"error": "the body is not a JSON object"})
            return
        if isinstance(body.get("model"), str):
            self._names.add(body["model"])
        if request.path == "/api/show":
            await _send(writer, 200, native.show(self._started))
        elif request.path == "/api/embed":
            await _send(writer, 200, native.embed(body))
        elif request.path == "/api/generate" and not body.get("prompt"):
            await _send(writer, 200, native.loaded())
        else:
            lines = native.chat_lines(body) if request.path == "/api/chat" else native.generate_lines(body)
            await self._stream(lines, writer, once=body.get("stream") is False)

    async def _stream(self, lines: Iterator[Json], writer: asyncio.StreamWriter, *, once: bool) -> None:
        if once:
            await _send(writer, 200, native.joined(list(lines)))
            return
        writer.write(STREAM_HEAD)
        for line in lines:
            text = json.dumps(line, ensure_ascii=False).encode() + b"\n"
            writer.write(b"%x\r\n%b\r\n" % (len(text), text))
            await writer.drain()
            if not line["done"]:
                await asyncio.sleep(self._pause)
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> _Request | None:
    """The next request of a connection, None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as err:
        raise _Bad("the request head is too long") from err
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        raise _Bad("the request line cannot be read")
    split = (line.partition(":") for line in rest if line)
    headers = {name.lower(): value.strip() for name, _, value in split}
    return _Request(words[0], words[1].split("?")[0], await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunked(reader)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        raise _Bad("the body is too long")
    return await reader.readexactly(int(length))


async def _chunked(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        try:
            size = int((await reader.readline()).split(b";")[0], 16)
        except ValueError as err:
            raise _Bad("a chunk cannot be read") from err
        if size < 0 or len(body) + size > LARGEST_BODY:
            raise _Bad("the body is too long")
        body += (await reader.readexactly(size + 2))[:size]
        if size == 0:
            return bytes(body)


async def _send(writer: asyncio.StreamWriter, status: int, body: Json | bytes, kind: str = JSON) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    reason = {200: "OK", 400: "Bad Request", 404: "Not Found"}[status]
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)
    await writer.drain()
