"""Stop means stop: the client goes, and within a second the upstream is closed and the slot free (M3)."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway.admission.queue import line as waiting_line
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.flow.conftest import UNLIMITED
from tests.flow.test_chat import HI, line
from tests.live import LiveGateway
from tests.proof import proves

ROUTES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": HI,
    "/v1/completions": {"prompt": "hi"},
    "/v1/responses": {"input": "hi"},
}
PHASES: dict[str, Callable[[str], Reply]] = {
    "waiting": lambda _: Reply.lines(line("x")).stall("headers", None),
    "answering": lambda _: Reply.tokens(100_000, rate=50),
    "thinking": lambda _: Reply.tokens(100_000, rate=50, thinking=100_000),
}


def opened(gateway: LiveGateway, path: str, body: dict[str, Any]) -> socket.socket:
    """A raw connection with the request sent: it can be cut as a network cuts it."""
    import json

    raw = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {gateway.token('alice')}\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", gateway.port))
    connection.sendall(head.encode() + raw)
    return connection


def leave(connection: socket.socket, how: str) -> float:
    """Close by FIN or by RST -> when."""
    if how == "rst":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return time.monotonic()


def wait_until(true: Callable[[], bool], limit: float) -> bool:
    """Poll a condition of another thread."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return true()


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("path", ROUTES)
@proves("promise-M3", "fault-F14", "vec-T16")
def test_the_client_goes_and_the_upstream_is_closed(
    gateway: LiveGateway, double: OllamaDouble, path: str, stream: bool, how: str
):
    native = "/api/generate" if path == "/v1/completions" else "/api/chat"
    for phase, reply in PHASES.items():
        double.script(native, reply(phase))
        seen = len(double.journal.to(native))
        connection = opened(gateway, path, ROUTES[path] | {"stream": stream})
        assert double.wait_for(lambda journal: len(journal.to(native)) > seen, 5), phase  # noqa: B023
        if phase != "waiting":
            assert double.wait_for(lambda journal: journal.to(native)[-1].sent > 500, 5), phase
        left = leave(connection, how)
        assert double.wait_for(lambda journal: journal.to(native)[-1].closed is not None, 2), phase
        assert double.journal.to(native)[-1].closed_by == "client"
        assert double.journal.to(native)[-1].closed - left < 1
        assert wait_until(lambda: gateway.call(lambda: waiting_line().running) == 0, 1), phase


@proves("promise-M3")
def test_a_caller_who_leaves_the_queue_leaves_no_trace(double: OllamaDouble):
    double.script("/api/chat", Reply.lines(line("x")).stall("headers", None))
    with LiveGateway(upstream={"url": double.url, "max_connections": 1}, limits=UNLIMITED) as gateway:
        first = opened(gateway, "/v1/chat/completions", HI | {"stream": True})
        assert double.wait_for(lambda journal: len(journal.to("/api/chat")) == 1, 5)
        second = opened(gateway, "/v1/chat/completions", HI | {"stream": True})
        assert wait_until(lambda: gateway.call(lambda: waiting_line().waiting) == 1, 30)
        leave(second, "fin")
        assert wait_until(lambda: gateway.call(lambda: waiting_line().waiting) == 0, 1)
        assert len(double.journal.to("/api/chat")) == 1
        leave(first, "fin")
        assert wait_until(lambda: gateway.call(lambda: waiting_line().running) == 0, 1)


@proves("promise-M3")
def test_a_caller_who_leaves_a_cold_load_frees_the_slot_and_aborts_nobodys_load():
    with OllamaDouble(loaded=False, load_time=1.0) as double:
        with LiveGateway(upstream={"url": double.url}, limits=UNLIMITED) as gateway:
            first = opened(gateway, "/v1/chat/completions", HI | {"stream": True})
            assert double.wait_for(lambda journal: len(journal.to("/api/generate")) == 1, 5)
            leave(first, "rst")
            assert wait_until(lambda: gateway.call(lambda: waiting_line().running) == 0, 1)
            with gateway.client("bob") as bob:
                assert bob.post("/v1/chat/completions", json=HI).status_code == 200
        assert len(double.journal.to("/api/generate")) == 1


@proves("fault-F51")
def test_a_full_queue_says_so_and_when_to_come_back(double: OllamaDouble):
    double.script("/api/chat", Reply.lines(line("x")).stall("headers", None))
    upstream = {"url": double.url, "max_connections": 1, "queue": {"size": 1}}
    with LiveGateway(upstream=upstream, limits=UNLIMITED) as gateway:
        held = [opened(gateway, "/v1/chat/completions", HI) for _ in range(2)]
        assert wait_until(lambda: gateway.call(lambda: waiting_line().waiting) == 1, 30)
        with gateway.client() as alice:
            answer = alice.post("/v1/chat/completions", json=HI)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "server_is_overloaded"
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        for connection in held:
            leave(connection, "rst")
