"""The bounded protocol: heads have a size and a deadline, nonsense gets our envelope (H-24, H-27)."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from clawdsite.serve import sockets
from clawdsite.serve.protocol import MOST_HEAD, Bounded
from tests.proof import proves
from tests.server import wire
from tests.server.serving import Served, connected, mirror, request, serving

ASK = request("/v1/x")


class Hasty(Bounded):
    head_deadline = 0.3


async def status_of(served: Served, raw: bytes) -> tuple[int, bool]:
    got, closed = await wire.ask_async(served.port, raw)
    (answer,) = wire.parse(got)
    return answer.status, closed


def head_of(size: int) -> bytes:
    """A head whose request line and headers (name, value, four bytes each) count exactly so much."""
    path, host = "/v1/x", "Host: localhost"
    rest = size - len(path) - (len(host) + 2) - len("X") - 4
    return request(path, host, "X: " + "a" * rest)


@pytest.mark.parametrize(("size", "status"), [(MOST_HEAD - 1, 200), (MOST_HEAD, 200), (MOST_HEAD + 1, 431)])
@proves("hard-H24", "hard-H27")
def test_a_head_may_have_exactly_so_many_bytes(size: int, status: int) -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            assert (await status_of(served, head_of(size)))[0] == status

    asyncio.run(run())


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"GET /",
        b"GET / HTTP/1.1\r\nX-",
        b"\r\n" * 10 + b"GET /?",
    ],
    ids=["value", "path", "name", "blank-lines"],
)
@proves("hard-H24")
def test_a_head_that_never_ends_is_431_and_the_end(beginning: bytes) -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            got, closed = await wire.ask_async(served.port, beginning + b"a" * 40_000)
            (answer,) = wire.parse(got)
            assert (answer.status, closed) == (431, True)
            assert json.loads(answer.body)["error"]["code"] == "headers_too_large"
            assert (answer.header("x-request-id") or "").startswith("req_")
            (call,) = await served.ended()
            assert (call.status, call.outcome) == (431, "bad_request")

    asyncio.run(run())


@proves("fault-F16")
def test_the_kernel_gives_up_on_a_client_that_answers_nothing() -> None:
    (listener,) = sockets.listen("127.0.0.1", 0)
    with listener, socket.create_connection(listener.getsockname()):
        listener.setblocking(True)
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 32 * 1024


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::", "::1", ""])
def test_every_way_of_saying_this_machine_is_shown_as_localhost(host: str) -> None:
    assert sockets.shown(host, 8080) == "http://localhost:8080"
    assert sockets.shown("10.0.0.7", 80) == "http://10.0.0.7:80"
    assert sockets.shown("fd00::7", 80) == "http://[fd00::7]:80"


def test_a_name_with_several_addresses_listens_on_one_port() -> None:
    opened = sockets.listen("localhost", 0)
    assert len({each.getsockname()[1] for each in opened}) == 1
    for each in opened:
        each.close()


class Narrow(Bounded):
    most_connections = 2


@proves("hard-H24")
def test_one_connection_too_many_is_told_to_come_back() -> None:
    async def run() -> None:
        async with (
            serving(mirror, protocol=Narrow) as served,
            connected(served.port),
            connected(served.port) as (_, second),
        ):
            got, closed = await wire.ask_async(served.port, b"")
            (answer,) = wire.parse(got)
            assert (answer.status, answer.header("retry-after"), closed) == (503, "5", True)
            assert json.loads(answer.body)["error"]["code"] == "server_is_overloaded"
            second.close()
            async with asyncio.timeout(5):
                while (await wire.ask_async(served.port, ASK))[0][:12] != b"HTTP/1.1 200":
                    continue

    asyncio.run(run())


@proves("hard-H24")
def test_many_small_headers_count_together() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            lines = [f"X-{number}: {'y' * 100}" for number in range(400)]
            assert (await status_of(served, request("/", *lines)))[0] == 431

    asyncio.run(run())


def test_a_large_body_before_the_next_head_is_not_counted_as_head() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            raw = request("/v1/x", method="POST", body=b"x" * 200_000) + request("/v1/y")
            answers = await served.ask(raw)
            assert [answer.status for answer in answers] == [200, 200]
            assert json.loads(answers[0].body)["body"] == 200_000

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"\r\n\r\n"], ids=repr)
@proves("hard-H24")
def test_a_head_that_is_not_complete_in_time_is_the_end(sent: bytes) -> None:
    async def run() -> None:
        async with serving(mirror, protocol=Hasty) as served:
            _, closed = await wire.ask_async_until_closed(served.port, sent, patience=3)
            assert closed

    asyncio.run(run())


@proves("hard-H24")
def test_blank_lines_do_not_keep_an_idle_connection() -> None:
    async def run() -> None:
        async with serving(mirror, protocol=Hasty) as served, connected(served.port, ASK) as (reader, writer):
            await reader.readuntil(b"0\r\n\r\n")
            writer.write(b"\r\n")
            assert await asyncio.wait_for(reader.read(1), 3) == b""

    asyncio.run(run())


def test_a_head_that_comes_slowly_but_in_time_is_served() -> None:
    async def run() -> None:
        async with serving(mirror, protocol=Hasty) as served, connected(served.port) as (reader, writer):
            for byte in ASK:
                writer.write(bytes([byte]))
                await writer.drain()
            assert await reader.read(12) == b"HTTP/1.1 200"

    asyncio.run(run())


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nX : y\r\n\r\n",
    ],
    ids=["http-0.9", "http-2", "tls", "space-in-name"],
)
@proves("hard-H35")
def test_what_is_not_http_gets_the_envelope_and_the_end(raw: bytes) -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            got, closed = await wire.ask_async(served.port, raw)
            (answer,) = wire.parse(got)
            assert (answer.status, closed) == (400, True)
            assert json.loads(answer.body)["error"]["code"] == "invalid_http"
            assert answer.header("x-content-type-options") == "nosniff"

    asyncio.run(run())


def test_a_trailer_never_becomes_a_header() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            raw = request("/v1/x", "Transfer-Encoding: chunked", method="POST")
            answers = await served.ask(raw + b"0\r\nAuthorization: Bearer x\r\n\r\n")
            assert [answer.status for answer in answers] == [400]

    asyncio.run(run())


def test_nonsense_behind_a_request_does_not_spoil_its_answer() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            answers = await served.ask(request("/v1/x") + b"nonsense\r\n\r\n")
            assert answers[0].status in (200, 400)
            assert len(answers) == 1

    asyncio.run(run())


def test_requests_sent_ahead_are_answered_in_order() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            answers = await served.ask(b"".join(request(f"/v1/{number}") for number in range(5)))
            assert [json.loads(answer.body)["path"] for answer in answers] == [f"/v1/{n}" for n in range(5)]

    asyncio.run(run())
