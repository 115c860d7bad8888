"""Out: by the person's own wish, and by the provider's word (statements I1 to I11)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.test import AsyncClient, Client

from accounts.caller import Caller
from accounts.models import User
from accounts.providers.base import SSOError
from accounts.signin import sessions, throttle
from accounts.tokens.revocation import revocations
from clawdsite.core.config import live
from tests.accounts.forge import rsa_key
from tests.accounts.signin import support
from tests.accounts.signin.support import (
    CORP,
    EVENTS,
    OTHER,
    World,
    logout_token,
    query_of,
    sign_in,
    start,
    who,
)
from tests.proof import proves

NOBODY = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
FORM = "application/x-www-form-urlencoded"


def out(client: Client, **form: str) -> Any:
    """POST /logout as a page of ours does it."""
    token = client.get("/api/session").json().get("csrf_token", "")
    return client.post("/logout", {"csrfmiddlewaretoken": token, **form})


def told(token: str | None, slug: str = "corp", **more: Any) -> Any:
    """The provider calls, without a cookie."""
    body = {} if token is None else {"logout_token": token}
    return NOBODY.generic("POST", f"/auth/{slug}/backchannel", _form(body), content_type=FORM, **more)


def _form(body: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in body.items())


def sid_of(client: Client) -> str:
    facts = sessions.facts_of(client.session)
    assert facts is not None
    return facts.sid


@proves("sso-I1")
def test_one_is_out_here_first_and_then_at_the_provider(browser: Client) -> None:
    sign_in(browser)
    answer = out(browser)
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{CORP}/logout?")
    asked = query_of(answer["Location"])
    assert asked["id_token_hint"] == "token-of-alice"
    assert asked["post_logout_redirect_uri"] == "http://localhost:8080/login"
    assert len(asked["state"]) == 32
    assert who(browser) is None


@proves("sso-I2", "hard-H17")
def test_signing_out_takes_a_form_with_its_token(browser: Client) -> None:
    sign_in(browser)
    assert browser.get("/logout").status_code == 405
    assert browser.post("/logout").status_code == 403
    assert who(browser) == "Alice"


@proves("sso-I3")
def test_a_provider_without_a_logout_leaves_a_message(browser: Client, world: World) -> None:
    world.published[CORP].logout = False
    sign_in(browser)
    page = browser.get(out(browser)["Location"])
    assert (page.status_code, who(browser)) == (200, None)
    assert "You are signed out" in page.content.decode()
    assert "also sign out of the service" in page.content.decode()


def test_a_provider_that_is_down_keeps_nobody_signed_in(browser: Client, world: World) -> None:
    sign_in(browser)
    world.published[CORP].down = True
    assert out(browser)["Location"] == "/login?out=1"
    assert who(browser) is None


@proves("sso-I4")
@pytest.mark.parametrize("query", [{"state": "C" * 32}, {}, {"state": "x", "next": "https://evil.example/"}])
def test_whatever_a_provider_comes_back_with_is_a_plain_page(browser: Client, query: dict[str, str]) -> None:
    page = browser.get("/login", query)
    assert page.status_code == 200
    assert b"evil" not in page.content


@proves("sso-I5", "hard-H17")
def test_signing_out_ends_what_the_session_had_handed_out(browser: Client) -> None:
    """Tokens and sockets carry the session's name; each process hears of it (tests of revocation)."""
    sign_in(browser)
    token = Caller("person", "1", session=sid_of(browser), token="jti", issued=time.time() + 60)
    assert revocations.refuses(token) is None
    out(browser)
    assert revocations.refuses(token) is not None


@proves("hard-H17")
def test_a_copied_cookie_is_worth_nothing_after_signing_out(browser: Client, other_browser: Client) -> None:
    sign_in(browser)
    other_browser.cookies["clawdbot"] = browser.cookies["clawdbot"].value
    assert who(other_browser) == "Alice"
    out(browser)
    assert who(other_browser) is None


@proves("sso-I6", "hard-H17")
def test_the_provider_ends_one_session_or_all_of_a_person(world: World) -> None:
    world.people = {
        "one": support.person("alice", sid="op-1"),
        "two": support.person("alice", sid="op-2"),
        "bobs": support.person("bob", sid="op-3"),
    }
    one, two, bobs = (Client(headers={"host": "localhost"}) for _ in range(3))
    for client, code in ((one, "one"), (two, "two"), (bobs, "bobs")):
        sign_in(client, code=code)
    handed_out = Caller("person", "1", session=sid_of(one), token="jti", issued=time.time())
    bearer = Caller("person", "1", token="theirs", issued=time.time(), identity=f"{CORP} alice")
    answer = told(logout_token(sub=None, sid="op-1"))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert [who(one), who(two), who(bobs)] == [None, "Alice", "Bob"]
    assert revocations.refuses(handed_out) is not None
    assert revocations.refuses(bearer) is None
    assert told(logout_token(sub="alice")).status_code == 200
    assert [who(two), who(bobs)] == [None, "Bob"]
    assert revocations.refuses(bearer) is not None


def test_after_that_one_can_sign_in_again(browser: Client) -> None:
    sign_in(browser)
    told(logout_token())
    assert who(browser) is None
    sign_in(browser)
    assert who(browser) == "Alice"


NOW = int(time.time())
REFUSED: dict[str, Any] = {
    "alg-none": {"key": "", "algorithm": "none"},
    "wrong-alg": {"key": "k" * 32, "algorithm": "HS256"},
    "wrong-iss": {"iss": OTHER},
    "wrong-aud": {"aud": "somebody-else"},
    "no-exp": {"exp": None},
    "expired": {"exp": NOW - 4000, "iat": NOW - 4100},
    "no-iat": {"iat": None},
    "no-jti": {"jti": None},
    "no-events": {"events": None},
    "wrong-event": {"events": {"http://schemas.openid.net/event/other": {}}},
    "with-nonce": {"nonce": "n"},
    "neither-sub-nor-sid": {"sub": None},
    "bad-signature": {"key": "other"},
}


