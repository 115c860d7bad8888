"""Signing out: there from here, and here from there (sso.md section 8.I)."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.providers.base import SSOError
from accounts.providers.idtoken import Logout
from accounts.providers.replays import MOST, Replays
from tests.accounts.forge import garbage, hmac_by, pem, rsa_key, unsigned
from tests.accounts.oidc.asking import Browser
from tests.doubles.forging import CLIENT_ID, EVENT, Forging
from tests.doubles.forging_keys import signer
from tests.proof import proves

BACK = "http://localhost:8080/login"


def refused(alice: Browser, raw: str) -> str:
    with pytest.raises(SSOError) as err:
        alice.sign_on.verify_logout_token(raw)
    assert err.value.code == "invalid_response"
    return err.value.detail


@proves("sso-I1")
def test_the_way_out_names_the_session_the_client_and_the_way_back(alice: Browser, op: Forging) -> None:
    url = alice.sign_on.logout_url("eyJ.hint.x", "the-state", BACK)
    assert url is not None
    assert url.startswith(f"{op.issuer}/logout?")
    assert parse_qs(urlsplit(url).query) == {
        "id_token_hint": ["eyJ.hint.x"],
        "client_id": [CLIENT_ID],
        "post_logout_redirect_uri": [BACK],
        "state": ["the-state"],
    }


@proves("sso-I1")
@pytest.mark.parametrize("hint", ["", "x" * 5000])
def test_without_a_usable_hint_the_client_is_named_alone(alice: Browser, hint: str) -> None:
    url = alice.sign_on.logout_url(hint, "the-state", BACK) or ""
    assert "id_token_hint" not in url
    assert f"client_id={CLIENT_ID}" in url


@proves("sso-I3")
def test_there_is_no_way_out_where_the_provider_has_none_or_is_down(alice: Browser, op: Forging) -> None:
    op.metadata["end_session_endpoint"] = None
    assert alice.sign_on.logout_url("", "s", BACK) is None
    op.stop()
    assert Browser(op).sign_on.logout_url("", "s", BACK) is None


def test_a_logout_token_says_whose_session_is_over(alice: Browser, op: Forging) -> None:
    found = alice.sign_on.verify_logout_token(op.logout_token(jti="one"))
    assert found == Logout(op.issuer, "alice-1", "session-1", "one")
    assert alice.sign_on.verify_logout_token(op.logout_token(sub=None)).sub is None
    assert alice.sign_on.verify_logout_token(op.logout_token(sid=None)).sid is None
    assert alice.sign_on.verify_logout_token(op.logout_token({"typ": "JWT"})).sub == "alice-1"
    assert alice.sign_on.verify_logout_token(op.logout_token({"typ": None}, aud=[CLIENT_ID])).sub == "alice-1"


BAD: dict[str, dict[str, Any]] = {
    "wrong-iss": {"iss": "https://evil.example"},
    "missing-iss": {"iss": None},
    "wrong-aud": {"aud": "another-client"},
    "missing-aud": {"aud": None},
    "missing-exp": {"exp": None},
    "expired": {"exp": int(time.time()) - 70},
    "exp-text": {"exp": "tomorrow"},
    "missing-iat": {"iat": None},
    "old-iat": {"iat": int(time.time()) - 700},
    "future-iat": {"iat": int(time.time()) + 3600},
    "missing-jti": {"jti": None},
    "empty-jti": {"jti": ""},
    "number-jti": {"jti": 7},
    "no-events": {"events": None},
    "empty-events": {"events": {}},
    "events-text": {"events": EVENT},
    "events-list": {"events": [EVENT]},
    "wrong-event": {"events": {"http://schemas.openid.net/event/other": {}}},
    "event-no-object": {"events": {EVENT: True}},
    "nonce": {"nonce": "n"},
    "nonce-empty": {"nonce": ""},
    "neither-sub-nor-sid": {"sub": None, "sid": None},
    "sub-number": {"sub": 7},
    "sid-number": {"sid": 7},
    "sid-empty": {"sid": "", "sub": None},
}


@proves("sso-I7")
@pytest.mark.parametrize("changes", BAD.values(), ids=BAD.keys())
def test_a_logout_token_that_says_something_wrong_ends_nothing(
    alice: Browser, op: Forging, changes: dict[str, Any]
) -> None:
    refused(alice, op.logout_token(**changes))


@proves("sso-I7")
@pytest.mark.parametrize(
    ("algorithm", "sign"),
    [
        ("none", unsigned),
        ("none", garbage),
        ("RS256", garbage),
        ("RS256", unsigned),
        ("RS256", signer("RS256", "second")),
        ("RS512", signer("RS512", "first")),
        ("HS256", hmac_by(pem(rsa_key("first")))),
    ],
)
def test_a_logout_token_that_is_signed_wrongly_ends_nothing(
    alice: Browser, op: Forging, algorithm: str, sign: Any
) -> None:
    op.sign = sign
    refused(alice, op.logout_token({"alg": algorithm}))


@proves("sso-I7")
def test_a_logout_token_counts_once(alice: Browser, op: Forging) -> None:
    raw = op.logout_token()
    alice.sign_on.verify_logout_token(raw)
    assert "came before" in refused(alice, raw)
    assert "came before" in refused(Browser(op), raw), "a reload makes another provider of the same issuer"


@proves("sso-I7")
@pytest.mark.parametrize("raw", ["", "x", "a.b.c", "a.b.c.d.e", "eyJ" * 200_000])
def test_what_is_no_token_ends_nothing(alice: Browser, raw: str) -> None:
    refused(alice, raw)


@proves("sso-I8")
def test_an_id_token_is_no_logout_token_and_the_reverse(alice: Browser, op: Forging) -> None:
    refused(alice, op.id_token("n", "access"))
    op.raw_id_token = op.logout_token({"typ": "JWT"}, nonce="n")
    assert "another kind" in alice.refused(nonce="n")


@proves("sso-I8")
def test_an_access_token_is_no_logout_token(alice: Browser, op: Forging) -> None:
    refused(alice, op.logout_token({"typ": "at+jwt"}))


def test_the_memory_of_names_is_bounded_and_forgets_what_is_too_old_to_count() -> None:
    seen = Replays()
    assert seen.is_new(("a",), 0.0)
    assert not seen.is_new(("a",), 700.0)
    assert seen.is_new(("a",), 800.0)
    for turn in range(MOST):
        assert seen.is_new((str(turn),), 800.0)
    assert seen.is_new(("a",), 800.0), "the oldest made room"
