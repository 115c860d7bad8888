"""The body of an answer, for one reader that takes whatever is there. aiohttp's own keeps books of where each
chunk ends, which nobody here reads, and which cost as much as a piece itself.

Written against aiohttp 3.14.
"""

from __future__ import annotations

from typing import Final

from aiohttp import StreamReader

MOST_PIECES: Final = 4096  # unread ones: tiny chunks weigh more than their bytes


class Body(StreamReader):
    """A StreamReader that was adopted; `readany` and `read_nowait` read it, nothing else."""

    __slots__ = ()

    def begin_http_chunk_receiving(self) -> None:
        """Where a chunk begins is nobody's business."""

    def end_http_chunk_receiving(self) -> None:
        """Nor where it ends."""

    def feed_data(self, data: bytes, size: int = 0) -> bool:
        if not data:
            return False
        count = len(data)
        self.total_bytes += count
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            tap = self._protocol.tap  # type: ignore[attr-defined]  # a Receiver
            if tap is not None and tap(data):
                self._cursor += count
                return False
        self._size += count
        self._buffer.append(data)
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)
        if self._size > self._high_water or len(self._buffer) > MOST_PIECES:
            self._protocol.pause_reading()
        return False

    async def readany(self) -> bytes:
        if self._exception is not None:
            raise self._exception
        if not self._buffer and not self._eof:
            if not self._protocol.connected:
                raise RuntimeError("Connection closed.")
            waiter = self._waiter = self._loop.create_future()
            try:
                await waiter
            finally:
                self._waiter = None
        return self._read_nowait(-1)

    def _read_nowait(self, n: int) -> bytes:
        """All of it."""
        buffer = self._buffer
        found = buffer.popleft() if len(buffer) == 1 else b"".join(buffer)
        buffer.clear()
        self._cursor += self._size
        self._size = 0
        self._protocol.resume_reading()
        return found


def adopt(content: StreamReader) -> StreamReader:
    """The same body, read the short way; what is not aiohttp's own class stays as it is."""
    if type(content) is StreamReader:
        content.__class__ = Body
    return content
