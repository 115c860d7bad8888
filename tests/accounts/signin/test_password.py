"""Name and password: where it is on, how often it may be tried, and what it gives away."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user
from django.core.cache import cache
from django.http import HttpRequest
from django.test import Client

from accounts.models import SignInFailure, User
from accounts.signin import throttle
from clawdsite.core.config import live
from tests.accounts.signin import support
from tests.accounts.signin.support import who
from tests.proof import proves

PASSWORD = "correct horse battery"
PRODUCTION: dict[str, Any] = {
    "mode": "production",
    "server": {"public_url": "https://chat.example.com"},
    "oauth2": (support.provider(),),
}


def attempt(client: Client, name: str = "alice", password: str = "wrong", **more: Any) -> Any:
    return client.post("/login", {"username": name, "password": password}, **more)


def test_a_person_signs_in_and_ends_where_they_wanted(other_browser: Client, alice: User) -> None:
    answer = other_browser.post("/login", {"username": "alice", "password": PASSWORD, "next": "/c/3"})
    assert (answer.status_code, answer["Location"]) == (302, "/c/3")
    assert who(other_browser) == "Alice"
    again = other_browser.get("/login", {"next": "/c/4"})
    assert (again.status_code, again["Location"]) == (302, "/c/4")


@proves("hard-H18")
def test_the_form_needs_its_token(browser: Client, alice: User) -> None:
    assert attempt(browser, password=PASSWORD).status_code == 403


def test_whoever_blocks_cookies_is_told_so_and_not_that_they_may_not(browser: Client, alice: User) -> None:
    without = attempt(browser, password=PASSWORD).content.decode()
    assert "Allow them in its settings" in without
    browser.get("/login")
    with_them = attempt(browser, password=PASSWORD).content.decode()
    assert "Go back, reload and try again" in with_them
    assert "Allow them" not in with_them


def test_in_production_it_is_off_unless_configured(other_browser: Client, alice: User) -> None:
    from clawdsite.core.config.schema import Config

    for on in (False, True):
        with live.override(Config(**PRODUCTION, auth={"local_login": on})):
            page = other_browser.get("/login")
            assert (b'name="password"' in page.content) is on
            assert attempt(other_browser, password=PASSWORD).status_code == (302 if on else 404)


@proves("hard-H30")
def test_what_was_wrong_is_not_told(other_browser: Client, alice: User) -> None:
    User.objects.create_user("gone", PASSWORD, is_active=False)
    pages = [
        attempt(other_browser, name, password)
        for name, password in (
            ("alice", "wrong"),
            ("nobody", "wrong"),
            ("gone", PASSWORD),
            ("alice", PASSWORD + "\0"),
            ("a" * 200, PASSWORD),
            ("alice", "x" * 5000),
        )
    ]
    assert {page.status_code for page in pages} == {403}
    texts = {page.content.decode().split('role="alert">')[1].split("Reference")[0] for page in pages}
    assert len(texts) == 1
    assert "The name or the password is wrong." in texts.pop()
    assert SignInFailure.objects.filter(code="password").count() == len(pages)
    assert not SignInFailure.objects.filter(detail__contains="alice").exists()


@proves("hard-H28")
def test_an_account_is_not_tried_without_end(other_browser: Client, alice: User) -> None:
    answers = [
        attempt(other_browser, "Alice" if turn % 2 else "alice", REMOTE_ADDR=f"192.0.2.{turn}")
        for turn in range(11)
    ]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 300
    assert "Too many attempts" in answers[-1].content.decode()
    right = attempt(other_browser, password=PASSWORD, REMOTE_ADDR="192.0.2.77")
    assert right.status_code == 429
    assert attempt(other_browser, "bob", REMOTE_ADDR="192.0.2.77").status_code == 403


@proves("hard-H28", "hard-H29")
@pytest.mark.parametrize("path", ["/login", "/admin/login/"])
def test_attempts_from_elsewhere_do_not_lock_a_person_out_of_their_own_browser(path: str) -> None:
    User.objects.create_superuser("root", PASSWORD)
    own, strange = Client(headers={"host": "localhost"}), Client(headers={"host": "localhost"})

    def tried(browser: Client, password: str, number: int) -> int:
        sent = {"username": "root" if password == PASSWORD else "Root", "password": password}
        return int(browser.post(path, sent, REMOTE_ADDR=f"192.0.2.{number}").status_code)

    assert tried(own, PASSWORD, 1) == 302
    own.post("/logout")
    cookie = own.cookies["clawdbot-familiar"]
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")
    assert "root" not in cookie.value
    for number in range(2, 20):
        tried(strange, "wrong", number)
    assert tried(strange, PASSWORD, 20) == 429
    assert tried(own, PASSWORD, 20) == 302
    own.post("/logout")
    strange.cookies["clawdbot-familiar"] = cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B")
    assert tried(strange, PASSWORD, 21) == 429
    again = [tried(own, "wrong", number) for number in range(30, 42)]
    assert again[-1] == 429  # such a browser guesses no more often than another


@proves("hard-H29")
def test_a_browser_familiar_to_one_person_is_strange_to_another(alice: User) -> None:
    User.objects.create_user("bob", PASSWORD)
    browser = Client(headers={"host": "localhost"})
    assert attempt(browser, "bob", PASSWORD).status_code == 302
    for number in range(11):
        attempt(Client(headers={"host": "localhost"}), "alice", REMOTE_ADDR=f"192.0.2.{number}")
    assert attempt(browser, "alice", PASSWORD, REMOTE_ADDR="192.0.2.99").status_code == 429


@proves("hard-H28")
def test_an_address_does_not_try_names_without_end(other_browser: Client) -> None:
    answers = [
        attempt(other_browser, f"person{turn}", REMOTE_ADDR="192.0.2.5").status_code for turn in range(31)
    ]
    assert answers == [403] * 30 + [429]
    assert attempt(other_browser, "person", REMOTE_ADDR="192.0.2.6").status_code == 403


@proves("hard-H28")
def test_a_subscriber_of_ipv6_is_one_address() -> None:
    def address(remote: str) -> str:
        request = HttpRequest()
        request.META["REMOTE_ADDR"] = remote
        return throttle.address_of(request)

    assert address("2001:db8:1:2::3") == address("2001:db8:1:2:ffff::9") == "2001:db8:1:2::"
    assert address("192.0.2.7") == "192.0.2.7"
    assert address("") == "unknown"


def test_a_flood_of_addresses_does_not_wash_a_counter_out() -> None:
    cache.clear()
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "192.0.2.9"
    for _ in range(30):
        assert throttle.too_often(request, "password") is None
    for number in range(1000):
        throttle.too_often(request, "account", f"somebody{number}")
    assert throttle.too_often(request, "password") is not None


@pytest.mark.parametrize(("what", "path"), [("start", "/auth/corp/start"), ("callback", "/callback")])
def test_start_and_callback_have_limits_too(
    browser: Client, what: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.RATES, what, "2/m")
    answers = [browser.get(path) for _ in range(3)]
    assert answers[0].status_code == answers[1].status_code != 429
    assert (answers[2].status_code, "Retry-After" in answers[2]) == (429, True)


def test_the_admins_form_is_throttled_and_its_session_is_like_any_other(other_browser: Client) -> None:
    User.objects.create_superuser("root", PASSWORD, display_name="Root")
    page = other_browser.get("/admin/", follow=True)
    assert page.request["PATH_INFO"] == "/admin/login/"
    assert "/auth/corp/start?next=%2Fadmin%2F" in page.content.decode()
    form = {"username": "root", "password": "wrong", "next": "/admin/"}
    statuses = [other_browser.post("/admin/login/", form).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    cache.clear()
    answer = other_browser.post("/admin/login/", form | {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert who(other_browser) == "Root"
    assert other_browser.post("/admin/logout/").status_code == 302
    assert who(other_browser) is None


def test_with_sso_only_the_admin_has_no_password_form(other_browser: Client) -> None:
    User.objects.create_superuser("root", PASSWORD)
    with live.override(support.config(admin={"sso_only": True})):
        page = other_browser.get("/admin/login/?next=/admin/")
        assert b'type="password"' not in page.content
        assert "/auth/corp/start?next=%2Fadmin%2F" in page.content.decode()
        assert (
            other_browser.post("/admin/login/", {"username": "root", "password": PASSWORD}).status_code == 405
        )
        request = HttpRequest()
        request.session = other_browser.session
        assert not get_user(request).is_authenticated
