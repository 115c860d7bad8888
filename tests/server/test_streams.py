"""Streams at the door: signs of life, clients that go or do not read, outside ends (M2, M3, F-14..17)."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import struct
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from clawdsite.core.errors import Draining
from clawdsite.core.lifecycle import lifecycle
from clawdsite.entry.asgi import Receive, Scope, Send
from clawdsite.entry.exchange import Exchange, all_running
from tests.proof import proves
from tests.server.serving import QUICK, body_of, connected, request, serving, streamer

BEAT = b": keep-alive\n\n"


class Endless:
    """An application that streams until it is cancelled, as Django runs a view: two tasks."""

    def __init__(self, piece: bytes = b"", pause: float = 3600.0) -> None:
        self.piece, self.pause = piece, pause
        self.started, self.cancelled = asyncio.Event(), asyncio.Event()
        self.sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        view = asyncio.create_task(self.stream(send))
        while (await receive())["type"] != "http.disconnect":
            continue
        view.cancel()
        await asyncio.gather(view, return_exceptions=True)

    async def stream(self, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            self.started.set()
            while True:
                if self.piece:
                    await send({"type": "http.response.body", "body": self.piece, "more_body": True})
                    self.sent += len(self.piece)
                await asyncio.sleep(self.pause)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


ASK = request("/v1/chat/completions", method="POST", body=b"{}")


@proves("promise-M2")
def test_a_silent_stream_shows_signs_of_life_from_the_start_and_they_stand_between_events() -> None:
    async def run() -> None:
        async with serving(streamer([0.5, b"data: 1\n\n", b"data: 2\n\n", 0.5, b"data: 3\n\n"])) as served:
            (got,) = await served.ask(request("/v1/x"), quiet=2)
            blocks = got.body.split(b"\n\n")
            assert blocks[0] == b": keep-alive"
            assert [block for block in blocks if block.startswith(b"data")] == [
                b"data: 1",
                b"data: 2",
                b"data: 3",
            ]
            assert {block for block in blocks if not block.startswith(b"data")} == {b": keep-alive", b""}
            assert blocks.count(b": keep-alive") >= 4

    asyncio.run(run())


@proves("promise-M2")
def test_a_busy_stream_and_a_plain_answer_show_none() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        )
        await asyncio.sleep(0.5)
        await send({"type": "http.response.body", "body": b"late"})

    busy = [part for number in range(20) for part in (b"data: %d\n\n" % number, 0.03)]

    async def run() -> None:
        async with serving(streamer(busy)) as served:
            assert BEAT not in (await served.ask(request("/"), quiet=2))[0].body
        async with serving(slow) as served:
            assert (await served.ask(request("/"), quiet=2))[0].body == b"late"

    asyncio.run(run())


@pytest.mark.parametrize("how", ["fin", "rst"])
@proves("promise-M3", "fault-F14")
def test_a_client_that_goes_cancels_the_view(how: str) -> None:
    async def run() -> None:
        app = Endless(b"data: x\n\n", pause=0.01)
        async with serving(app) as served:
            async with connected(served.port, ASK) as (_, writer):
                await asyncio.wait_for(app.started.wait(), 5)
                if how == "rst":
                    raw = writer.get_extra_info("socket")
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await asyncio.wait_for(app.cancelled.wait(), 1)
            (call,) = await served.ended()
            assert call.outcome == "client_closed"
            assert not lifecycle.running

    asyncio.run(run())


@proves("promise-M3")
def test_a_client_that_goes_before_any_answer_is_told_apart_from_an_answer() -> None:
    async def run() -> None:
        app = Endless()
        waiting = asyncio.Event()

        async def silent(scope: Scope, receive: Receive, send: Send) -> None:
            await body_of(receive)
            waiting.set()
            await receive()

        async with serving(silent) as served:
            async with connected(served.port, ASK):
                await asyncio.wait_for(waiting.wait(), 5)
            (call,) = await served.ended()
            assert (call.outcome, call.status) == ("client_closed", 499)
        assert not app.started.is_set()

    asyncio.run(run())


@proves("promise-M3")
def test_a_second_request_sent_ahead_does_not_hide_that_the_client_went() -> None:
    async def run() -> None:
        app = Endless()
        async with serving(app) as served:
            async with connected(served.port, ASK) as (_, writer):
                await asyncio.wait_for(app.started.wait(), 5)
                writer.write(request("/v1/models"))
                await writer.drain()
            await asyncio.wait_for(app.cancelled.wait(), 1)

    asyncio.run(run())


@proves("fault-F16", "fault-F17")
def test_a_client_that_reads_nothing_loses_its_stream_and_memory_does_not_grow() -> None:
    async def run() -> None:
        app = Endless(b"data: " + b"x" * 50_000 + b"\n\n", pause=0)
        async with serving(app) as served:
            with socket.socket() as raw:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                raw.connect(("127.0.0.1", served.port))
                raw.sendall(ASK)
                await asyncio.wait_for(app.cancelled.wait(), QUICK.write + 5)
                assert app.sent < 500_000, "the view waits for the client, and the kernel holds little"
                (call,) = await served.ended()
                assert call.outcome == "client_closed"

    asyncio.run(run())


@proves("promise-M15", "fault-F22")
def test_a_stream_that_is_ended_from_outside_says_why_and_never_done() -> None:
    async def run() -> None:
        app = Endless(b"data: {}\n\n", pause=0.02)
        async with serving(app) as served:
            async with connected(served.port, ASK) as (reader, _):
                await asyncio.wait_for(app.started.wait(), 5)
                (exchange,) = all_running()
                await exchange.interrupt(Draining("The gateway is shutting down."))
                text = await asyncio.wait_for(reader.readuntil(b"\r\n0\r\n\r\n"), 5)
            last = text.split(b"data: ")[-1].split(b"\n\n")[0]
            assert json.loads(last)["error"]["code"] == "shutting_down"
            assert b"[DONE]" not in text
            await asyncio.wait_for(app.cancelled.wait(), 1)
            (call,) = await served.ended()
            assert (call.outcome, call.error_code) == ("draining", "shutting_down")

    asyncio.run(run())


@proves("promise-M15")
def test_a_call_that_has_no_answer_yet_is_told_to_come_back() -> None:
    async def run() -> None:
        waiting, gone = asyncio.Event(), asyncio.Event()

        async def silent(scope: Scope, receive: Receive, send: Send) -> None:
            await body_of(receive)
            waiting.set()
            await receive()
            gone.set()

        async with serving(silent) as served:
            async with connected(served.port, ASK) as (reader, _):
                await asyncio.wait_for(waiting.wait(), 5)
                (exchange,) = all_running()
                await exchange.interrupt(Draining("The gateway is shutting down."))
                text = await asyncio.wait_for(reader.read(-1), 5)
            assert text.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 5" in text
            await asyncio.wait_for(gone.wait(), 1)

    asyncio.run(run())


@proves("promise-M2")
def test_a_bug_inside_a_stream_is_an_error_event(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await streamer([])(scope, receive, drop_last(send))
        raise ValueError("what alice said")

    def drop_last(send: Send) -> Send:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                await send(message)

        return sent

    async def run() -> None:
        async with serving(app) as served:
            (got,) = await served.ask(request("/v1/x"))
            assert json.loads(got.body.removeprefix(b"data: "))["error"]["code"] == "internal_error"
            (call,) = await served.ended()
            assert call.outcome == "error"

    asyncio.run(run())


class Abrupt(Endless):
    """It writes pieces at once while it can, and tells how many bytes went so before it could not."""

    def __init__(self, piece: bytes, count: int) -> None:
        super().__init__(piece)
        self.count = count
        self.refused: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        write = scope["clawdbot.write"]
        assert not write(b"too early")
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while self.sent < self.count * len(self.piece) and write(self.piece):
            self.sent += len(self.piece)
        self.refused.set_result(self.sent)
        await send({"type": "http.response.body", "body": b"data: last\n\n", "more_body": False})
        assert not write(b"too late")


def test_pieces_that_are_written_at_once_stand_in_their_order() -> None:
    async def run() -> None:
        app = Abrupt(b"data: x\n\n", 20)
        async with serving(app) as served:
            (got,) = await served.ask(ASK, quiet=2)
            assert got.body == b"data: x\n\n" * 20 + b"data: last\n\n"

    asyncio.run(run())


def test_a_client_that_does_not_read_is_written_nothing_at_once() -> None:
    async def run() -> None:
        app = Abrupt(b"data: " + b"x" * 50_000 + b"\n\n", 10_000)
        async with serving(app) as served, connected(served.port, ASK) as (reader, _):
            sent = await asyncio.wait_for(app.refused, 10)
            assert 0 < sent < 20_000_000
            read = b""
            async with asyncio.timeout(20):
                while not read.endswith(b"0\r\n\r\n"):
                    read = read[-16:] + await reader.read(1 << 20)

    asyncio.run(run())


def test_an_answered_request_is_forgotten_without_a_collection() -> None:
    """What can be written to at once leads back to the request: no cycle may keep it."""

    def kept() -> int:
        return sum(type(each) in (Exchange, RequestResponseCycle) for each in gc.get_objects())

    async def run() -> None:
        async with serving(Abrupt(b"data: x\n\n", 2)) as served:
            await served.ask(ASK, quiet=2)
            await served.ended()
            for _ in range(20):
                await asyncio.sleep(0)
            assert kept() <= before

    gc.collect()
    before = kept()
    gc.disable()
    try:
        asyncio.run(run())
    finally:
        gc.enable()
