"""uvicorn's websocket protocol with what it leaves out: a client that reads nothing is given up.

Written against uvicorn 0.54.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

WRITE_DEADLINE: Final = 60.0  # seconds that a client may leave what it was sent unread
LAST_WORDS: Final = 2.0  # seconds for the close to reach it all the same
TOO_SLOW: Final = 1013
UNREAD: Final = 64 * 1024  # bytes that wait for the client before nothing more is written


def framed(content: bytes) -> bytes:
    """One text frame of a server's: whole, unmasked, no extension (RFC 6455 section 5.2)."""
    size = len(content)
    if size < 126:
        return b"\x81" + size.to_bytes(1) + content
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2) + content
    return b"\x81\x7f" + size.to_bytes(8) + content


class Watched(WebSocketsSansIOProtocol):
    """One socket. Nothing more is made for it while it reads nothing; after a while it is closed."""

    write_deadline: ClassVar[float] = WRITE_DEADLINE
    close_timeout: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=UNREAD)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            self.scope["clawdbot.write"] = self.write_now  # type: ignore[typeddict-unknown-key]

    def write_now(self, texts: Sequence[str]) -> bool:
        """Send texts if they can go at once, in one write: for each token of each answer the general way
        costs as much as everything else together. False: nothing was sent."""
        if self.close_sent or not self.writable.is_set() or not self._is_open():
            return False
        self.transport.write(b"".join([framed(text.encode()) for text in texts]))
        return True

    async def send(self, message: Any) -> None:
        text = message.get("text")
        if text is None or not self.write_now((text,)):
            await super().send(message)

    def _is_open(self) -> bool:
        return self.handshake_complete and not self.disconnected and self.conn.state is State.OPEN

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.stuck is None:
            self.stuck = self.loop.call_later(self.write_deadline, self._give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reads_again()

    def connection_lost(self, exc: Exception | None) -> None:
        self._reads_again()
        super().connection_lost(exc)
        scope: Any = getattr(self, "scope", {})  # none where the handshake failed
        scope.pop("clawdbot.write", None)  # it leads back here: no cycle keeps the socket

    def _reads_again(self) -> None:
        if self.stuck is not None:
            self.stuck.cancel()
            self.stuck = None

    def _give_up(self) -> None:
        """The close behind what was written already; who does not read that either is cut off."""
        if not self.close_sent and self.handshake_complete:
            self.conn.send_close(TOO_SLOW)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": TOO_SLOW})
        self.disconnected = True
        self.writable.set()  # who waits to write hears that it is over
        self.stop_keepalive()
        self.transport.close()
        self.stuck = self.loop.call_later(LAST_WORDS, self.transport.abort)
