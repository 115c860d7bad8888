"""Signing in through the whole entry: policies, a front end of one's own, the API by a session's cookie."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from accounts.models import Revocation
from accounts.tokens.revocation import end, revocations
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from gateway import upstream
from tests.accounts.signin import support
from tests.doubles.ollama import OllamaDouble
from tests.live import signing_key
from tests.proof import proves

pytestmark = pytest.mark.django_db(transaction=True)

FRONT = "http://localhost:5173"
EVIL = "https://evil.example"
PASSWORD = "correct horse battery"
Road = Callable[[httpx.AsyncClient], Awaitable[None]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> support.World:
    revocations.forget()
    return support.world(monkeypatch)


@pytest.fixture
def config(double: OllamaDouble, world: support.World) -> Iterator[Config]:
    made = support.config(
        server={"front_ends": [FRONT]},
        upstream={"url": double.url},
        auth={"signing_key": signing_key()},
    )
    with live.override(made):
        yield made


@pytest.fixture
def walk(config: Config) -> Callable[[Road], None]:
    """Run a road with a browser in front of the entry."""

    def run(road: Road) -> None:
        async def walked() -> None:
            from clawdsite.asgi import django_app
            from clawdsite.entry import Entry

            transport = httpx.ASGITransport(Entry(django_app))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
                await road(browser)
            await upstream.close()

        asyncio.run(walked())

    return run


async def signed_in(browser: httpx.AsyncClient) -> dict[str, Any]:
    begun = await browser.get("/auth/corp/start")
    state = support.query_of(begun.headers["location"])["state"]
    done = await browser.get("/callback", params={"state": state, "code": "good"})
    assert done.status_code == 302
    facts: dict[str, Any] = (await browser.get("/api/session")).json()
    return facts


def ask(**headers: str) -> dict[str, Any]:
    body = {"model": "qwen3:32b", "messages": [{"role": "user", "content": "hi"}]}
    return {"json": body, "headers": {name.replace("_", "-"): value for name, value in headers.items()}}


@proves("sso-A11", "sso-A13")
def test_the_pages_headers_hold_behind_the_entry(walk: Callable[[Road], None]) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        page = await browser.get("/login")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert f"form-action 'self' https://sso.example.com https://login.example.net {FRONT};" in policy
        assert page.headers["x-frame-options"] == "DENY"
        begun = await browser.get("/auth/corp/start")
        assert begun.headers.get_list("referrer-policy") == ["no-referrer"]
        assert begun.headers.get_list("cache-control") == ["no-store"]

    walk(road)


def test_a_front_end_reads_the_session_and_gets_a_token_that_works(walk: Callable[[Road], None]) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        await signed_in(browser)
        looked = await browser.get("/api/session", headers={"origin": FRONT})
        assert looked.headers["access-control-allow-origin"] == FRONT
        assert looked.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in looked.headers["vary"]
        csrf = looked.json()["csrf_token"]
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "x-csrftoken"}
        first = await browser.options("/api/auth/token", headers={"origin": FRONT, **asked})
        assert first.status_code == 204
        assert first.headers["access-control-allow-headers"] == "x-csrftoken"
        assert first.headers["access-control-allow-credentials"] == "true"
        given = await browser.post("/api/auth/token", headers={"origin": FRONT, "x-csrftoken": csrf})
        assert given.status_code == 200
        token = given.json()["access_token"]
        browser.cookies.clear()
        answer = await browser.post(
            "/v1/chat/completions", **ask(origin=FRONT, authorization=f"Bearer {token}")
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == FRONT
        assert "access-control-allow-credentials" not in answer.headers

    walk(road)


@proves("promise-S29")
def test_a_front_end_reads_and_changes_conversations_with_its_bearer(walk: Callable[[Road], None]) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        facts = await signed_in(browser)
        ours = {"origin": "http://localhost", "x-csrftoken": facts["csrf_token"]}
        token = (await browser.post("/api/auth/token", headers=ours)).json()["access_token"]
        browser.cookies.clear()
        bearer = {"origin": FRONT, "authorization": f"Bearer {token}"}
        listed = await browser.get("/api/conversations", headers=bearer)
        assert (listed.status_code, listed.json()["conversations"]) == (200, [])
        assert listed.headers["access-control-allow-origin"] == FRONT
        for method, path in (
            ("POST", "/api/conversations"),
            ("PATCH", "/api/conversations/1"),
            ("DELETE", "/api/conversations/1"),
            ("PUT", "/api/settings"),
            ("POST", "/api/images"),
        ):
            wanted = "authorization, content-type, last-event-id, x-file-name"
            asked = {"access-control-request-method": method, "access-control-request-headers": wanted}
            first = await browser.options(path, headers={"origin": FRONT, **asked})
            assert (first.status_code, first.headers["access-control-allow-origin"]) == (204, FRONT)
            assert method in first.headers["access-control-allow-methods"]
            assert first.headers["access-control-allow-headers"] == wanted
            assert "access-control-allow-credentials" not in first.headers
        unknown = await browser.patch("/api/conversations/1", headers=bearer, json={"title": "x"})
        assert (unknown.status_code, unknown.headers["access-control-allow-origin"]) == (404, FRONT)

    walk(road)


@pytest.mark.parametrize("path", ["/api/conversations", "/api/search?q=x", "/api/usage"])
def test_of_conversations_another_page_is_told_nothing(walk: Callable[[Road], None], path: str) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        await signed_in(browser)
        asked = {"origin": EVIL, "access-control-request-method": "GET"}
        first = await browser.options(path, headers=asked)
        answer = await browser.get(path, headers={"origin": EVIL})
        theirs = await browser.get(path, headers={"origin": FRONT})  # with the cookie, which is not for it
        assert first.status_code == 403
        for found in (first, answer):
            assert "access-control-allow-origin" not in found.headers
        assert "access-control-allow-credentials" not in theirs.headers

    walk(road)


@pytest.mark.parametrize("path", ["/api/session", "/api/auth/token"])
def test_another_page_is_told_nothing(walk: Callable[[Road], None], path: str) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        facts = await signed_in(browser)
        asked = {"origin": EVIL, "access-control-request-method": "POST"}
        assert (await browser.options(path, headers=asked)).status_code == 403
        answer = await browser.post(path, headers={"origin": EVIL, "x-csrftoken": facts["csrf_token"]})
        assert answer.status_code in (403, 405)
        assert "access-control-allow-origin" not in answer.headers

    walk(road)


def test_only_these_two_addresses_take_a_front_ends_cookie(walk: Callable[[Road], None]) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        await signed_in(browser)
        for path in ("/login", "/logout", "/api/nothing", "/v1/models"):
            answer = await browser.get(path, headers={"origin": FRONT})
            assert "access-control-allow-credentials" not in answer.headers, path

    walk(road)


def test_the_api_takes_a_session_with_its_token_from_our_pages(walk: Callable[[Road], None]) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        facts = await signed_in(browser)
        csrf, ours = facts["csrf_token"], "http://localhost"
        for headers, status in (
            ({"origin": ours, "x-csrftoken": csrf}, 200),
            ({"origin": FRONT, "x-csrftoken": csrf}, 403),  # it has its bearer for that
            ({"origin": ours}, 403),
            ({"origin": ours, "x-csrftoken": "B" * 64}, 403),
            ({"origin": EVIL, "x-csrftoken": csrf}, 403),
            ({"x-csrftoken": csrf}, 403),
            ({"origin": ours, "x-csrftoken": csrf, "authorization": "Bearer of-nobody"}, 401),
        ):
            answer = await browser.post("/v1/chat/completions", **ask(**headers))
            assert answer.status_code == status, (headers, answer.text)
        assert (await browser.get("/v1/models", headers={"x-csrftoken": csrf})).status_code == 200
        assert (await browser.get("/v1/models")).status_code == 403

    walk(road)


def test_a_session_that_is_over_is_401_on_the_api(walk: Callable[[Road], None]) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        facts = await signed_in(browser)
        await asyncio.to_thread(end, Revocation.Kind.PERSON, facts["person"]["id"])
        answer = await browser.get("/v1/models", headers={"x-csrftoken": facts["csrf_token"]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AUTH_INVALID_TOKEN")

    walk(road)


def test_a_cookie_of_nobody_is_as_none(walk: Callable[[Road], None]) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        for value in ("x" * 32, "../../etc/passwd", "a" * 4000, '"\\000abcdefgh"'):
            headers = {"cookie": f"clawdbot={value}", "x-csrftoken": "A" * 64}
            assert (await browser.get("/v1/models", headers=headers)).status_code in (401, 403)
            assert (await browser.get("/login", headers=headers)).status_code == 200

    walk(road)


@proves("sso-I5")
def test_after_signing_out_the_front_ends_token_is_dead(walk: Callable[[Road], None]) -> None:
    async def road(browser: httpx.AsyncClient) -> None:
        facts = await signed_in(browser)
        ours = {"origin": "http://localhost", "x-csrftoken": facts["csrf_token"]}
        token = (await browser.post("/api/auth/token", headers=ours)).json()["access_token"]
        bearer = {"authorization": f"Bearer {token}"}
        assert (await browser.get("/v1/models", headers=bearer)).status_code == 200
        gone = await browser.post("/logout", headers=ours)
        assert gone.status_code == 302
        assert (await browser.get("/v1/models", headers=bearer)).status_code == 401

    walk(road)
