"""One answer of the model's host while it comes in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from clawdsite.core.errors import ClawdError, Unavailable, UpstreamInvalid
from gateway.types import Json
from gateway.upstream.body import adopt
from gateway.upstream.failures import TROUBLE, within_answer
from gateway.upstream.lines import Lines
from gateway.upstream.pool import Receiver
from gateway.wire.ollama import error_in, to_error

ERROR_LIMIT: Final = 64 * 1024  # bytes that are read of an error's body
LONGEST_WAIT: Final = 3600  # seconds of a Retry-After that are believed


class Answer:
    """A response whose head is there. `close` in any state ends its connection, unless it ended well.

    linger: closes a response that is whole but for the end of its body, in a moment.
    done: whether a line said that the answer is whole.
    """

    def __init__(
        self, response: aiohttp.ClientResponse, linger: Callable[[aiohttp.ClientResponse], None]
    ) -> None:
        self.response = response
        self.done = False
        self._linger = linger
        self._readany = adopt(response.content).readany
        connection = response.connection  # None: the whole body was there with the head
        self._protocol: ResponseHandler | None = connection.protocol if connection is not None else None
        coding = response.headers.get("Transfer-Encoding", "").lower()
        self._framed = "chunked" in coding or "Content-Length" in response.headers

    def tap(self, take: Callable[[bytes], bool]) -> None:
        """Offer each piece to `take` as it comes, while `piece` waits; what it takes is not read."""
        if isinstance(self._protocol, Receiver):
            self._protocol.tap = take

    async def check(self) -> None:
        """Raises what a status, or a head that is not Ollama's, means."""
        response = self.response
        status = response.status
        if status >= 400:
            error = to_error(status, await self.read(ERROR_LIMIT, cut=True))
            raise with_retry_after(error, response)
        if status != 200:
            raise UpstreamInvalid(f"The model's host answered with status {status}.")
        if response.content_type == "text/html":
            raise UpstreamInvalid("The model's host answered with a web page.")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UpstreamInvalid("The model's host sent a compressed answer, which nobody asked for.")

    async def read(self, limit: int, *, cut: bool = False) -> bytes:
        """The whole body, at most `limit` bytes; above it UpstreamInvalid, or the beginning if `cut`."""
        pieces: list[bytes] = []
        size = 0
        while piece := await self.piece():
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                if cut:
                    break
                raise UpstreamInvalid("The model's host sent an answer that is too large.")
        return b"".join(pieces)[:limit]

    async def piece(self) -> bytes:
        """What came meanwhile; empty at the end of the body. What came before a failure comes before it."""
        try:
            return await self._readany()
        except TROUBLE as exc:
            protocol = self._protocol
            if isinstance(protocol, Receiver) and protocol.left:
                left, protocol.left = protocol.left, b""
                return left
            raise self._broken(exc) from None

    def _broken(self, exc: Exception) -> ClawdError:
        malformed = self._protocol.exception() if self._protocol is not None else None
        return within_answer(exc, malformed, began=self.response.content.total_bytes > 0)

    def check_lines(self, lines: list[Json], split: Lines) -> ClawdError | None:
        """The failure of an `{"error": ...}` line (dropped with what follows it), or the splitter's."""
        for index, line in enumerate(lines):
            if "error" in line and (error := error_in(line)) is not None:
                del lines[index:]
                return error
        if lines and lines[-1].get("done") is True:
            self.done = True
        return split.failure

    def check_end(self) -> None:
        """The body ended. Where its framing does not say that it is whole, only `done` does."""
        if self.response.content.total_bytes == 0:
            raise UpstreamInvalid("The model's host sent an empty answer.")
        if not self._framed and not self.done:
            raise self._broken(EOFError())

    def interrupt(self, error: ClawdError) -> None:
        """Whoever reads gets this error, now or at the next read; the connection is closed now."""
        self.response.content.set_exception(error)
        self.response.close()

    def close(self) -> None:
        """Nothing more is read. An answer that said `done` has a moment to end properly."""
        if isinstance(self._protocol, Receiver):
            self._protocol.tap = None
        if self.done and not self.response.closed and self.response.content.exception() is None:
            self._linger(self.response)
        else:
            self.response.close()


def with_retry_after(error: ClawdError, response: aiohttp.ClientResponse) -> ClawdError:
    """What the host itself says of when to come back (seconds; RFC 9110 section 10.2.3)."""
    said = response.headers.get("Retry-After", "")
    if isinstance(error, Unavailable) and response.status in (429, 503) and said.isdecimal():
        error.retry_after = float(min(max(int(said[:9]), 1), LONGEST_WAIT))
    return error


def not_again(error: ClawdError) -> ClawdError:
    """The same failure of an answer that had begun: no SDK should ask again by itself."""
    if isinstance(error, Unavailable):
        error.should_retry, error.retry_after = False, None
    return error
