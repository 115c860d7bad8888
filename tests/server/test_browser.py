"""Programs do not pay for what browsers need; browsers get all of it (browser.py, entry/lean.py)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from clawdsite import urls
from clawdsite.entry.lean import Lean
from tests.server.serving import request, serving

seen: dict[str, Any] = {}


async def plain(asked: HttpRequest) -> HttpResponse:
    seen["session"] = hasattr(asked, "session")
    seen["user"] = hasattr(asked, "user")
    seen["thread"] = threading.current_thread()
    return JsonResponse({"length": len(asked.body)})


async def threaded(asked: HttpRequest) -> HttpResponse:
    seen["thread"] = await sync_to_async(threading.current_thread)()
    return HttpResponse(b"ok")


async def streamed(asked: HttpRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            for number in range(1000):
                yield b"data: %d\n\n" % number
                await asyncio.sleep(0.01)
        finally:
            seen["closed"] = True

    return StreamingHttpResponse(pieces(), content_type="text/event-stream")


async def broken(asked: HttpRequest) -> HttpResponse:
    raise KeyError("what alice said")


urlpatterns = [
    path("v1/plain", plain),
    path("page", plain),
    path("v1/threaded", threaded),
    path("v1/streamed", streamed),
    path("v1/broken", broken),
    path("broken", broken),
    *urls.urlpatterns,
]
handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture(autouse=True)
def addresses() -> Any:
    seen.clear()
    with override_settings(ROOT_URLCONF=__name__, DEBUG=False, ALLOWED_HOSTS=["localhost", "testserver"]):
        yield


def threads_started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of threads that start from now on."""
    started: list[str] = []
    start: Callable[..., None] = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda self: (started.append(self.name), start(self))[1])
    return started


def test_a_program_meets_no_browser_middleware_and_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    app, started = Lean(), threads_started(monkeypatch)
    sent: list[Any] = []

    async def run() -> None:
        scope = {"type": "http", "method": "POST", "path": "/v1/plain", "headers": [], "query_string": b""}
        done = asyncio.Event()
        messages = [{"type": "http.request", "body": b"abc", "more_body": False}]

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, send)

    asyncio.run(run())
    assert sent[0]["status"] == 200
    assert (seen["session"], seen["user"]) == (False, False)
    assert seen["thread"] is threading.main_thread()
    assert started == []


@pytest.mark.django_db
def test_a_page_meets_all_of_it() -> None:
    response = Client().get("/page")
    assert response.status_code == 200
    assert (seen["session"], seen["user"]) == (True, True)
    assert response["X-Frame-Options"] == "DENY"


def test_a_form_without_its_token_is_refused_and_a_bearer_call_is_not() -> None:
    async def run() -> tuple[int, int]:
        client = AsyncClient(enforce_csrf_checks=True)
        page = await client.post("/page", {"a": "b"})
        api = await client.post("/v1/plain", "{}", content_type="application/json")
        return page.status_code, api.status_code

    assert asyncio.run(run()) == (403, 200)


def test_a_thread_that_a_view_used_gives_its_connection_back_there() -> None:
    closed_in: list[threading.Thread] = []

    def note(**_: Any) -> None:
        closed_in.append(threading.current_thread())

    async def run() -> None:
        async with serving(Lean()) as served:
            assert (await served.get("/v1/threaded")).status == 200

    request_finished.connect(note)
    try:
        asyncio.run(run())
    finally:
        request_finished.disconnect(note)
    assert closed_in == [seen["thread"]]


def test_a_client_that_goes_ends_the_stream_of_a_view() -> None:
    async def run() -> None:
        async with serving(Lean()) as served:
            await served.ask(request("/v1/streamed"), patience=0.3, quiet=0.01)
            (call,) = await served.ended()
            assert call.outcome == "client_closed"
            assert call.route == "/v1/streamed"

    asyncio.run(run())
    assert seen["closed"] is True


def test_a_broken_view_of_the_api_is_an_envelope(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with serving(Lean()) as served:
            got = await served.get("/v1/broken")
            assert got.status == 500
            assert b'"internal_error"' in got.body
            assert b"alice" not in got.body

    asyncio.run(run())


def test_a_query_that_is_no_utf8_is_400() -> None:
    async def run() -> None:
        async with serving(Lean()) as served:
            got = await served.ask(b"GET /v1/plain?q=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert [answer.status for answer in got] == [400]

    asyncio.run(run())


def test_static_files_come_whole_with_a_type_and_only_from_where_they_lie() -> None:
    async def run() -> None:
        async with serving(Lean()) as served:
            style = await served.get("/static/signin-admin.css")
            assert (style.status, style.header("content-type")) == (200, 'text/css; charset="utf-8"')
            assert style.body.endswith(b"}\n")
            head = await served.get("/static/signin-admin.css", method="HEAD")
            assert head.status == 200
            admin = await served.get("/static/admin/css/base.css")
            assert admin.status == 200
            fresh = await served.get("/static/signin-admin.css", f"If-None-Match: {style.header('etag')}")
            assert fresh.status in (200, 304)
            for path in (
                "/static/../settings.py",
                "/static/%2e%2e/settings.py",
                "/static/absent.css",
                "/static/src/chat/main.js",
                "/static/",
            ):
                assert (await served.get(path)).status == 404

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/nothing", "/adminx"])
def test_a_page_that_does_not_exist_is_plain_words(path: str) -> None:
    async def run() -> None:
        async with serving(Lean()) as served:
            got = await served.get(path)
            assert got.status == 404
            assert b"There is nothing here" in got.body
            assert (got.header("content-type") or "").startswith("text/html")

    asyncio.run(run())


def test_a_page_that_broke_tells_a_person_the_reference_and_nothing_else() -> None:
    async def run() -> None:
        async with serving(Lean()) as served:
            got = await served.get("/broken")
            assert got.status == 500
            assert b"The fault is ours" in got.body
            assert f"<code>{got.header('x-request-id')}</code>".encode() in got.body
            assert b"what alice said" not in got.body

    asyncio.run(run())
