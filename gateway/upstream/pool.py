"""A session to one address of the model's host, and one request on it."""

from __future__ import annotations

import asyncio
import io
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Final, Self, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from gateway.upstream.failures import STALE, TROUBLE, before_answer

READ_BUFFER: Final = 64 * 1024  # bytes; aiohttp stops reading the socket at twice that
KEPT: Final = 30.0  # seconds an idle connection is kept
LINGER: Final = 0.5  # seconds for the terminating chunk after the done line, so that the connection is kept
# Everything that goes up besides Host, Content-Type, Content-Length and Authorization.
HEADERS: Final = {
    "Accept": "application/x-ndjson, application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "clawdbot",
}


class Receiver(ResponseHandler):
    """One connection. Its body always ends, also where its chunks could not be read; what came is kept.

    left: bytes of a body that broke off, which nobody had read when it did.
    tap: offered each piece while somebody waits for it; True: it took the piece, and nobody need wake.
    """

    left = b""
    tap: Callable[[bytes], bool] | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        payload = self._payload
        if payload is not None and not payload.is_eof():
            self.left = unread(payload)
        super().connection_lost(exc)
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            payload.set_exception(aiohttp.ClientPayloadError("the connection closed inside a body"))

    def resume_reading(self, resume_parser: bool = True) -> None:
        """aiohttp asks for this at each read, and has its parser run on nothing; only a pause needs it."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def close(self) -> None:
        """Now: not after what the host has not read yet, and without a farewell of TLS."""
        self.abort()


class Connector(aiohttp.TCPConnector):
    """As many connections as there are calls: how many at once is the queue's business."""

    def __init__(self) -> None:
        super().__init__(limit=0, keepalive_timeout=KEPT)
        self._factory = cast("partial[ResponseHandler]", partial(Receiver, loop=self._loop))


@dataclass
class Attempt:
    """What the trace learns of one request. reused: it went out on a kept connection."""

    reused: bool = False


class Pool:
    """One aiohttp session. It outlives its retirement until the last call on it is over.

    url: of the model's host, perhaps with a path and with a name and password.
    """

    def __init__(self, url: str) -> None:
        parsed = URL(url)
        self.url = url
        self._base = str(parsed.with_user(None)).rstrip("/")
        self._basic = basic(parsed.user, parsed.password or "") if parsed.user else None
        self._calls = 0
        self._retired = False
        self._closing: asyncio.Task[None] | None = None
        self._lingering: dict[aiohttp.ClientResponse, asyncio.TimerHandle] = {}
        self._session = aiohttp.ClientSession(
            connector=Connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            read_bufsize=READ_BUFFER,
            headers=HEADERS,
            trace_configs=[tracing()],
        )

    @contextmanager
    def call(self) -> Iterator[Self]:
        """Keeps the session open meanwhile."""
        self._calls += 1
        try:
            yield self
        finally:
            self._calls -= 1
            self._close_when_idle()

    async def send(
        self, method: str, path: str, body: bytes | None, connect_timeout: float, authorization: str | None
    ) -> aiohttp.ClientResponse:
        """The answer as soon as its head is there; the caller closes it.

        A kept connection may have died unnoticed: then, and only then, the request is sent once more, on
        another connection (RFC 9112 section 9.3.1: no byte of an answer came). Raises ClawdError.
        """
        for last in (False, True):
            attempt = Attempt()
            try:
                return await self._send(method, path, body, connect_timeout, authorization, attempt)
            except STALE as exc:
                if last or not attempt.reused or isinstance(exc, aiohttp.ClientConnectorError):
                    raise before_answer(exc) from None
            except TROUBLE as exc:
                raise before_answer(exc) from None
        raise AssertionError("unreachable")

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        connect_timeout: float,
        authorization: str | None,
        attempt: Attempt,
    ) -> aiohttp.ClientResponse:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if authorization or self._basic:
            headers["Authorization"] = authorization or self._basic or ""
        timeout = aiohttp.ClientTimeout(
            total=None, connect=connect_timeout, sock_connect=connect_timeout, ceil_threshold=3600
        )
        return await self._session.request(
            method,
            self._base + path,
            data=None if body is None else io.BytesIO(body),
            headers=headers,
            allow_redirects=False,
            timeout=timeout,
            trace_request_ctx=attempt,
        )

    def linger(self, response: aiohttp.ClientResponse) -> None:
        """Close a response that is whole but for the end of its body, unless that comes in a moment."""
        timer = asyncio.get_running_loop().call_later(LINGER, self._hang_up, response)
        self._lingering[response] = timer

    def _hang_up(self, response: aiohttp.ClientResponse) -> None:
        self._lingering.pop(response).cancel()
        response.close()

    def retire(self) -> None:
        """No new calls; those under way go on."""
        self._retired = True
        self._close_when_idle()

    @property
    def closed(self) -> bool:
        return self._session.closed

    async def close(self) -> None:
        """Now, whatever is under way."""
        for response in list(self._lingering):
            self._hang_up(response)
        await self._session.close()

    def _close_when_idle(self) -> None:
        if self._retired and self._calls == 0 and self._closing is None:
            # A task, since the last caller may be in the middle of its cancellation.
            self._closing = asyncio.get_running_loop().create_task(self.close())


def unread(body: aiohttp.StreamReader) -> bytes:
    """What its buffer holds; nothing where somebody waits for it to hold something."""
    pieces = []
    try:
        while piece := body.read_nowait():
            pieces.append(piece)
    except (aiohttp.ClientError, RuntimeError):
        return b"".join(pieces)
    return b"".join(pieces)


def tracing() -> aiohttp.TraceConfig:
    """Tells an Attempt that its connection is a kept one."""

    async def reused(session: object, context: SimpleNamespace, params: object) -> None:
        attempt = context.trace_request_ctx
        if isinstance(attempt, Attempt):
            attempt.reused = True

    config = aiohttp.TraceConfig()
    config.on_connection_reuseconn.append(reused)
    return config


def basic(user: str, password: str) -> str:
    """RFC 7617, UTF-8."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