@pytest.mark.parametrize("claims", [pytest.param(row, id=name) for name, row in REFUSED.items()])
@proves("sso-I7")
def test_a_logout_token_that_does_not_count_ends_nothing(browser: Client, claims: dict[str, Any]) -> None:
    sign_in(browser)
    if claims.get("key") == "other":
        claims = {"key": rsa_key("somebody")}
    answer = told(logout_token(**claims))
    assert (answer.status_code, answer["Cache-Control"]) == (400, "no-store")
    assert who(browser) == "Alice"


@proves("sso-I7")
def test_a_logout_token_counts_once(browser: Client) -> None:
    token = logout_token()
    assert told(token).status_code == 200
    sign_in(browser)
    assert told(token).status_code == 400
    assert who(browser) == "Alice"


@proves("sso-I8")
def test_an_id_token_is_no_logout_token_and_a_logout_token_is_no_code(browser: Client, world: World) -> None:
    sign_in(browser)
    id_token = logout_token(events=None, nonce="n", header={"typ": "JWT", "kid": "k1"})
    assert told(id_token).status_code == 400
    assert who(browser) == "Alice"
    world.errors[token := logout_token()] = SSOError("expired", "the provider knows no such code")
    fresh = Client(headers={"host": "localhost"})
    assert "sso_error=expired" in sign_in(fresh, code=token)["Location"]
    ask = async_to_sync(AsyncClient().get)
    bearer = ask("/v1/models", headers={"authorization": f"Bearer {token}", "host": "localhost"})
    assert bearer.status_code == 401


@proves("sso-I9")
def test_the_provider_needs_no_cookie_and_may_send_a_small_form_alone(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(browser)
    path = "/auth/corp/backchannel"
    assert NOBODY.get(path).status_code == 405
    assert told(None).status_code == 400
    body = _form({"logout_token": logout_token()})
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
        assert NOBODY.generic("POST", path, body, content_type=kind).status_code == 400
    assert NOBODY.generic("POST", path, f"{body}&logout_token=x", content_type=FORM).status_code == 400
    large = f"{body}&filler={'a' * 64 * 1024}"
    assert NOBODY.generic("POST", path, large, content_type=FORM).status_code == 400
    assert who(browser) == "Alice"
    monkeypatch.setitem(throttle.RATES, "backchannel", "1/m")
    assert told(logout_token()).status_code == 200
    throttled = told(logout_token())
    assert (throttled.status_code, "Retry-After" in throttled) == (429, True)


def test_a_vendor_without_it_says_so() -> None:
    feishu = {
        "provider": "feishu",
        "client_id": "cli_1",
        "client_secret": "kept-here",
        "provider_options": {"tenant_key": "t"},
    }
    with live.override(support.config(feishu)):
        assert told(logout_token(), "feishu").status_code == 400
        assert told(logout_token(), "corp").status_code == 404


@proves("sso-I10")
def test_the_providers_name_of_the_session_is_kept_from_the_sign_in(browser: Client, world: World) -> None:
    world.people["good"] = support.person("alice", sid="op-9")
    sign_in(browser)
    facts = sessions.facts_of(browser.session)
    assert facts is not None
    assert (facts.op, facts.identity) == ("op-9", f"{CORP} alice")
    assert told(logout_token(sub=None, sid="op-9", events=EVENTS)).status_code == 200
    assert who(browser) is None


@proves("sso-I11")
def test_a_person_of_the_same_name_with_a_password_stays(browser: Client, alice: User) -> None:
    local = Client(headers={"host": "localhost"})
    assert local.post("/login", {"username": "alice", "password": "correct horse battery"}).status_code == 302
    assert told(logout_token(sub="alice")).status_code == 200
    assert who(local) == "Alice"


def test_a_front_end_may_sign_its_person_out_and_have_them_back(browser: Client) -> None:
    front = "https://app.example.com"
    with live.override(support.config(auth={"local_login": True}, server={"front_ends": [front]})):
        User.objects.create_user("bob", "correct horse battery")
        page = browser.get("/login").content.decode()
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        form = {"username": "bob", "password": "correct horse battery", "csrfmiddlewaretoken": token}
        assert browser.post("/login", form).status_code == 302
        token = browser.get("/api/session").json()["csrf_token"]
        asked = {"csrfmiddlewaretoken": token, "next": f"{front}/bye"}
        for origin, status in (("https://evil.example", 403), (front, 302)):
            answer = browser.post("/logout", asked, headers={"origin": origin})
            assert answer.status_code == status
        assert answer["Location"] == f"{front}/bye"


def test_a_logout_elsewhere_than_at_the_issuer_goes_by_a_page(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browsers hold `form-action` against redirects of a form's answer."""
    from accounts.providers.oidc import OIDC

    sign_in(browser)
    monkeypatch.setattr(OIDC, "logout_url", lambda *_: "https://elsewhere.example/end?a=1&b=2")
    page = out(browser)
    assert page.status_code == 200
    assert 'content="0; url=https://elsewhere.example/end?a=1&amp;b=2"' in page.content.decode()


def test_dead_sessions_are_deleted_once_an_hour(monkeypatch: pytest.MonkeyPatch, browser: Client) -> None:
    monkeypatch.setattr(sessions, "_swept_at", 0.0)
    start(browser)
    Session.objects.update(expire_date="2001-01-01T00:00:00Z")
    monkeypatch.setattr(sessions, "_swept_at", 0.0)
    sessions.sweep()
    assert Session.objects.count() == 0
