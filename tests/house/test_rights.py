"""Scope x route x caller kind x channel, all made from one table, each asked once.

`tests/access_matrix.csv` names every address; this says how the answer depends on who asks with what.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Final

import httpx
import jwt
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.middleware.csrf import _get_new_csrf_string

from accounts import selectors
from accounts.models import ExternalIdentity, Membership, OAuthClient, SignInFailure, Team, User
from accounts.signin import sessions
from accounts.tokens.issue import issue, issue_for_client, issue_for_session
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from gateway import upstream
from gateway.admission import limits
from tests.doubles.ollama import OllamaDouble

HI: Final = [{"role": "user", "content": "hi"}]


@dataclass(frozen=True, eq=False)
class Route:
    """An address and what it takes. scope: the one it needs; None: any known caller.

    of: `anyone`, `caller` (whoever is known), `session` (a person's session alone), `page` (as well, and all
    others go to the login page). allowed: the status.
    signed_in: the status for a session, where it is another.
    """

    method: str
    path: str
    of: str = "caller"
    scope: str | None = None
    allowed: int = 200
    body: Any = None
    signed_in: int | None = None


ROUTES: Final = (
    Route("GET", "/healthz", "anyone"),
    Route("GET", "/readyz", "anyone"),
    Route("GET", "/metrics", "anyone"),  # from this machine
    Route("GET", "/login", "anyone", signed_in=302),  # to the page
    Route("GET", "/", "page", scope="chat:read"),
    Route("GET", "/c/nothing", "page", scope="chat:read", allowed=404),
    Route("GET", "/callback", "anyone", allowed=400),
    Route("GET", "/auth/wecom/start", "anyone", allowed=302),
    Route("POST", "/auth/wecom/backchannel", "anyone", allowed=400),
    Route("POST", "/oauth/token", "anyone", allowed=400),
    Route("POST", "/oauth/revoke", "anyone", allowed=400),
    Route("POST", "/oauth/introspect", "anyone", allowed=400),
    Route("GET", "/.well-known/jwks.json", "anyone"),
    Route("GET", "/.well-known/oauth-authorization-server", "anyone"),
    Route("GET", "/admin/", "anyone", allowed=302),  # to its login: none of these is staff
    Route("POST", "/v1/chat/completions", scope="chat:write", body={"messages": HI}),
    Route("POST", "/v1/completions", scope="chat:write", body={"prompt": "hi"}),
    Route("POST", "/v1/responses", scope="chat:write", body={"input": "hi"}),
    Route("POST", "/v1/embeddings", scope="chat:write", body={"input": "hi", "model": "embed"}),
    Route("GET", "/v1/models"),
    Route("GET", "/v1/models/qwen3:32b"),
    Route("GET", "/v1/generations/nothing", scope="chat:write", allowed=404),
    Route("GET", "/v1/openapi.json"),
    Route("GET", "/api/conversations", scope="chat:read"),
    Route("GET", "/api/conversations/nothing", scope="chat:read", allowed=404),
    Route("GET", "/api/search?q=hi", scope="chat:read"),
    Route("GET", "/api/usage"),
    Route("GET", "/api/session", "session"),
    Route("POST", "/api/session", "session"),
    Route("POST", "/api/auth/token", "session"),
)
SCOPES: Final = ("", "chat:read", "chat:write", "chat:read chat:write")
KINDS: Final = ("session", "sso bearer", "web token", "machine client", "kind token")
CHANNELS: Final = ("public", "debug")
CELLS: Final = [
    (route, kind, scope, channel)
    for route, (kind, scope), channel in product(
        ROUTES, [("stranger", ""), *product(KINDS, SCOPES)], CHANNELS
    )
]


def expected(route: Route, kind: str, scope: str, channel: str) -> int:
    """The table's answer."""
    if channel == "debug":  # asks nobody, and has nothing but the model
        return route.allowed if route.path.startswith("/v1/") else 404
    if route.of == "anyone":
        return route.signed_in if route.signed_in and kind == "session" else route.allowed
    if route.of == "page" and kind != "session":
        return 302
    if kind == "stranger" or (route.of == "session" and kind != "session"):
        return 401
    return route.allowed if route.scope is None or route.scope in scope.split() else 403


# ---- the callers ------------------------------------------------------------------------------

SSO: Final = "https://people.example.com"
SECRET: Final = "kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPf"
ORIGIN: Final = "http://localhost"
TEAMS: Final = {scope: f"rights-{number}" for number, scope in enumerate(SCOPES)}


