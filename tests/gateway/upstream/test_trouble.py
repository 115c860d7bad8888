"""A host that refuses, fails or talks nonsense: one error a caller can act on, and no vendor's words."""

from __future__ import annotations

import gzip
import time

import pytest

from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.gateway.upstream.asking import (
    ask,
    ask_until_failure,
    deaf_port,
    in_loop,
    refusal,
    resident,
    text_of,
    upstream_of,
)
from tests.proof import proves

LINE = {"message": {"content": "x"}, "done": False}
DONE = {"message": {"content": ""}, "done": True}
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@proves("vec-S29", "fault-F01")
@in_loop
async def test_a_refused_connection_says_so_at_once(double: OllamaDouble) -> None:
    double.stop()
    async with upstream_of(double) as upstream:
        began = time.monotonic()
        error = await refusal(upstream)
        assert time.monotonic() - began < 1
        assert (error.status, error.code, error.retry_after) == (503, "upstream_unavailable", 5)
        assert "127.0.0.1" not in error.message
        double.start()
        assert await ask(upstream)  # and it comes back by itself


@proves("fault-F01")
@in_loop
async def test_an_unknown_name_is_unreachable_too() -> None:
    async with upstream_of("http://no-such-host.invalid:11434") as upstream:
        assert (await refusal(upstream)).code == "upstream_unavailable"


@proves("fault-F02")
@in_loop
async def test_a_connection_that_hangs_fails_at_the_connect_timeout() -> None:
    with deaf_port() as url:
        async with upstream_of(url, connect_timeout=0.3) as upstream:
            began = time.monotonic()
            error = await refusal(upstream)
            assert 0.25 < time.monotonic() - began < 0.8
    assert error.code == "upstream_unavailable"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply.raw(b"hello, world\r\n\r\n"), id="fault-F06-no HTTP"),
        pytest.param(Reply.raw(b"HTTP/1.1 abc OK\r\n\r\n"), id="fault-F06-status line"),
        pytest.param(Reply.raw(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), id="fault-F06-header"),
        pytest.param(Reply.raw(OK + b"X: " + b"a" * 20_000 + b"\r\n\r\n"), id="fault-F06-header of 20 kB"),
        pytest.param(Reply.raw(b"\x16\x03\x01\x02\x00\x01\x00" * 3), id="fault-F06-TLS"),
        pytest.param(
            Reply.raw(CHUNKED, b'9\r\n{"a":"b"}\r\n', b"zzz\r\n", gap=0.02),
            id="fault-F06-chunking after a line",
        ),
        pytest.param(Reply.raw(CHUNKED + b"zzz\r\n"), id="fault-F06-chunking"),
        pytest.param(Reply.text("<html>", headers=[("Content-Type", "text/html")]), id="fault-F06-web page"),
        pytest.param(Reply.text("Ollama is running"), id="fault-F06-text"),
        pytest.param(Reply.text("", headers=()), id="fault-F06-nothing"),
        pytest.param(Reply.lines(b'{"message":\n'), id="fault-F06-half JSON"),
        pytest.param(Reply.lines(["a"]), id="fault-F06-an array"),
        pytest.param(Reply.text("", 204), id="fault-F06-204"),
        pytest.param(Reply.text("", 101), id="fault-F06-101"),
        pytest.param(
            Reply.lines(DONE).with_headers(("Content-Encoding", "gzip")), id="fault-F12-compressed by name"
        ),
        pytest.param(Reply.lines(gzip.compress(b"0" * 10**8)), id="fault-F12-gzip bomb"),
        pytest.param(
            Reply.text(gzip.compress(b"0" * 10**8), headers=[("Content-Encoding", "gzip")]),
            id="fault-F12-gzip bomb by name",
        ),
    ],
)
@in_loop
async def test_nonsense_is_invalid_and_none_of_it_is_shown(double: OllamaDouble, reply: Reply) -> None:
    double.script("/api/chat", reply)
    before = resident()
    async with upstream_of(double, first_token_timeout=2, timeout=2) as upstream:
        error = await refusal(upstream)
    assert (error.status, error.code) == (502, "upstream_invalid")
    assert len(double.journal) == 1
    assert resident() - before < 50e6
    assert not any(word in error.message for word in ("hello", "zzz", "html", "running"))


@proves("fault-F05")
@pytest.mark.parametrize("how", ["fin", "rst"])
@in_loop
async def test_a_host_that_closes_before_it_answers_is_one_that_failed(
    double: OllamaDouble, how: str
) -> None:
    double.script("/api/chat", Reply.raw(b"", end=how))  # type: ignore[arg-type]
    async with upstream_of(double) as upstream:
        error = await refusal(upstream)
    assert (error.status, error.code) == (502, "upstream_error")
    assert "before it answered" in error.message
    assert len(double.journal) == 1  # a fresh connection: not asked twice


