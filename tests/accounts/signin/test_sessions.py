"""How long a session lives, who may use it, and what it tells its page."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client

from accounts.models import Revocation, User
from accounts.signin import api, csrf, sessions
from accounts.tokens.revocation import end, revocations
from clawdsite.core.config import live
from clawdsite.core.errors import Forbidden, InvalidToken, KeysUnreachable
from tests.accounts.signin import support
from tests.accounts.signin.support import sign_in, who
from tests.proof import proves


class Clock:
    """Stands in for `time` in the sessions' module."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (sessions, api):
        monkeypatch.setattr(module, "time", made)
    return made


def facts(client: Client) -> sessions.Facts:
    found = sessions.facts_of(client.session)
    assert found is not None
    return found


def post(client: Client, path: str, **headers: str) -> Any:
    token = client.get("/api/session").json()["csrf_token"]
    sent = {"x-csrftoken": token, "origin": "http://localhost"} | headers
    return client.post(path, headers={name: value for name, value in sent.items() if value})


def test_a_session_says_who_and_for_how_long(browser: Client) -> None:
    sign_in(browser)
    answer = browser.get("/api/session")
    said = answer.json()
    user = User.objects.get()
    assert said["person"] == {"id": str(user.pk), "name": "Alice", "staff": False}
    assert {"teams", "leads", "scopes", "csrf_token"} <= set(said)
    assert 7190 <= said["expires_in"] <= 7200
    assert len(said["csrf_token"]) == 64


def test_a_stranger_is_told_to_sign_in(browser: Client) -> None:
    answer = browser.get("/api/session")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AUTH_INVALID_TOKEN"
    assert browser.put("/api/session").status_code == 405


