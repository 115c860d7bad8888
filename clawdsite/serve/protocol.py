"""uvicorn's httptools protocol with what it leaves out: bound and deadline for heads, our envelope (H-24).

Written against uvicorn 0.54 (reference/security.md 0.3 measures what it does by itself).
"""

from __future__ import annotations

import asyncio
import http
import json
import os
from functools import partial
from typing import Any, ClassVar, Final
from weakref import ref

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from clawdsite.core.errors import BadRequest, ClawdError, HeadTooLarge, Overloaded
from clawdsite.entry.dress import CSP_NOTHING, NO_STORE, SECURITY
from gateway import accesslog
from gateway.call import Call

MOST_HEAD: Final = 32 * 1024  # bytes of request line and headers (contract.md)
HEAD_DEADLINE: Final = 60.0  # seconds from the first byte (or the connection) to the end of a head
HANG_UP: Final = (
    2.0  # seconds that a refused client is still listened to, so that it reads the answer before a reset
)
MOST_CONNECTIONS: Final = 10_000  # of one process; `clawdsite.serve.run` fits it to the system's limit
AHEAD: Final = 16  # requests that a client may send before it has its answer


class Unservable(Exception):
    """Raised inside a parser callback; httptools turns it into its own error."""


class Bounded(HttpToolsProtocol):
    """One connection. `heading`: inside a head. `deaf`: refused, what still comes is thrown away."""

    head_deadline: ClassVar[float] = HEAD_DEADLINE
    most_connections: ClassVar[int] = MOST_CONNECTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.running: RequestResponseCycle | None = None
        self.heading = False
        self.head_bytes = 0  # as the parser gave them out
        self.raw_bytes = 0  # as they came, while the head is not complete
        self.too_much = False
        self.deaf = False
        self.deadline: asyncio.TimerHandle | None = None

    # ---- connection ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.most_connections:
            self.deaf = True
            self._refuse(Overloaded("There are too many connections. Try again in a moment.", retry_after=5))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Unlike uvicorn's: a request that runs in front of a pipelined one hears of it too."""
        self._head_came()
        for cycle in (self.running, *(cycle for cycle, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.deaf:
            return
        all_head = self.heading or self._is_idle()
        super().data_received(data)
        if self.deaf or self.transport.is_closing():
            return
        if self.heading and all_head:
            self.raw_bytes += len(data)
            if self.raw_bytes > MOST_HEAD:
                self.too_much = True
                self.send_400_response("")
                return
        if self.deadline is None and (self.heading or self._is_idle()):
            self._await_head()

    def _is_idle(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and not self.pipeline)

    def _await_head(self) -> None:
        self.deadline = self.loop.call_later(self.head_deadline, self._head_is_late)

    def _head_came(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def _head_is_late(self) -> None:
        self.deadline = None
        running = self.running
        if running is not None and not running.response_complete and not running.disconnected:
            running.keep_alive, self.deaf = (
                False,
                True,
            )  # its answer goes out whole, then the connection closes
        elif not self.transport.is_closing():
            self.transport.close()

    # ---- the parser's callbacks ----------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.heading, self.head_bytes, self.raw_bytes = True, 0, 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Blanks behind a value are none of it (RFC 9112 section 5), and a length is digits alone."""
        self._count(len(name) + len(value) + 4)
        if name.lower() == b"content-length" and not value.isdigit():
            raise Unservable
        super().on_header(name, value.rstrip(b" \t"))

    def _count(self, size: int) -> None:
        if not self.heading:  # a trailer is no header: it ends here
            raise Unservable
        self.head_bytes += size
        if self.head_bytes > MOST_HEAD:
            self.too_much = True
            raise Unservable

    def on_headers_complete(self) -> None:
        self.heading = False
        self._head_came()
        version = self.parser.get_http_version()
        if version not in ("1.1", "1.0") or (version == "1.0" and self._should_upgrade()):
            raise Unservable  # RFC 6455 section 4.1: no websocket before HTTP/1.1
        self.scope["clawdbot.abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:  # else it goes on as a websocket
            write = partial(written, ref(self.cycle))  # a weak one: the cycle has the scope
            self.scope["clawdbot.write"] = write  # type: ignore[typeddict-unknown-key]
        if 0 < len(self.pipeline) <= AHEAD:
            self.flow.resume_reading()  # else the client's going would not be noticed

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def _unsupported_upgrade_warning(self) -> None:
        """An Upgrade that nobody serves is an ordinary request (RFC 9110 section 7.8)."""

    # ---- refusals ------------------------------------------------------------------------------

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed: our envelope, and the end of the connection."""
        self.deaf = True
        self._head_came()
        running = self.running
        if running is not None and not running.response_complete:
            running.keep_alive = False
            if running.response_started:
                return  # its answer goes out whole, then the connection closes
            running.disconnected = True
            running.message_event.set()
        error: ClawdError = BadRequest("This is not a valid HTTP request.", code="invalid_http")
        if self.too_much:
            error = HeadTooLarge(f"The request's headers are larger than {MOST_HEAD} bytes.")
        self._hang_up(error)

    def _hang_up(self, error: ClawdError) -> None:
        self._refuse(error)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.deadline = self.loop.call_later(HANG_UP, self._head_is_late)

    def _refuse(self, error: ClawdError) -> None:
        call = Call("req_" + os.urandom(16).hex(), address=self.client[0] if self.client else "")
        call.status, call.outcome, call.error_code = error.status, error.outcome, error.code
        self.transport.write(refusal(error, call.request_id, self.server_state.default_headers))
        accesslog.finish(call)


def written(of: ref[RequestResponseCycle], body: bytes) -> bool:
    """Whether a piece of this answer was written at once, as `cycle.send` would; an empty one only asks."""
    cycle = of()
    if cycle is None:
        return False
    begun = cycle.response_started and not cycle.response_complete and not cycle.disconnected
    if not begun or not cycle.chunked_encoding or cycle.flow.write_paused or cycle.scope["method"] == "HEAD":
        return False
    if body:
        cycle.transport.write(b"%x\r\n%b\r\n" % (len(body), body))
    return True


def refusal(error: ClawdError, request_id: str, default: list[tuple[bytes, bytes]]) -> bytes:
    """A whole HTTP/1.1 answer that closes the connection."""
    body = json.dumps(error.body()).encode()
    headers = [
        *default,
        *((name.lower().encode(), value.encode()) for name, value in error.headers().items()),
        *SECURITY,
        CSP_NOTHING,
        NO_STORE,
        (b"x-request-id", request_id.encode()),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    line = f"HTTP/1.1 {error.status} {http.HTTPStatus(error.status).phrase}\r\n".encode()
    return line + b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body