@pytest.mark.parametrize(
    ("reply", "status", "code"),
    [
        (Reply.recording("native-chat-model-missing"), 404, "model_not_found"),
        (Reply.error(400, "llava does not support tools"), 400, "unsupported_parameter"),
        (Reply.recording("native-chat-too-long-truncate-false"), 400, "context_length_exceeded"),
        (Reply.error(500, "model runner has unexpectedly stopped at /usr/lib/x"), 502, "upstream_error"),
        (Reply.error(503, "server busy, please try again.  maximum pending requests exceeded"), 503, None),
        (Reply.error(429, "slow down"), 503, "server_is_overloaded"),
        (Reply.text("", 403), 502, "upstream_error"),
        (Reply.text("404 page not found", 404), 502, "upstream_invalid"),
    ],
    ids=["fault-F13-missing", *(f"fault-F10-{n}" for n in (400, "too long", 500, 503, 429, 403, "404 text"))],
)
@in_loop
async def test_a_refusal_keeps_its_meaning_and_is_asked_once(
    double: OllamaDouble, reply: Reply, status: int, code: str | None
) -> None:
    double.script("/api/chat", reply)
    async with upstream_of(double) as upstream:
        error = await refusal(upstream)
    assert error.status == status
    assert error.code == (code or "server_is_overloaded")
    assert "/usr" not in error.message
    assert len(double.journal) == 1


@proves("fault-F10")
@in_loop
async def test_the_hosts_own_retry_after_is_passed_on(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        for said, meant in (("17", 17), ("0", 1), ("999999", 3600), ("soon", 2)):
            double.script(
                "/api/chat",
                Reply.error(503, "server busy, please try again.", headers=[("Retry-After", said)]),
            )
            assert (await refusal(upstream)).retry_after == meant


@proves("fault-F10")
@in_loop
async def test_a_huge_error_page_is_not_read_to_its_end(double: OllamaDouble) -> None:
    double.script("/api/chat", Reply.flood(b"x" * 65536, 10_000, status=500))
    async with upstream_of(double) as upstream:
        assert (await refusal(upstream)).status == 502
    assert await double.until(lambda journal: journal[0].closed_by == "client")
    assert double.journal[0].sent < 32e6


@proves("vec-T12", "fault-F10")
@in_loop
async def test_an_error_inside_an_answer_keeps_what_came_before_it(double: OllamaDouble) -> None:
    double.script("/api/chat", Reply.lines(LINE, LINE, {"error": "boom at /dev/x"}, LINE, DONE))
    async with upstream_of(double) as upstream:
        lines, error = await ask_until_failure(upstream)
    assert text_of(lines) == "xx"
    assert error is not None
    assert (error.code, error.should_retry) == ("upstream_error", False)
    assert "/dev" not in error.message


@proves("fault-F11")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@in_loop
async def test_a_redirect_is_never_followed(double: OllamaDouble, status: int) -> None:
    with OllamaDouble() as canary:
        double.script("/api/chat", Reply.text("", status, headers=[("Location", canary.url + "/api/chat")]))
        async with upstream_of(double) as upstream:
            assert (await refusal(upstream)).code == "upstream_invalid"
        assert len(canary.journal) == 0
        assert len(canary.journal.links) == 0


@proves("fault-F12")
@in_loop
async def test_trailers_and_interim_answers_do_no_harm(double: OllamaDouble) -> None:
    body = b'e\r\n{"done":true}\n\r\n0\r\nX-Checksum: 1\r\n\r\n'
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" * 100
    double.script("/api/chat", Reply.raw(interim + CHUNKED + body))
    async with upstream_of(double) as upstream:
        assert await ask(upstream) == [{"done": True}]


@proves("fault-F12")
@in_loop
async def test_trailers_without_end_are_refused(double: OllamaDouble) -> None:
    endless = b"X-Trailer: " + b"a" * 8000 + b"\r\n"
    double.script("/api/chat", Reply.raw(CHUNKED + b'8\r\n{"a":1}\n\r\n0\r\n', *[endless * 100] * 50))
    before = resident()
    async with upstream_of(double, timeout=2) as upstream:
        assert (await refusal(upstream)).code in ("upstream_invalid", "upstream_error")
    assert resident() - before < 50e6


@proves("fault-F13")
@in_loop
async def test_a_model_that_was_removed_is_looked_up_anew(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        await upstream.facts("qwen3:32b")
        assert await ask(upstream)
        del double.host.models["qwen3:32b"]
        assert (await refusal(upstream)).code == "model_not_found"
        with pytest.raises(Exception, match="does not exist"):
            await upstream.facts("qwen3:32b")
