"""Requests that break rules, over a plain socket, against a started gateway (H-24..26, corpus http-raw)."""

from __future__ import annotations

import json
import re
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import corpora
from tests.doubles.ollama import OllamaDouble
from tests.proof import proves
from tests.server import wire
from tests.server.process import FREE, Process

LOADED = corpora.loaded("http-raw", "cases.json")
CASES: dict[str, dict[str, str]] = {case["id"]: case for case in LOADED["cases"]} if LOADED else {}
REPEATED = re.compile(r"\{(.+?)\*(\d+)\}", re.DOTALL)
HOST = "Host: localhost\r\n"
FORM = "Content-Type: multipart/form-data; boundary=b\r\n"
PART = '--b\r\nContent-Disposition: form-data; name="f%d"; filename="f"\r\n'
GZIP_BOMB = "\x1f\x8b" + "\x00" * 18


def posted(path: str, headers: str, body: str) -> str:
    return f"POST {path} HTTP/1.1\r\n{HOST}{headers}Content-Length: {len(body.encode())}\r\n\r\n{body}"


# Rows that the corpus describes in words.
IN_WORDS: dict[str, str] = {
    "gzip-body": posted("/v1/chat/completions", "Content-Encoding: gzip\r\n", GZIP_BOMB),
    "multipart-base64": posted(
        "/admin/login/",
        FORM,
        PART % 1 + "Content-Transfer-Encoding: base64\r\n\r\n" + " " * 5_000_000 + "\r\n--b--\r\n",
    ),
    "multipart-1000-files": posted(
        "/admin/login/", FORM, "".join(PART % n + "\r\nx\r\n" for n in range(1000)) + "--b--\r\n"
    ),
    "multipart-no-end": posted("/admin/login/", FORM, PART % 1 + "\r\nx"),
}
# Rows with a test of their own below, or (with a shorter deadline) in test_entry and test_protocol.
APART = {"body-chunked-unbounded", "slow-headers", "slow-body", "conn-flood"}
# Exactly one status, where the row says so.
EXACT = {
    "400": lambda status, closed: status == 400 and closed,
    "404 (measured on stock daphne 4.2.3: 200, the /admin/ view is served)": lambda status, _: status == 404,
    "431 and close, also when the head never ends; the bytes are counted, memory stays bounded": (
        lambda status, closed: status == 431 and closed
    ),
    # a stranger at / is led to the login page
    "normal handling: the limit is 32 KiB for the whole head": lambda status, _: status == 302,
}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """As in production, no proxy trusted, a body limit that a test can reach."""
    server = {"port": 0, "public_url": "http://localhost:8080", "allow_http": True, "trusted_proxies": []}
    with (
        OllamaDouble() as double,
        Process(mode="production", server=server, upstream={"url": double.url}, limits=FREE) as gateway,
    ):
        yield gateway


def bytes_of(case: dict[str, str]) -> bytes:
    raw = IN_WORDS.get(case["id"], case["raw"])
    return REPEATED.sub(lambda found: found[1] * int(found[2]), raw).encode()


