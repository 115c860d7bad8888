"""What comes back: believed once, where it began, and nothing else changes (statements B1 to B16)."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from accounts.models import ExternalIdentity, SignInFailure, User
from accounts.providers.base import LIFETIME, SSOError
from accounts.signin import transactions
from clawdsite.core.config import live
from tests.accounts.signin import support
from tests.accounts.signin.support import OTHER, World, query_of, sign_in, start, who
from tests.proof import proves

SCRIPT = "<script>alert('from the provider')</script>"


def nothing_happened(world: World) -> bool:
    return not world.asked and not User.objects.exists() and not ExternalIdentity.objects.exists()


@pytest.mark.parametrize("which", ["missing", "unknown", "other-browser"])
@proves("sso-B1", "hard-H15")
def test_a_state_that_this_browser_did_not_begin_is_400(
    browser: Client, other_browser: Client, world: World, which: str
) -> None:
    state = {"missing": {}, "unknown": {"state": "A" * 32}}.get(which)
    if state is None:
        state = {"state": start(other_browser)["state"]}
        start(browser)
    answer = browser.get("/callback", {"code": "good", **state})
    assert answer.status_code == 400
    assert "Start again" in answer.content.decode()
    assert nothing_happened(world)


def test_a_page_in_place_of_the_callback_has_no_form_that_browsers_would_send_without_origin(
    browser: Client,
) -> None:
    page = browser.get("/callback", {"state": "E" * 32, "code": "x"})
    assert page["Referrer-Policy"] == "no-referrer"
    assert b"<form" not in page.content
    assert b'href="/login"' in page.content


@proves("sso-B2", "hard-H13")
def test_the_same_address_twice_is_400_and_the_first_sign_in_stays(browser: Client, world: World) -> None:
    back = {"state": start(browser)["state"], "code": "good"}
    assert browser.get("/callback", back).status_code == 302
    key = browser.session.session_key
    again = browser.get("/callback", back)
    assert again.status_code == 400
    assert "You are signed in as" in again.content.decode()
    assert (who(browser), browser.session.session_key) == ("Alice", key)
    assert len(world.asked) == 1


@proves("sso-B3")
def test_a_state_of_eleven_minutes_ago_is_400(
    browser: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = start(browser)["state"]
    now = time.time()
    monkeypatch.setattr(transactions.time, "time", lambda: now + LIFETIME + 1)
    assert browser.get("/callback", {"state": state, "code": "good"}).status_code == 400
    assert nothing_happened(world)


WRONG = ["https://sso.example.com/realms/corp/", "https://SSO.example.com/realms/corp", OTHER, ""]


@pytest.mark.parametrize("iss", [*WRONG, support.CORP.replace("https", "http")])
@proves("sso-B4", "hard-H13")
def test_an_answer_of_another_issuer_is_400_before_anybody_is_asked(
    browser: Client, world: World, iss: str
) -> None:
    answer = browser.get("/callback", {"state": start(browser)["state"], "code": "good", "iss": iss})
    assert answer.status_code == 400
    assert nothing_happened(world)


@proves("sso-B5")
def test_an_issuer_that_names_itself_must_do_so_each_time(browser: Client, world: World) -> None:
    world.published[support.CORP].says_issuer = True
    state = start(browser)["state"]
    assert browser.get("/callback", {"state": state, "code": "good"}).status_code == 400
    assert nothing_happened(world)
    state = start(browser)["state"]
    back = {"state": state, "code": "good", "iss": support.CORP}
    assert browser.get("/callback", back).status_code == 302


@proves("sso-B6")
def test_an_issuer_that_names_itself_unasked_is_welcome(browser: Client) -> None:
    back = {"state": start(browser)["state"], "code": "good", "iss": support.CORP}
    assert browser.get("/callback", back).status_code == 302
    assert who(browser) == "Alice"


@proves("sso-B7", "sso-B9")
def test_a_no_is_told_in_our_words_and_ends_the_attempt(browser: Client, world: World) -> None:
    state = start(browser, next="/c/7")["state"]
    said = {"state": state, "error": "access_denied", "error_description": SCRIPT}
    answer = browser.get("/callback", said)
    assert answer.status_code == 302
    went = query_of(answer["Location"])
    assert (went["sso_error"], went["next"]) == ("denied", "/c/7")
    page = browser.get(answer["Location"]).content.decode()
    assert "The sign-in was not completed." in page
    assert went["ref"] in page
    assert SCRIPT not in page
    assert browser.get("/callback", said).status_code == 400
    assert nothing_happened(world)


@proves("sso-B8", "hard-H15")
def test_an_error_without_a_state_signs_nobody_out(browser: Client) -> None:
    sign_in(browser)
    key = browser.session.session_key
    for said in ({"error": "x"}, {"error": "x", "state": "B" * 32}):
        assert browser.get("/callback", said).status_code == 400
    assert (who(browser), browser.session.session_key) == ("Alice", key)


@pytest.mark.parametrize("name", ["code", "state", "iss", "error"])
@proves("sso-B10")
def test_a_parameter_that_comes_twice_is_400(browser: Client, world: World, name: str) -> None:
    asked = start(browser)
    said = {"state": [asked["state"]], "code": ["good"], "iss": [support.CORP]}
    said[name] = said.get(name, ["denied"]) * 2
    assert browser.get("/callback", said).status_code == 400
    assert nothing_happened(world)


@proves("sso-B11")
def test_a_form_does_not_come_back(browser: Client, world: World) -> None:
    state = start(browser)["state"]
    assert browser.post("/callback", {"state": state, "code": "good"}).status_code == 405
    assert nothing_happened(world)


ODD = {"long": "c" * 10_000, "nul": "a\0b", "line-end": "a\r\nb", "empty": "", "not-ascii": "é" * 10}


@pytest.mark.parametrize("code", [pytest.param(value, id=name) for name, value in ODD.items()])
@proves("sso-B12")
def test_an_odd_code_is_a_clean_error(browser: Client, world: World, code: str) -> None:
    answer = browser.get("/callback", {"state": start(browser)["state"], "code": code})
    assert answer.status_code == 400
    assert nothing_happened(world)


@proves("sso-B13")
def test_what_else_comes_along_does_not_matter(browser: Client) -> None:
    more = {"session_state": ["a", "b"], "scope": "openid", "hd": "example.com"}
    state = start(browser)["state"]
    assert browser.get("/callback", {"state": state, "code": "good", **more}).status_code == 302


@proves("sso-B14")
def test_the_address_one_ends_at_holds_neither_code_nor_state(browser: Client, world: World) -> None:
    """The log: tests/flow/test_signin_started.py."""
    world.errors["dead"] = SSOError("expired", "the code was used")
    for code in ("good", "dead"):
        state = start(browser)["state"]
        went = browser.get("/callback", {"state": state, "code": code})["Location"]
        assert state not in went
        assert f"code={code}" not in went


@proves("sso-B15")
def test_an_attempt_at_one_provider_is_not_finished_at_another(browser: Client, world: World) -> None:
    """One callback serves all: the attempt says whose it is, and another's name in the answer is refused."""
    state = start(browser, "corp")["state"]
    assert browser.get("/callback", {"state": state, "code": "of-other", "iss": OTHER}).status_code == 400
    assert nothing_happened(world)
    state = start(browser, "corp")["state"]
    browser.get("/callback", {"state": state, "code": "of-corp"})
    assert world.asked == [("corp", "of-corp")]


