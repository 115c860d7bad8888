"""Who may call what: tests/access_matrix.csv, executed. An address without a row fails (M5, M6)."""

from __future__ import annotations

import asyncio
import csv
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from django.urls import get_resolver

from accounts.tokens.issue import issue
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from gateway import upstream
from gateway.admission import limits
from tests.doubles.ollama import OllamaDouble
from tests.house import tree
from tests.proof import proves

ROWS = list(csv.DictReader((tree.ROOT / "tests/access_matrix.csv").read_text().splitlines()))
CALLERS = ("stranger", "outsider", "noscope", "reader", "alice", "machine", "debug")
SECRET = "kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPf"
SAMPLES = {
    "v1/models/<path:model>": "v1/models/qwen3:32b",
    "^(?:v1|api)(?:/|$)": "v1/nothing/here",
    "auth/<slug:slug>/start": "auth/wecom/start",
    "auth/<slug:slug>/backchannel": "auth/wecom/backchannel",
    ".well-known/oauth-authorization-server/<path:path>": ".well-known/oauth-authorization-server/else",
    r"^(?:oauth|\.well-known)(?:/|$)": "oauth/nothing",
}
WECOM = {
    "provider": "wecom",
    "client_id": "ww1",
    "client_secret": "kept-by-the-gateway-alone",
    "provider_options": {"agent_id": "1000002"},
}
NOBODYS = "01999999-0000-7000-8000-000000000000"
HI = [{"role": "user", "content": "hi"}]
BODIES: dict[str, dict[str, Any]] = {
    "v1/chat/completions": {"messages": HI},
    "v1/completions": {"prompt": "hi"},
    "v1/responses": {"input": "hi"},
    "v1/embeddings": {"input": "hi", "model": "embed"},
}


def patterns(found: Any = None, before: str = "") -> Iterator[str]:
    """Every address of the project, as its pattern."""
    for each in get_resolver().url_patterns if found is None else found:
        if hasattr(each, "url_patterns"):
            yield from patterns(each.url_patterns, before + str(each.pattern))
        else:
            yield before + str(each.pattern)


def outside_admin() -> set[str]:
    return {pattern for pattern in patterns() if not pattern.startswith("admin/")}


def headers_of(caller: str, config: Config) -> dict[str, str]:
    if caller in ("stranger", "debug"):
        return {}
    if caller == "outsider":
        return {"X-Forwarded-For": "192.0.2.7"}
    if caller == "machine":
        now = int(time.time())
        claims = {"iss": "https://sso.example.com", "aud": "clawdbot", "sub": "nightly", "exp": now + 60}
        token = jwt.encode(claims | {"scope": "chat:read chat:write"}, SECRET, algorithm="HS256")
    else:
        scope = {"noscope": "", "reader": "chat:read", "alice": "chat:read chat:write"}[caller]
        token = issue(config, sub=caller, scope=scope, ttl=60)
    return {"Authorization": f"Bearer {token}"}