def check(case: dict[str, str], answers: list[wire.Answer], closed: bool) -> None:
    """The row's rule."""
    expect, statuses = case["expect"], [answer.status for answer in answers]
    if expect in EXACT:
        assert len(statuses) == 1
        assert EXACT[expect](statuses[0], closed)
    elif case["id"] == "pipeline-2":
        assert statuses == [200, 401]
    elif case["id"] == "health-ua":
        assert statuses == [401]
    elif case["id"] in ("chunk-no-final", "expect-100", "http-0.9"):
        assert statuses in ([], [400], [405], [403])  # waits for the rest, or says no
    else:
        assert len(statuses) == 1, "one request, one answer: nothing of it became a second one"
        assert expect[:3] != "400" or statuses[0] in (400, 403, 404, 405, 200, 401)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"hard-H24-{name}") for name, case in CASES.items() if name not in APART]
)
def test_a_raw_request_is_refused_or_served_and_never_breaks_anything(
    production: Process, case: dict[str, str]
) -> None:
    seen = len(production.access())
    got, closed = wire.ask(production.port, bytes_of(case), patience=1.5)
    answers = wire.parse(got)
    check(case, answers, closed)
    for answer in answers:
        assert answer.status < 500
        assert (answer.header("x-request-id") or "").startswith("req_")
        assert "set-cookie" not in dict(answer.headers) or "a=b" not in (answer.header("set-cookie") or "")
        assert "evil.example" not in str(answer.headers)
        assert "6.6.6.6" not in str(answer.headers)
        for word in (b"Traceback", b"site-packages", b"root:x:0", b"django.", b"csrftoken"):
            assert word not in answer.body, word
        if answer.status >= 400 and answer.header("content-type") == "application/json":
            assert set(json.loads(answer.body)["error"]) >= {"message", "type", "param", "code"}
    production.wait_for(lambda: len(production.access()) >= seen + len(answers))
    assert {line["address"] for line in production.access()} == {"127.0.0.1"}
    assert not [line for line in production.lines() if line["level"] == "error"]


def test_every_row_of_the_corpus_has_a_rule() -> None:
    unknown = [name for name, case in CASES.items() if case["raw"].find("HTTP/") < 0]
    assert set(unknown) <= set(IN_WORDS) | APART | {"http-0.9"}


def resident(pid: int) -> int:
    """Resident memory in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def flood(connection: socket.socket, most: int) -> int:
    """Send chunks until the server says something or closes -> bytes sent."""
    connection.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    sent = 0
    connection.settimeout(0.001)
    while sent < most:
        try:
            if connection.recv(1, socket.MSG_PEEK):
                return sent
        except TimeoutError:
            pass
        except ConnectionError:
            return sent
        connection.settimeout(5)
        try:
            connection.sendall(chunk)
        except ConnectionError:
            return sent
        connection.settimeout(0.0001)
        sent += 65536
    return sent


@proves("hard-H24")
def test_a_body_without_end_is_413_at_the_limit_and_memory_stays_bounded(production: Process) -> None:
    before = resident(production.pid)
    with socket.create_connection(("127.0.0.1", production.port)) as connection:
        sent = flood(connection, 150_000_000)
        assert 31_000_000 < sent < 60_000_000
        (answer,) = wire.parse(wire.listen(connection, quiet=5)[0])
        assert answer.status == 413
        assert json.loads(answer.body)["error"]["code"] == "body_too_large"
    assert resident(production.pid) - before < 100_000_000


@proves("hard-H24")
def test_two_thousand_silent_connections_keep_nobody_out(production: Process) -> None:
    with ExitStack() as crowd:
        for _ in range(2000):
            crowd.enter_context(socket.create_connection(("127.0.0.1", production.port)))
        began = time.monotonic()
        got, _ = wire.ask(production.port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 200")
        assert time.monotonic() - began < 1 + wire.QUIET


@proves("hard-H43")
def test_in_production_a_debug_port_stays_closed_and_the_log_says_so(double: OllamaDouble) -> None:
    server = {"port": 0, "public_url": "http://localhost:8080", "allow_http": True}
    for extra, words in (({"debug_port": 18789}, 1), ({}, 0)):
        parts: dict[str, Any] = {
            "mode": "production",
            "server": server,
            "upstream": {"url": double.url},
        } | extra
        with Process(**parts) as gateway:
            listening = sockets_of(gateway.pid)
            assert listening == {gateway.port}
            closed = [line["message"] for line in gateway.lines() if "debug_port" in line["message"]]
            assert len(closed) == words, closed
            assert all("never opened in production" in line for line in closed)


def sockets_of(pid: int) -> set[int]:
    """Ports on which a process listens."""
    inodes = {
        target.removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if (target := _target(link)).startswith("socket:[")
    }
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()
    ]
    return {
        int(row[1].rpartition(":")[2], 16)
        for row in rows
        if len(row) > 9 and row[9] in inodes and row[3] == "0A"
    }


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
