"""A request's body on its way in: counted, timed, and kept where this request is sampled (H-24)."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from clawdsite.core.errors import BodyTooLarge, SlowBody
from clawdsite.entry.asgi import Message, Receive

LINGER: Final = (
    2.0  # seconds that a refused body is still read, so that the client reads our answer before a reset
)
LINGER_BYTES: Final = 8 * 1024 * 1024


class Body:
    """most: bytes. deadline: monotonic time by which all of it must be here.

    done: all of it is here. gone: the client went before that. kept: its bytes, if `keep` was asked for.
    """

    __slots__ = ("_chunks", "_receive", "deadline", "done", "gone", "keep", "most", "size")

    def __init__(self, receive: Receive, most: int, deadline: float) -> None:
        self._receive = receive
        self._chunks: list[bytes] = []
        self.most, self.deadline = most, deadline
        self.size = 0
        self.keep = self.done = self.gone = False

    def check(self, declared: str) -> None:
        """A declared length over the limit is refused before a byte of it is read. Raises BodyTooLarge."""
        if declared.isdecimal() and int(declared[:20]) > self.most:
            raise self._too_large()

    async def next(self) -> Message:
        """The next message of the body. Raises BodyTooLarge, SlowBody."""
        try:
            async with asyncio.timeout(max(self.deadline - time.monotonic(), 0)):
                message = await self._receive()
        except TimeoutError:
            raise SlowBody("The request body did not arrive in time.") from None
        if message["type"] == "http.disconnect":
            self.gone = self.done = True
            return message
        chunk: bytes = message.get("body", b"")
        self.size += len(chunk)
        if self.size > self.most:
            raise self._too_large()
        if self.keep and chunk:
            self._chunks.append(chunk)
        self.done = not message.get("more_body", False)
        return message

    def kept(self) -> bytes | None:
        """The whole body, where it was to be kept and came whole."""
        return b"".join(self._chunks) if self.keep and self.done and not self.gone else None

    async def linger(self) -> None:
        """Read and forget what a refused client still sends, for a moment."""
        read = 0
        try:
            async with asyncio.timeout(LINGER):
                while read < LINGER_BYTES:
                    message = await self._receive()
                    read += len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
        except TimeoutError:
            return

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"The request body is larger than {self.most} bytes.")
