"""Off to the provider: what is asked of it, and where a person wants to end (statements A1 to A13)."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from django.test import Client

from accounts.signin import transactions
from clawdsite.core.config import live
from tests.accounts.signin import support
from tests.accounts.signin.support import World, query_of, sign_in, start
from tests.proof import proves


@proves("sso-A1")
def test_the_provider_is_asked_for_a_code_in_the_configured_words(browser: Client) -> None:
    asked = start(browser)
    assert asked["response_type"] == "code"
    assert asked["client_id"] == "clawdbot"
    assert asked["redirect_uri"] == "http://localhost:8080/callback"
    assert "openid" in asked["scope"].split()
    assert asked["state"]


@proves("sso-A2")
def test_the_way_back_is_the_configured_one_whatever_host_was_asked(browser: Client, world: World) -> None:
    forged = {"host": "localhost:9999", "x-forwarded-host": "evil.example"}
    answer = browser.get("/auth/corp/start", headers=forged)
    asked = query_of(answer["Location"])
    assert asked["redirect_uri"] == "http://localhost:8080/callback"
    browser.get("/callback", {"state": asked["state"], "code": "good"})
    assert [tx.redirect_uri for tx in world.seen] == [asked["redirect_uri"]]


@proves("sso-A3")
def test_a_state_is_random_letters_and_digits() -> None:
    words = [transactions.word(transactions.STATE) for _ in range(1000)]
    assert len(set(words)) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", word) for word in words)  # 190 bits
    assert len(set("".join(words))) == 62


@proves("sso-A4", "sso-A5", "hard-H13")
def test_each_attempt_has_a_verifier_of_its_own_and_shows_its_hash(browser: Client, world: World) -> None:
    asked = [start(browser) for _ in range(2)]
    for one in asked:
        assert one["code_challenge_method"] == "S256"
        browser.get("/callback", {"state": one["state"], "code": "good"})
    verifiers = [tx.code_verifier or "" for tx in world.seen]
    assert len(set(verifiers)) == 2
    for one, verifier in zip(asked, verifiers, strict=True):
        assert re.fullmatch(r"[A-Za-z0-9]{43,128}", verifier)
        digest = hashlib.sha256(verifier.encode()).digest()
        assert one["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")


@proves("sso-A6", "hard-H13")
def test_each_attempt_has_a_nonce_of_its_own(browser: Client) -> None:
    nonces = [start(browser)["nonce"] for _ in range(3)]
    assert len(set(nonces)) == 3
    assert all(len(nonce) == 32 for nonce in nonces)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first-first", "last-first"])
@proves("sso-A7")
def test_two_tabs_both_arrive_in_any_order(browser: Client, order: tuple[int, int]) -> None:
    tabs = [start(browser, next=f"/c/{number}") for number in (0, 1)]
    for number in order:
        answer = browser.get("/callback", {"state": tabs[number]["state"], "code": "good"})
        assert (answer.status_code, answer["Location"]) == (302, f"/c/{number}")


@proves("sso-A8")
def test_of_many_attempts_the_oldest_are_forgotten(browser: Client) -> None:
    states = [start(browser)["state"] for _ in range(transactions.MOST + 5)]
    assert list(browser.session[transactions.PENDING]) == states[5:]
    assert browser.get("/callback", {"state": states[0], "code": "good"}).status_code == 400
    assert browser.get("/callback", {"state": states[5], "code": "good"}).status_code == 302


ELSEWHERE = {
    "host": "https://evil.example/",
    "scheme-relative": "//evil.example",
    "three-slashes": "///evil.example",
    "no-slashes": "https:evil.example",
    "backslashes": "\\\\evil.example",
    "slash-backslash": "/\\evil.example",
    "script": "javascript:alert(1)",
    "line-end": "/\r\nSet-Cookie: a=b",
    "tab": "/\t/evil.example",
    "nul": "/\0",
    "user-name": "http://localhost:8080@evil.example/",
    "front-end-as-user-name": "https://app.example.com@evil.example/",
    "front-end-as-prefix": "https://app.example.com.evil.example/",
    "front-end-other-port": "https://app.example.com:444/",
    "front-end-other-scheme": "http://app.example.com/",
    "long": "/" + "a" * 3000,
}


@pytest.mark.parametrize("wanted", [pytest.param(value, id=name) for name, value in ELSEWHERE.items()])
@proves("sso-A9")
def test_a_way_out_of_here_leads_to_the_front_page(browser: Client, wanted: str) -> None:
    with live.override(support.config(server={"front_ends": ["https://app.example.com"]})):
        assert sign_in(browser, next=wanted)["Location"] == "/"


@pytest.mark.parametrize(
    "wanted",
    ["/c/42", "/c/42?q=a%20b#end", "/admin/", "https://app.example.com", "https://app.example.com/chat?a=1"],
)
def test_a_path_of_ours_and_a_front_end_of_ones_own_are_where_one_ends(browser: Client, wanted: str) -> None:
    with live.override(support.config(server={"front_ends": ["https://app.example.com"]})):
        assert sign_in(browser, next=wanted)["Location"] == wanted


@proves("sso-A10", "sso-A11")
def test_every_answer_on_the_way_is_a_plain_redirect_that_nobody_keeps(browser: Client) -> None:
    begun = browser.get("/auth/corp/start")
    state = query_of(begun["Location"])["state"]
    done = browser.get("/callback", {"state": state, "code": "good"})
    refused = browser.get("/callback", {"state": state, "code": "good"})
    assert [one.status_code for one in (begun, done, refused)] == [302, 302, 400]
    for answer in (begun, done, refused):
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"


@proves("sso-A12")
def test_without_a_provider_there_is_nothing_to_start(browser: Client) -> None:
    off = [support.provider(enabled=False)]
    with live.override(support.config(*off, auth={"local_login": True})):
        assert browser.get("/auth/corp/start").status_code == 404
        assert browser.get("/callback").status_code == 404
        page = browser.get("/login")
    assert (page.status_code, b"/auth/" in page.content) == (200, False)


@proves("sso-A13")
def test_the_login_page_stands_in_no_frame(browser: Client) -> None:
    """And its policy: tests/flow/test_signin.py, where the entry adds it."""
    assert browser.get("/login")["X-Frame-Options"] == "DENY"


def test_an_unknown_provider_and_another_method_are_refused(browser: Client) -> None:
    assert browser.get("/auth/nobody/start").status_code == 404
    assert Client(headers={"host": "localhost"}).post("/auth/corp/start").status_code == 405


def test_a_provider_that_is_down_is_named_by_a_fixed_text_and_a_reference(
    browser: Client, world: World
) -> None:
    world.published[support.CORP].down = True
    answer = browser.get("/auth/corp/start", {"next": "/c/1"}, follow=True)
    page = answer.content.decode()
    assert "does not answer at the moment" in page
    assert re.search(r"<code>[A-HJ-NP-Z2-9]{8}</code>", page)
    assert 'value="/c/1"' in page  # and one may try again without losing the way


def test_other_providers_work_while_one_is_down(browser: Client, world: World) -> None:
    world.published[support.CORP].down = True
    assert sign_in(browser, "other")["Location"] == "/"


IN_APP = {
    "wecom": "Mozilla/5.0 (iPhone) wxwork/4.1.0 MicroMessenger/7.0.1 Language/zh",
    "plain": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140",
}


@pytest.mark.parametrize("agent", IN_APP)
def test_the_vendors_own_client_is_known_by_its_agent(
    browser: Client, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts.providers.wecom import WeCom

    asked: list[tuple[bool, str]] = []
    monkeypatch.setattr(
        WeCom,
        "authorize_url",
        lambda one, tx, *, in_app, lang: asked.append((in_app, lang)) or "https://w.example/",
    )
    wecom = {
        "provider": "wecom",
        "client_id": "ww1",
        "client_secret": "kept-here",
        "provider_options": {"agent_id": "1"},
    }
    with live.override(support.config(wecom)):
        headers = {"user-agent": IN_APP[agent], "accept-language": "zh-CN"}
        assert browser.get("/auth/wecom/start", headers=headers).status_code == 302
    assert asked == [(agent == "wecom", "zh")]
