"""A websocket by hand: the bytes of a handshake, of frames, and what comes back."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import struct
from dataclasses import dataclass
from typing import Self

from tests.chat.world import World

PATIENCE = 20.0
NEWS = ("conv.updated", "conv.deleted", "title", "notice")


@dataclass(frozen=True)
class Came:
    """One frame of the server's."""

    opcode: int
    content: bytes

    @property
    def close(self) -> int | None:
        return struct.unpack("!H", self.content[:2])[0] if self.opcode == 8 and self.content else None


def bytes_of(spelled: str) -> bytes:
    """`8181 00000000 {61*125}` as bytes."""
    found = re.sub(r"\{([0-9a-f]{2})\*(\d+)\}", lambda each: each[1] * int(each[2]), spelled)
    return bytes.fromhex(found)


def frame(content: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
    """A masked frame (the mask is zero)."""
    first = (0x80 if final else 0) | opcode
    size = len(content)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + bytes(4) + content


def handshake(world: World, who: str | None = "alice", *more: str, **other: str | None) -> bytes:
    """A request to upgrade. other: headers by name (underscores for hyphens); None leaves one out."""
    headers: dict[str, str | None] = {
        "Host": f"127.0.0.1:{world.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "clawd.v1",
        "Origin": world.url,
        "Cookie": f"clawdbot={world.cookie(who)}" if who is not None else None,
    }
    line = other.pop("line", None) or "GET /ws/chat HTTP/1.1"
    headers |= {name.replace("_", "-"): value for name, value in other.items()}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if value is not None), *more]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


class Raw:
    """`with Raw(world) as raw:` has sent its handshake; `status` is the answer's."""

    def __init__(self, world: World, request: bytes | None = None, *, receive: int | None = None) -> None:
        self.world, self.request, self.receive = world, request or handshake(world), receive
        self.kept = b""
        self.status = 0
        self.head = ""

    def __enter__(self) -> Self:
        self.wire = socket.socket()
        if self.receive is not None:
            self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive)
        self.wire.connect(("127.0.0.1", self.world.port))
        self.wire.settimeout(PATIENCE)
        self.wire.sendall(self.request)
        while b"\r\n\r\n" not in self.kept:
            more = self.wire.recv(65536)
            if not more:
                return self
            self.kept += more
        head, _, self.kept = self.kept.partition(b"\r\n\r\n")
        self.head = head.decode("latin-1")
        self.status = int(self.head.split()[1])
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()

    def send(self, raw: bytes) -> None:
        self.wire.sendall(raw)

    def _exactly(self, count: int) -> bytes:
        while len(self.kept) < count:
            more = self.wire.recv(65536)
            if not more:
                raise EOFError
            self.kept += more
        found, self.kept = self.kept[:count], self.kept[count:]
        return found

    def next(self) -> Came:
        """EOFError where the connection ended without a close frame."""
        first, size = self._exactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", self._exactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._exactly(8))
        return Came(first & 0x0F, self._exactly(size))

    def answer(self) -> Came:
        """The next that is not news of a conversation: an earlier test's may still get its title."""
        while True:
            came = self.next()
            if came.opcode != 1 or json.loads(came.content)["t"] not in NEWS:
                return came

    def until_close(self) -> list[Came]:
        """All that came, its close frame last (or, without one, nothing more)."""
        found: list[Came] = []
        try:
            while not found or found[-1].opcode != 8:
                found.append(self.next())
        except (EOFError, ConnectionError):
            pass
        return found
