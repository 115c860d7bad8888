"""Every request by the same door: ids, headers, limits, proxies, CORS (H-01, H-19, H-24..26, S7, S29)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from clawdsite.core.lifecycle import lifecycle
from clawdsite.entry.asgi import Receive, Scope, Send
from tests.proof import proves
from tests.server.serving import answer, body_of, connected, mirror, request, serving, streamer

SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("what alice said")


def envelope(body: bytes) -> dict[str, Any]:
    error = json.loads(body)["error"]
    assert set(error) >= {"message", "type", "param", "code"}
    return error


def test_every_answer_has_an_id_of_ours_whatever_the_client_sends() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            first = await served.get("/", "X-Request-Id: mine", "X-Client-Request-Id: trace-7")
            second = await served.get("/v1/x", "X-Client-Request-Id: {jndi:ldap://x}")
            ids = [first.header("x-request-id"), second.header("x-request-id")]
            assert all(i and i.startswith("req_") and len(i) == 36 for i in ids)
            assert ids[0] != ids[1]
            one, two = await served.ended(2)
            assert [one.request_id, two.request_id] == ids
            assert (one.client_request_id, two.client_request_id) == ("trace-7", None)

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/", "/v1/models", "/api/x"])
@pytest.mark.parametrize("app", [mirror, breaks, streamer([b"data: 1\n\n"])], ids=["ok", "broken", "stream"])
@proves("hard-H01", "hard-H55")
def test_every_answer_wears_the_security_headers(path: str, app: Any) -> None:
    async def run() -> None:
        async with serving(app) as served:
            got = await served.get(path)
            assert {name: got.header(name) for name in SECURITY} == SECURITY
            assert "camera=()" in (got.header("permissions-policy") or "")
            assert "frame-ancestors 'none'" in (got.header("content-security-policy") or "")
            assert got.header("cache-control") == "no-store"
            assert got.header("server") is None
            assert got.header("strict-transport-security") is None

    asyncio.run(run())


@proves("hard-H02")
def test_production_behind_https_says_so_for_a_year() -> None:
    async def run() -> None:
        production = {"mode": "production", "server": {"public_url": "https://chat.example.com"}}
        async with serving(mirror, **production) as served:
            got = await served.get("/")
            assert (got.header("strict-transport-security") or "").startswith("max-age=31536000")

    asyncio.run(run())


def test_openai_headers_stand_on_v1_alone() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            api, page = await served.get("/v1/models"), await served.get("/")
            assert api.header("openai-version") == "2020-10-01"
            assert (api.header("openai-processing-ms") or "").isdecimal()
            assert page.header("openai-version") is None

    asyncio.run(run())


@proves("hard-H35")
def test_a_bug_is_an_envelope_that_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with serving(breaks) as served:
            got = await served.get("/v1/models")
            assert got.status == 500
            assert envelope(got.body)["code"] == "internal_error"
            assert b"alice" not in got.body
            (call,) = await served.ended()
            assert (call.outcome, call.status) == ("error", 500)

    asyncio.run(run())
    assert "unexpected error" in caplog.text


@pytest.mark.parametrize(("size", "status"), [(1999, 200), (2000, 200), (2001, 413)])
@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
@proves("hard-H24", "hard-H27")
def test_a_body_may_have_exactly_so_many_bytes(size: int, status: int, chunked: bool) -> None:
    body = b"x" * size
    if chunked:
        raw = request("/v1/x", "Transfer-Encoding: chunked", method="POST") + b"%x\r\n%s\r\n0\r\n\r\n" % (
            size,
            body,
        )
    else:
        raw = request("/v1/x", method="POST", body=body)

    async def run() -> None:
        async with serving(mirror, server={"max_body": 2000}) as served:
            (got,) = await served.ask(raw)
            assert got.status == status
            if status == 413:
                assert envelope(got.body)["code"] == "body_too_large"
                assert got.header("connection") == "close"

    asyncio.run(run())


@proves("hard-H24")
def test_a_declared_giant_is_refused_before_a_byte_of_it() -> None:
    reached = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope)

    async def run() -> None:
        async with serving(app, server={"max_body": 2000}) as served:
            (got,) = await served.ask(request("/", "Content-Length: 999999999999", method="POST"))
            assert got.status == 413

    asyncio.run(run())
    assert reached == []


@proves("hard-H24")
def test_a_chunked_body_that_never_ends_is_cut_at_the_limit_and_the_client_reads_why() -> None:
    async def run() -> None:
        async with serving(mirror, server={"max_body": 100_000}) as served:
            head = request("/", "Transfer-Encoding: chunked", method="POST")
            async with connected(served.port, head) as (reader, writer):
                status = asyncio.create_task(reader.readexactly(12))
                sent = 0
                while not status.done() and sent < 20_000_000:
                    writer.write(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
                    await writer.drain()
                    sent += 10_000
                assert await status == b"HTTP/1.1 413"
                assert sent < 10_000_000

    asyncio.run(run())


@proves("hard-H24")
def test_a_body_that_does_not_arrive_in_time_is_408_and_the_end() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            (got,) = await served.ask(request("/v1/x", "Content-Length: 5", method="POST") + b"abc", quiet=5)
            assert got.status == 408
            assert envelope(got.body)["code"] == "request_timeout"
            (call,) = await served.ended()
            assert (call.outcome, call.error_code) == ("bad_request", "request_timeout")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        ((), "6.6.6.6", "127.0.0.1"),
        (("127.0.0.1",), "6.6.6.6", "6.6.6.6"),
        (("127.0.0.1",), "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        (("127.0.0.1", "10.0.0.0/8"), "6.6.6.6, 9.9.9.9, 10.1.2.3", "9.9.9.9"),
        (("127.0.0.1",), "6.6.6.6:1234", "6.6.6.6"),
        (("127.0.0.1",), "[2001:db8::1]:443", "2001:db8::1"),
        (("127.0.0.1",), "::ffff:6.6.6.6", "6.6.6.6"),
        (("127.0.0.1",), "6.6.6.6, unknown", "127.0.0.1"),
        (("127.0.0.1", "10.0.0.0/8"), "', unknown, 10.1.2.3", "10.1.2.3"),
        (("127.0.0.1",), "", "127.0.0.1"),
    ],
)
@proves("promise-S7", "hard-H25")
def test_the_right_most_untrusted_hop_is_the_client(
    trusted: tuple[str, ...], forwarded: str, address: str
) -> None:
    async def run() -> None:
        async with serving(mirror, server={"trusted_proxies": trusted}) as served:
            got = await served.get("/", f"X-Forwarded-For: {forwarded}")
            assert json.loads(got.body)["address"] == address
            (call,) = await served.ended()
            assert call.address == address

    asyncio.run(run())


@pytest.mark.parametrize(("trusted", "scheme"), [((), "http"), (("127.0.0.0/8",), "https")])
@proves("promise-S7", "hard-H25")
def test_headers_that_a_proxy_writes_reach_nobody_and_count_only_from_a_trusted_one(
    trusted: tuple[str, ...], scheme: str
) -> None:
    spoofed = (
        *("X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: http, https", "X-Forwarded-Host: evil.example"),
        *(
            "X-Real-IP: 6.6.6.6",
            "Forwarded: for=6.6.6.6",
            "X-Original-URL: /admin/",
            "X-Rewrite-URL: /admin/",
        ),
        *("Daphne-Root-Path: /public", "X-HTTP-Method-Override: DELETE", "X_Real_IP: 6.6.6.6", "Proxy: evil"),
    )

    async def run() -> None:
        async with serving(mirror, server={"trusted_proxies": trusted}) as served:
            seen = json.loads((await served.get("/public/x", *spoofed)).body)
            assert seen["headers"] == {"host": "localhost"}
            assert (seen["scheme"], seen["path"], seen["root_path"]) == (scheme, "/public/x", "")

    asyncio.run(run())


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: localhost/healthz?",),
        ("Host: localhost#",),
        ("Host: a@localhost",),
        ("Host: ",),
        ("Host: a b",),
        ("Host: a", "Host: a"),
        ("Host: [::1",),
    ],
    ids=str,
)
@proves("hard-H26")
def test_a_host_that_is_no_host_is_refused(headers: tuple[str, ...]) -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            got = await served.get("/v1/models", *headers)
            assert got.status == 400
            assert envelope(got.body)["code"] == "invalid_host"

    asyncio.run(run())


@pytest.mark.parametrize("host", ["localhost:8080", "[::1]:8080", "gateway_1.internal", "10.0.0.1"])
def test_ordinary_hosts_pass(host: str) -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            assert (await served.get("/v1/models", f"Host: {host}")).status == 200

    asyncio.run(run())


ORIGIN = "https://app.example.com"


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (ORIGIN, True),
        ("https://app.example.com:8443", False),
        ("http://app.example.com", False),
        ("https://evil.example", False),
        ("https://app.example.com.evil.example", False),
        ("null", False),
        ("*", False),
    ],
)
@proves("promise-S29", "hard-H19")
def test_cors_answers_the_configured_origins_exactly(origin: str, welcome: bool) -> None:
    async def run() -> None:
        async with serving(mirror, server={"cors_origins": (ORIGIN,)}) as served:
            got = await served.get("/v1/models", f"Origin: {origin}")
            assert got.status == 200
            assert got.header("access-control-allow-origin") == (origin if welcome else None)
            assert got.header("access-control-allow-credentials") is None
            exposed = got.header("access-control-expose-headers") or ""
            assert ("x-request-id" in exposed and "retry-after" in exposed) is welcome
            page = await served.get("/", f"Origin: {origin}")
            assert page.header("access-control-allow-origin") is None

            asked = (
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: authorization, x-evil",
            )
            flight = await served.get("/v1/chat/completions", f"Origin: {origin}", *asked, method="OPTIONS")
            assert flight.status == (204 if welcome else 403)
            assert flight.header("access-control-allow-origin") == (origin if welcome else None)

    asyncio.run(run())


@proves("promise-S29")
def test_a_preflight_allows_what_openais_clients_send() -> None:
    wanted = (
        "authorization,content-type,x-session-id,x-clawdbot-resumable,openai-organization,"
        "x-stainless-os,api-key,x-api-key"
    )

    async def run() -> None:
        async with serving(mirror, server={"cors_origins": (ORIGIN,)}) as served:
            asked = (
                "Access-Control-Request-Method: POST",
                f"Access-Control-Request-Headers: {wanted},x-evil",
            )
            got = await served.get("/v1/chat/completions", f"Origin: {ORIGIN}", *asked, method="OPTIONS")
            assert (got.header("access-control-allow-headers") or "").split(", ") == wanted.split(",")
            assert "POST" in (got.header("access-control-allow-methods") or "")
            assert "Origin" in (got.header("vary") or "")

    asyncio.run(run())


@proves("promise-S29")
def test_an_error_reaches_a_welcome_page_too() -> None:
    async def run() -> None:
        async with serving(breaks, server={"cors_origins": (ORIGIN,)}) as served:
            got = await served.get("/v1/models", f"Origin: {ORIGIN}")
            assert (got.status, got.header("access-control-allow-origin")) == (500, ORIGIN)

    asyncio.run(run())


@proves("promise-M15", "fault-F22")
def test_while_shutting_down_new_requests_are_refused_and_health_still_answers() -> None:
    async def run() -> None:
        async with serving(mirror) as served:
            lifecycle.draining = True
            try:
                refused, health = await served.get("/v1/models"), await served.get("/healthz")
            finally:
                lifecycle.draining = False
            assert refused.status == 503
            assert envelope(refused.body)["code"] == "shutting_down"
            assert refused.header("retry-after") == "5"
            assert refused.header("connection") == "close"
            assert health.status == 200
            assert (await served.ended(2))[0].outcome == "draining"

    asyncio.run(run())


def test_a_status_without_words_of_its_own_still_has_an_outcome() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await answer(send, status=int(scope["path"][1:]))

    async def run() -> None:
        async with serving(app) as served:
            statuses = {
                200: "ok",
                302: "ok",
                400: "bad_request",
                404: "not_found",
                429: "rate_limited",
                500: "error",
            }
            for status in statuses:
                await served.get(f"/{status}")
            calls = await served.ended(len(statuses))
            assert {call.status: call.outcome for call in calls} == statuses

    asyncio.run(run())