def config(data_dir: str, model: str) -> Config:
    wecom = {
        "provider": "wecom",
        "client_id": "ww1",
        "client_secret": "kept-by-the-gateway-alone",
        "redirect_uri": "http://localhost:8080/callback",
        "provider_options": {"agent_id": "1000002"},
        "scope_map": {team: tuple(scope.split()) for scope, team in TEAMS.items()},
    }
    people = {"name": "sso", "issuer": SSO, "audience": "clawdbot", "secret": SECRET}
    return Config(
        mode="development",
        data_dir=data_dir,
        oauth2=[wecom],
        auth={"jwt": [people | {"unknown_subjects": "refuse"}]},
        upstream={"url": model},
        limits={"per_user": {"rpm": None, "parallel": None}, "per_address": {"rpm": None}},
    )


def make_people() -> dict[str, User]:
    """One person for each set of scopes, who has it by a team's line in scope_map."""
    found = {}
    for scope, slug in TEAMS.items():
        user = User.objects.create_user(slug)
        Membership.objects.create(user=user, team=Team.objects.create(slug=slug))
        ExternalIdentity.objects.create(user=user, provider="sso", issuer=SSO, subject=slug)
        found[scope] = user
    return found


def forget_people() -> None:
    User.objects.filter(username__in=TEAMS.values()).delete()
    Team.objects.filter(slug__in=TEAMS.values()).delete()
    Session.objects.all().delete()
    SignInFailure.objects.all().delete()


def headers_of(kind: str, scope: str, people: dict[str, User], config: Config) -> dict[str, str]:
    if kind == "stranger":
        return {}
    if kind == "session":
        return session_of(people[scope])
    return {"Authorization": f"Bearer {bearer_of(kind, scope, people, config)}"}


def bearer_of(kind: str, scope: str, people: dict[str, User], config: Config) -> str:
    if kind == "sso bearer":  # of the person who has everything: the token says how much of it
        claims = {"iss": SSO, "aud": "clawdbot", "sub": TEAMS[SCOPES[-1]], "exp": int(time.time()) + 60}
        return jwt.encode(claims | {"scope": scope}, SECRET, algorithm="HS256")
    if kind == "web token":
        caller = selectors.caller_for(people[scope], session="a-session", issued=time.time())
        return issue_for_session(caller)[0]
    if kind == "machine client":
        return issue_for_client(OAuthClient(name="build"), scope.split(), ttl=60)[0]
    return issue(config, sub="tester", scope=scope, ttl=60)


def session_of(user: User) -> dict[str, str]:
    now, store, csrf = time.time(), SessionStore(), _get_new_csrf_string()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), sessions.BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[sessions.FACTS] = asdict(sessions.Facts("a-session", now, now))
    store.save()
    cookies = {settings.SESSION_COOKIE_NAME: store.session_key, settings.CSRF_COOKIE_NAME: csrf}
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"Cookie": cookie, "X-CSRFToken": csrf, "Origin": ORIGIN}


# ---- asking -----------------------------------------------------------------------------------


async def ask_all(headers: dict[tuple[str, str], dict[str, str]]) -> dict[Any, int]:
    from clawdsite.asgi import django_app
    from clawdsite.entry import DebugDoor, Entry

    doors = {"public": Entry(django_app), "debug": Entry(django_app, DebugDoor())}
    urls = {"public": ORIGIN, "debug": "http://localhost:18789"}
    clients = {
        name: httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url=urls[name])
        for name, door in doors.items()
    }
    found = {}
    try:
        for route, kind, scope, channel in CELLS:
            sent = {name: value for name, value in headers[kind, scope].items() if name != "Origin"}
            if kind == "session":
                sent["Origin"] = urls[channel]
            client = clients[channel]
            client.cookies.clear()
            answer = await client.request(route.method, route.path, json=route.body, headers=sent)
            found[route, kind, scope, channel] = answer.status_code
    finally:
        for client in clients.values():
            await client.aclose()
        await upstream.close()
    return found


@pytest.fixture(scope="module")
def answers(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Any, int]]:
    """The status of every cell; asked in one go."""
    with OllamaDouble() as double, django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "window", limits.Window())
        patch.setattr("accounts.signin.throttle.check", lambda *_: None)
        with live.override(config(str(tmp_path_factory.mktemp("data")), double.url)) as running:
            people = make_people()
            try:
                callers = {(kind, scope) for _, kind, scope, _ in CELLS}
                headers = {(kind, scope): headers_of(kind, scope, people, running) for kind, scope in callers}
                yield asyncio.run(ask_all(headers))
            finally:
                forget_people()


@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_the_answer_depends_on_scope_kind_and_channel_as_the_table_says(
    route: Route, answers: dict[Any, int]
) -> None:
    cells = [cell for cell in CELLS if cell[0] is route]
    wrong = {cell[1:]: (answers[cell], expected(*cell)) for cell in cells if answers[cell] != expected(*cell)}
    assert wrong == {}
    assert len(cells) == (1 + len(KINDS) * len(SCOPES)) * len(CHANNELS)