@proves("sso-B16", "hard-H12")
def test_the_sessions_key_is_new_after_each_sign_in(browser: Client) -> None:
    start(browser)
    keys = [browser.session.session_key]
    for _ in range(2):
        sign_in(browser)
        keys.append(browser.session.session_key)
    assert len(set(keys)) == 3


@proves("sso-F23")
def test_an_attempt_is_gone_before_the_code_is_exchanged(
    browser: Client, other_browser: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = start(browser)["state"]
    again: list[int] = []
    fetch = world.fetch

    def meanwhile(one: object, tx: object, code: str) -> object:
        if not again:
            other_browser.cookies = browser.cookies
            again.append(other_browser.get("/callback", {"state": state, "code": code}).status_code)
        return fetch(one, tx, code)  # type: ignore[arg-type]

    monkeypatch.setattr(world, "fetch", meanwhile)
    assert browser.get("/callback", {"state": state, "code": "good"}).status_code == 302
    assert again == [400]
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    "code", ["expired", "provider_unavailable", "not_a_member", "email_conflict", "misconfigured"]
)
def test_each_failure_has_a_page_and_a_reference_that_the_administrator_can_look_up(
    browser: Client, world: World, code: str
) -> None:
    world.errors["bad"] = SSOError(code, "where to look")  # type: ignore[arg-type]
    went = sign_in(browser, code="bad")["Location"]
    page = browser.get(went).content.decode()
    row = SignInFailure.objects.get(reference=query_of(went)["ref"])
    assert row.reference in page
    assert "where to look" not in page
    assert (row.provider, row.code, row.detail) == ("corp", code, "where to look")


def test_an_attempt_of_a_provider_that_was_switched_off_ends_in_a_page(browser: Client) -> None:
    state = start(browser)["state"]
    with live.override(support.config(support.provider("other", OTHER))):
        assert browser.get("/callback", {"state": state, "code": "good"}).status_code == 400


def test_another_person_takes_over_the_browser_and_the_first_ones_session_is_over(
    browser: Client, world: World
) -> None:
    sign_in(browser)
    old = dict(browser.cookies)
    world.people["bobs"] = support.person("bob")
    sign_in(browser, code="bobs")
    assert who(browser) == "Bob"
    before = Client(headers={"host": "localhost"})
    before.cookies["clawdbot"] = old["clawdbot"].value
    assert who(before) is None