@proves("hard-H09")
def test_the_cookie_is_out_of_a_scripts_reach_and_stays_on_this_site(browser: Client) -> None:
    sign_in(browser)
    cookie = browser.cookies["clawdbot"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert 0 < cookie["max-age"] <= 7200


@proves("hard-H11")
def test_two_idle_hours_end_it_and_a_request_begins_them_anew(browser: Client, clock: Clock) -> None:
    sign_in(browser)
    for _ in range(3):
        clock.now += 7000
        assert browser.get("/login").status_code == 302  # a page of ours: signed in
    clock.now += 7201
    assert who(browser) is None


@proves("hard-H11")
def test_twelve_hours_end_it_whatever_happens(browser: Client, clock: Clock) -> None:
    sign_in(browser)
    begun = clock.now
    while clock.now < begun + 43_000:
        assert browser.get("/login").status_code == 302
        clock.now += 3600
    clock.now = begun + 43_200
    assert who(browser) is None


def test_to_look_at_a_session_does_not_keep_it_and_to_post_does(browser: Client, clock: Clock) -> None:
    sign_in(browser)
    clock.now += 3000
    assert browser.get("/api/session").json()["expires_in"] == 4200
    assert post(browser, "/api/session").json()["expires_in"] == 7200
    clock.now += 3000
    assert browser.get("/api/session").json()["expires_in"] == 4200


def test_a_sign_of_life_is_stored_once_a_minute(browser: Client, clock: Clock) -> None:
    sign_in(browser)
    seen = facts(browser).seen
    clock.now += 30
    browser.get("/login")
    assert facts(browser).seen == seen
    clock.now += 31
    browser.get("/login")
    assert facts(browser).seen == seen + 61


def test_the_times_of_the_configuration_count_at_once(browser: Client, clock: Clock) -> None:
    sign_in(browser)
    clock.now += 100
    with live.override(support.config(session={"idle": 90.0})):
        assert who(browser) is None


def test_a_person_who_was_switched_off_has_no_session(browser: Client) -> None:
    sign_in(browser)
    User.objects.update(is_active=False)
    assert who(browser) is None
    assert "signin" not in browser.session


@pytest.mark.parametrize("kind", ["session", "person", "identity"])
def test_a_revoked_session_is_nobodys(browser: Client, kind: str) -> None:
    sign_in(browser)
    subjects = {
        "session": facts(browser).sid,
        "person": str(User.objects.get().pk),
        "identity": f"{support.CORP} alice",
    }
    end(Revocation.Kind(kind), subjects[kind])
    assert who(browser) is None
    sign_in(browser)
    assert who(browser) == "Alice"


def test_where_it_cannot_be_told_who_is_revoked_the_answer_is_503(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(browser)

    def unknown() -> None:
        raise KeysUnreachable("It cannot be told.")

    monkeypatch.setattr(revocations, "check", unknown)
    api, page = browser.get("/api/session"), browser.get("/login")
    assert (api.status_code, api.json()["error"]["code"]) == (503, "auth_unavailable")
    assert (page.status_code, "Retry-After" in page) == (503, True)


def test_a_database_that_is_away_is_503_and_signs_nobody_out(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(browser)

    def away(*_: object) -> None:
        raise OperationalError("no connection")

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "facts_of", away)
        assert browser.get("/login").status_code == 503
        assert browser.get("/api/session").json()["error"]["code"] == "unavailable"
    assert who(browser) == "Alice"


def test_a_session_by_djangos_own_means_is_one_of_ours(browser: Client, alice: User) -> None:
    browser.force_login(alice)
    assert who(browser) == "Alice"
    assert len(facts(browser).sid) == 32


@proves("sso-I5", "hard-H11")
def test_a_front_ends_token_is_short_and_carries_the_persons_rights(browser: Client) -> None:
    import jwt

    sign_in(browser)
    answer = post(browser, "/api/auth/token")
    said = answer.json()
    assert answer["Cache-Control"] == "no-store"
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 600)
    claims = jwt.decode(said["access_token"], options={"verify_" + "signature": False})
    assert claims["sub"] == str(User.objects.get().pk)
    assert claims["sid"] == facts(browser).sid
    assert set(said["scope"].split()) == set(claims["scope"].split()) >= {"chat:read", "chat:write"}


@proves("hard-H11")
def test_a_token_outlives_no_session(browser: Client, clock: Clock) -> None:
    sign_in(browser)
    clock.now += 7200 - 100
    assert post(browser, "/api/auth/token").json()["expires_in"] <= 7200
    with live.override(support.config(session={"idle": 7200.0, "absolute": 7200.0})):
        assert post(browser, "/api/auth/token").json()["expires_in"] == 100


REFUSED = {
    "no-token": {"x-csrftoken": ""},
    "wrong-token": {"x-csrftoken": "A" * 64},
    "foreign-origin": {"origin": "https://evil.example"},
    "no-origin": {"origin": ""},
    "null-origin": {"origin": "null"},
    "front-end-not-named": {"origin": "https://app.example.com"},
}


@pytest.mark.parametrize("headers", [pytest.param(row, id=name) for name, row in REFUSED.items()])
@pytest.mark.parametrize("path", ["/api/session", "/api/auth/token"])
@proves("hard-H18")
def test_a_page_of_somebody_else_gets_nothing_by_the_cookie(
    browser: Client, path: str, headers: dict[str, str]
) -> None:
    sign_in(browser)
    answer = post(browser, path, **headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


@proves("hard-H19")
def test_a_front_end_of_ones_own_may_ask(browser: Client) -> None:
    with live.override(support.config(server={"front_ends": ["https://app.example.com"]})):
        sign_in(browser)
        assert post(browser, "/api/auth/token", origin="https://app.example.com").status_code == 200


@proves("hard-H18", "hard-H19")
@pytest.mark.parametrize(
    ("path", "may"), [("/api/session", True), ("/api/conversations", False), ("/v1/models", False)]
)
def test_a_front_end_asks_by_the_cookie_for_its_bearer_and_nothing_else(path: str, may: bool) -> None:
    request = HttpRequest()
    request.method, request.path_info = "POST", path
    request.COOKIES = {"clawdbot-csrf": "A" * 32}
    sent = {"ORIGIN": "https://app.example.com", "X_CSRFTOKEN": "A" * 32, "HOST": "localhost"}
    request.META = {f"HTTP_{name}": value for name, value in sent.items()}
    with live.override(support.config(server={"front_ends": ["https://app.example.com"]})):
        if may:
            csrf.require(request)
        else:
            with pytest.raises(Forbidden):
                csrf.require(request)


def test_a_session_that_ends_while_it_is_used_is_401_and_no_fault(
    browser: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(browser)
    token = browser.get("/api/session").json()["csrf_token"]
    key = browser.cookies["clawdbot"].value
    request = HttpRequest()
    request.method, request.path_info = "GET", "/v1/models"
    request.COOKIES = {"clawdbot": key, "clawdbot-csrf": browser.cookies["clawdbot-csrf"].value}
    request.META = {"HTTP_X_CSRFTOKEN": token, "HTTP_SEC_FETCH_SITE": "same-origin"}
    clock.now += 120
    touch = sessions.touch

    def meanwhile(session: Any, facts: Any) -> bool:
        found = touch(session, facts)
        Session.objects.all().delete()
        return found

    monkeypatch.setattr(sessions, "touch", meanwhile)
    with pytest.raises(InvalidToken):
        sessions.caller_of(request)