ANSWERS: dict[str, httpx.Response] = {}  # by the row's id
WORN = {
    "x-content-type-options": "nosniff",
    "referrer-policy": ("same-origin", "no-referrer"),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


async def call(row: dict[str, str], clients: dict[str, httpx.AsyncClient], config: Config) -> str:
    client = clients["debug" if row["caller"] == "debug" else "public"]
    path = "/" + SAMPLES.get(row["route"], re.sub(r"<str:\w+>", NOBODYS, row["route"]))
    body = BODIES.get(row["route"]) if row["method"] == "POST" else None
    answer = await client.request(
        row["method"], path, json=body, headers=headers_of(row["caller"], config), follow_redirects=False
    )
    ANSWERS[row["id"]] = answer
    if answer.is_error and answer.headers["content-type"].startswith("application/json"):
        error = answer.json()["error"]  # ours, or OAuth's, which is a bare word
        return f"{answer.status_code} {error if isinstance(error, str) else error['code']}"
    return str(answer.status_code)


async def call_all(config: Config) -> dict[str, str]:
    from clawdsite.asgi import django_app
    from clawdsite.entry import DebugDoor, Entry

    clients = {
        "public": httpx.AsyncClient(
            transport=httpx.ASGITransport(Entry(django_app)), base_url="http://localhost"
        ),
        "debug": httpx.AsyncClient(
            transport=httpx.ASGITransport(Entry(django_app, DebugDoor())), base_url="http://localhost:18789"
        ),
    }
    try:
        return {row["id"]: await call(row, clients, config) for row in ROWS}
    finally:
        for client in clients.values():
            await client.aclose()
        await upstream.close()


@pytest.fixture(scope="module")
def outcome(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The answer to every row, by its id; asked in one go."""
    machines = {"issuer": "https://sso.example.com", "audience": "clawdbot", "secret": SECRET}
    unlimited = {"per_user": {"rpm": None, "parallel": None}, "per_address": {"rpm": None}}
    with OllamaDouble() as double, django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "window", limits.Window())
        config = Config(
            mode="development",
            data_dir=str(tmp_path_factory.mktemp("data")),
            auth={"jwt": [machines]},
            oauth2=[WECOM],
            upstream={"url": double.url},
            limits=unlimited,
        )
        with live.override(config):
            return asyncio.run(call_all(config))


@pytest.mark.django_db
@pytest.mark.parametrize("row", [pytest.param(row, id=f"cell-{row['id']}") for row in ROWS])
def test_an_address_answers_as_the_table_says(row: dict[str, str], outcome: dict[str, str]) -> None:
    assert outcome[row["id"]] == row["expect"], row


@pytest.mark.django_db
@proves("hard-H01", "hard-H55")
def test_every_answer_wears_its_headers_and_is_kept_by_nobody(outcome: dict[str, str]) -> None:
    """Also of errors, and of every caller. What is published may be kept: metadata and keys."""
    for row in ROWS:
        answer = ANSWERS[row["id"]]
        for name, wanted in WORN.items():
            assert answer.headers[name] in wanted, (row, name)
        assert "camera=()" in answer.headers["permissions-policy"], row
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, row
        assert "frame-ancestors 'none'" in policy, row
        assert "unsafe" not in policy or answer.status_code in (404, 500), row  # Django's page for developers
        if not (row["route"].startswith(".well-known/") and answer.is_success):
            assert "no-store" in answer.headers["cache-control"], row
        assert "server" not in answer.headers, row
        assert "access-control-allow-credentials" not in answer.headers, row


def test_every_address_has_a_row_for_every_caller() -> None:
    written = {(row["route"], row["caller"]) for row in ROWS}
    missing = {(route, caller) for route in outside_admin() for caller in CALLERS} - written
    assert missing == set()


def test_every_row_is_about_an_address_that_exists() -> None:
    assert {row["route"] for row in ROWS} <= set(patterns()) | {"admin/"}


def test_every_row_has_an_id_of_its_own() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)


@pytest.mark.django_db
def test_every_page_of_the_admin_sends_a_stranger_to_the_login(client: Any) -> None:
    """Also pages that do not exist: a stranger does not learn which there are."""
    pages = sorted({pattern for pattern in patterns() if pattern.startswith("admin/")})
    assert len(pages) > 5
    for page in pages:
        path = "/" + re_sample(page)
        if path != "/admin/jsi18n/":  # words of the interface
            answer = client.get(path, follow=True)
            assert (answer.status_code, answer.request["PATH_INFO"]) == (200, "/admin/login/"), path


def re_sample(pattern: str) -> str:
    """An address that a pattern of the admin matches."""
    sample = re.sub(r"<path:object_id>|<int:\w+>|<id>|<str:\w+>", "1", pattern)
    sample = re.sub(r"\^\(\?P<app_label>[^)]*\)/\$|\(\?P<url>\.\*\)\$", "accounts/", sample)
    return sample.replace("^", "").replace("$", "")
