"""Raw HTTP over a socket: bytes out, answers apart."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass, field

QUIET = 0.4  # seconds without a byte that end the reading of a connection that stays open


@dataclass
class Answer:
    """One parsed HTTP/1.1 answer."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name.lower()), None)


def parse(raw: bytes) -> list[Answer]:
    """The answers in what a connection said; the last one may be cut off."""
    answers = []
    while raw.startswith(b"HTTP/1."):
        head, _, raw = raw.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in rest]
        answer = Answer(
            int(first.split()[1]), [(pair[0].lower(), pair[1] if pair[1:] else "") for pair in pairs]
        )
        if answer.status != 100:
            answer.body, raw = _body(answer, raw)
            answers.append(answer)
    assert not raw, f"stray bytes between answers: {raw[:200]!r}"
    return answers


def _body(answer: Answer, raw: bytes) -> tuple[bytes, bytes]:
    if answer.header("transfer-encoding") != "chunked":
        length = int(answer.header("content-length") or 0)
        return raw[:length], raw[length:]
    body = b""
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        body, raw = body + raw[:length], raw[length + 2 :]
        if length == 0:
            break
    return body, raw


def ask(port: int, raw: bytes, *, patience: float = 10.0, quiet: float = QUIET) -> tuple[bytes, bool]:
    """Send these bytes -> (all that came back, whether the server closed). Returns once nothing comes for
    `quiet` seconds after the first byte, or after `patience` seconds without any.
    """
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(raw)
        return listen(connection, patience=patience, quiet=quiet)


def listen(connection: socket.socket, *, patience: float = 10.0, quiet: float = QUIET) -> tuple[bytes, bool]:
    """What comes on this connection -> (bytes, whether the server closed)."""
    got = b""
    end = time.monotonic() + patience
    while (left := end - time.monotonic()) > 0:
        connection.settimeout(min(left, quiet) if got else left)
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            break
        except ConnectionError:
            return got, True
        if not piece:
            return got, True
        got += piece
    return got, False


async def ask_async(
    port: int, raw: bytes, *, patience: float = 10.0, quiet: float = QUIET
) -> tuple[bytes, bool]:
    """`ask`, without blocking the loop that serves."""
    return await asyncio.to_thread(ask, port, raw, patience=patience, quiet=quiet)


async def ask_async_until_closed(port: int, raw: bytes, *, patience: float) -> tuple[bytes, bool]:
    """`ask_async` that waits for the server to close."""
    return await ask_async(port, raw, patience=patience, quiet=patience)
