"""One request and its answer: limits on the way in, headers and signs of life on the way out, one account."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from clawdsite.core import log as logs
from clawdsite.core.config import live
from clawdsite.core.errors import ClawdError, Draining, Forbidden, Internal
from clawdsite.core.lifecycle import lifecycle
from clawdsite.core.paths import body_limit, is_bearers, is_health, is_session, is_v1
from clawdsite.entry import head as heads
from clawdsite.entry.asgi import Message, Receive, Scope, Send
from clawdsite.entry.body import Body
from clawdsite.entry.door import preflight
from clawdsite.entry.dress import RawHeaders, cors_headers, v1_headers
from clawdsite.entry.outcome import Verdict, settle
from gateway import accesslog, bodies
from gateway.call import Call
from gateway.wire import sse

if TYPE_CHECKING:
    from clawdsite.entry.entry import Entry

log = logging.getLogger(__name__)

KEEP_ALIVE: Final = {"type": "http.response.body", "body": sse.comment("keep-alive"), "more_body": True}
CLOSE: Final = (b"connection", b"close")


class Exchange:
    """State of one request. `touched`, `pending` and `finished` are what a streamed token costs here."""

    __slots__ = (
        "entry", "config", "scope", "call", "path", "head", "origin", "cookies", "body", "_receive", "_send",
        "started", "streaming", "finished", "sealed", "gone", "closing", "_write",
        "touched", "pending", "verdict", "beats",
    )  # fmt: skip

    def __init__(self, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
        self.entry = entry
        self.config = live.current()
        self.path: str = scope["path"]
        self.head = heads.read(scope, self.config)
        self.call = Call(
            "req_" + os.urandom(16).hex(),
            method=scope["method"],
            path=self.path,
            address=self.head.address,
            client_request_id=self.head.client_request_id(),
        )
        self._receive, self._send = receive, send
        self.origin, self.cookies = b"", False
        deadline = self.call.started + entry.limits.body
        self.body = Body(receive, body_limit(self.path, self.config.server.max_body), deadline)
        self.started = self.streaming = self.finished = self.sealed = False
        self.gone = self.closing = self.pending = False
        self.verdict: Verdict | None = None
        self.beats: set[asyncio.Task[None]] = set()
        self.touched = self.call.started
        self._write: Callable[[bytes], bool] | None = scope.get("clawdbot.write")
        self.scope = self._inner(scope)

    def _inner(self, scope: Scope) -> Scope:
        """What the application sees of the request."""
        client = scope.get("client") or ("", 0)
        return {
            **scope,
            "headers": self.head.headers,
            "client": client if client[0] == self.head.address else (self.head.address, 0),
            "scheme": self.head.scheme,
            "root_path": "",
            "clawdbot.call": self.call,
            "clawdbot.write": self.write,
            "clawdbot.debug": self.entry.door.debug,
            "clawdbot.forwarded": self.head.forwarded,
        }

    # ---- the road ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve this request, whatever happens; its account is written exactly once."""
        logs.request_id.set(self.call.request_id)
        counted = not is_health(self.path)
        if counted:
            lifecycle.enter(self)
        try:
            await self._serve()
        except ClawdError as error:
            await self._refuse(error)
        except Exception as error:  # noqa: BLE001 - the last fence: whatever it was, the client gets an envelope
            await self._failed(error)
        finally:
            self.sealed = True
            self.scope.pop("clawdbot.write", None)  # it leads back here: no cycle keeps the request
            self.entry.pulse.remove(self)
            try:
                await self.call.close()
            finally:
                whole = self.finished or not self.started
                settle(self.call, self.verdict, gone=self.gone or self.body.gone, whole=whole)
                accesslog.finish(self.call)
                if counted:
                    lifecycle.leave(self)

    async def _serve(self) -> None:
        head, call = self.head, self.call
        shared = is_session(self.path)
        if shared or is_bearers(self.path):
            self._welcome(head.text(b"origin"), shared)
        if lifecycle.draining and not is_health(self.path):
            self.closing = True
            raise Draining("The gateway is shutting down. Try again in a moment.", retry_after=5)
        refusal = self.entry.door.refusal(head, self.path, self.config)
        if refusal is not None:
            raise refusal
        asks_first = call.method == "OPTIONS" and b"access-control-request-method" in head.wanted
        if asks_first and (shared or is_bearers(self.path)):
            await self._preflight()
            return
        self.body.check(head.text(b"content-length"))
        if is_v1(self.path) and bodies.chosen(self.config.logging.sample_bodies):
            call.sampled = self.body.keep = True
        await self.entry.app(self.scope, self.receive, self.send)

    def _welcome(self, origin: str, shared: bool) -> None:
        """Whether the page that asks may read the answer; `shared`: an address that is asked with cookies."""
        door, config = self.entry.door, self.config
        if origin and (door.shares(origin, self.path, config) if shared else door.welcomes(origin, config)):
            self.origin, self.cookies = self.head.wanted[b"origin"], shared

    async def _preflight(self) -> None:
        if not self.origin:
            key = "front_ends" if is_session(self.path) else "cors_origins"
            raise Forbidden(f"Pages of this origin may not call this API (server.{key}).", param="Origin")
        asked = self.head.text(b"access-control-request-headers")
        await self._answer(204, preflight(asked, self.origin, cookies=self.cookies), b"")

    # ---- in ------------------------------------------------------------------------------------

    async def receive(self) -> Message:
        """The application's receive: the body, then the wait for the client to go."""
        if not self.body.done:
            message = await self.body.next()
            self.call.body = self.body.kept()
            return message
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self.finished:
            self.gone = True
        return message

    # ---- out -----------------------------------------------------------------------------------

    async def send(self, message: Message) -> None:
        """The application's send. After `sealed` whatever the application still says is dropped."""
        if self.sealed:
            return
        if self.streaming:
            self.touched, self.pending = time.monotonic(), True
            await self._send(message)
            self.pending = False
            if not message.get("more_body", False):
                self._end()
        elif message["type"] == "http.response.start":
            await self._start(message["status"], message.get("headers", []))
        else:
            await self._send_whole(message)

    def write(self, body: bytes) -> bool:
        """A piece of a stream, sent now, without a turn of anybody's task; False: it must be sent the other
        way. An empty one asks."""
        if self._write is None or self.sealed or self.finished or self.pending or not self.streaming:
            return False
        if not self._write(body):
            return False
        self.touched = time.monotonic()
        return True

    async def _start(self, status: int, given: RawHeaders) -> None:
        call = self.call
        headers, kind = self.entry.wardrobe().dress(list(given), path=self.path, status=status)
        headers.append((b"x-request-id", call.request_id.encode()))
        if is_v1(self.path):
            headers += v1_headers((time.monotonic() - call.started) * 1000)
        if self.origin and call.method != "OPTIONS":
            headers += cors_headers(self.origin, cookies=self.cookies)
        if self.closing or lifecycle.draining:
            headers.append(CLOSE)
        call.status, self.started = status, True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        if kind.startswith(b"text/event-stream") and call.method != "HEAD":
            self.touched, self.streaming = time.monotonic(), True
            self.entry.pulse.add(self)

    async def _send_whole(self, message: Message) -> None:
        """A piece of an answer that is not a stream, within the write deadline."""
        try:
            async with asyncio.timeout(self.entry.limits.write):
                await self._send(message)
        except TimeoutError:
            self.drop()
            return
        if not message.get("more_body", False):
            self._end()

    def _end(self) -> None:
        self.finished = True
        self.entry.pulse.remove(self)

    # ---- streams: once a tick ------------------------------------------------------------------

    def beat(self, now: float) -> None:
        """A sign of life where nothing was sent for long; the end where nothing was read for long."""
        limits = self.entry.limits
        silent = now - self.touched
        if self.pending:
            if silent >= limits.write:
                self.drop()
        elif silent >= limits.keep_alive and not self.sealed:
            self.touched = now
            task = asyncio.get_running_loop().create_task(self._keep_alive())
            self.beats.add(task)
            task.add_done_callback(self.beats.discard)

    async def _keep_alive(self) -> None:
        if self.finished or self.sealed or self.pending:
            return
        self.pending = True
        try:
            await self._send(KEEP_ALIVE)
        except (RuntimeError, OSError):
            log.debug("a stream ended under its sign of life")
        self.pending = False

    def drop(self) -> None:
        """The client reads nothing: its connection ends, and with it the call."""
        self.entry.pulse.remove(self)
        self.gone = True
        abort = self.scope.get("clawdbot.abort")
        if abort is not None:
            abort()

    # ---- ends that are not the application's ---------------------------------------------------

    async def interrupt(self, error: ClawdError) -> None:
        """End this exchange from outside: an error event in a stream (no [DONE]), else an error answer."""
        if self.finished or self.sealed:
            return
        self.verdict = (error.outcome, error.code)
        self.closing = True
        if not self.started:
            await self._answer_error(error)
        elif self.streaming:
            self.sealed = True
            event = sse.event(json.dumps(error.body()))
            await self._send({"type": "http.response.body", "body": event, "more_body": False})
            self._end()

    async def _refuse(self, error: ClawdError) -> None:
        """An error of the entry's own. Where a body is still on its way the connection is given up."""
        self.verdict = (error.outcome, error.code)
        if self.started or self.gone or self.body.gone:
            return
        self.closing = self.closing or not self.body.done
        await self._answer_error(error)

    async def _failed(self, error: Exception) -> None:
        log.error("unexpected error", exc_info=error)
        shown = Internal("Something went wrong here. The request id tells the administrator what.")
        if self.streaming:
            await self.interrupt(shown)
        else:
            await self._refuse(shown)

    async def _answer_error(self, error: ClawdError) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in error.headers().items()]
        headers.append((b"content-type", b"application/json"))
        await self._answer(error.status, headers, json.dumps(error.body()).encode())

    async def _answer(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """A whole answer of our own; then what the client still sends is read and forgotten for a moment."""
        if status != 204:
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        self.sealed = True  # the application may be about to answer
        await self._start(status, headers)
        lingers = not self.body.done and self.call.method not in ("GET", "HEAD", "OPTIONS")
        await self._send({"type": "http.response.body", "body": body, "more_body": lingers})
        if lingers:
            await self.body.linger()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        self._end()


def all_running() -> list[Exchange]:
    """Every exchange under way in this process, health probes apart."""
    found: set[Any] = lifecycle.running
    return [exchange for exchange in found if isinstance(exchange, Exchange)]
