"""Where the browser is sent, and what it brings back (sso.md sections 8.A and 8.B)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.providers.base import Returned, SSOError
from tests.accounts.oidc.asking import Browser, text, transaction
from tests.doubles.forging import CLIENT_ID, REDIRECT, Forging
from tests.proof import proves


def asked(browser: Browser, lang: str = "", **changes: Any) -> dict[str, str]:
    url = browser.sign_on.authorize_url(transaction(browser.sign_on, **changes), in_app=False, lang=lang)
    return {name: one for name, [one] in parse_qs(urlsplit(url).query).items()}


@proves("sso-A1", "sso-A2")
def test_the_address_has_what_the_code_flow_needs(alice: Browser) -> None:
    found = asked(alice, state="s" * 32)
    assert found["response_type"] == "code"
    assert found["client_id"] == CLIENT_ID
    assert found["redirect_uri"] == REDIRECT
    assert found["state"] == "s" * 32
    assert "openid" in found["scope"].split()


@proves("sso-A3", "sso-A5")
def test_state_and_verifier_go_as_they_are_and_the_verifier_not_at_all(alice: Browser) -> None:
    state, verifier = text(32), text(64)
    url = alice.sign_on.authorize_url(
        transaction(alice.sign_on, state=state, code_verifier=verifier), in_app=False, lang=""
    )
    assert f"state={state}" in url
    assert verifier not in url


@proves("sso-A4")
def test_the_challenge_is_the_verifiers_hash_and_never_the_verifier(alice: Browser) -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
    found = asked(alice, code_verifier=verifier)
    assert found["code_challenge_method"] == "S256"
    assert found["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    other = asked(alice, code_verifier="v" * 64)["code_challenge"]
    digest = hashlib.sha256(b"v" * 64).digest()
    assert other == base64.urlsafe_b64encode(digest).decode().rstrip("=")


@proves("sso-A6")
def test_the_nonce_is_the_transactions(alice: Browser) -> None:
    assert asked(alice, nonce="n" * 32)["nonce"] == "n" * 32


@proves("sso-A5", "sso-A6")
@pytest.mark.parametrize("missing", ["nonce", "code_verifier"])
def test_without_verifier_or_nonce_nobody_is_sent_anywhere(alice: Browser, missing: str) -> None:
    with pytest.raises(SSOError, match="verifier and a nonce"):
        asked(alice, **{missing: None})


def test_the_configuration_adds_scopes_age_and_domain_and_the_page_its_language(op: Forging) -> None:
    alice = Browser(op, scopes=["openid", "groups"], options={"max_age": 3600, "allowed_hd": "example.com"})
    found = asked(alice, lang="zh-hans")
    assert (found["scope"], found["max_age"], found["hd"]) == ("openid groups", "3600", "example.com")
    assert found["ui_locales"] == "zh-hans"
    assert "ui_locales" not in asked(alice)


def test_an_address_that_has_a_query_keeps_it(alice: Browser, op: Forging) -> None:
    op.metadata["authorization_endpoint"] = f"{op.issuer}/authorize?p=policy"
    found = asked(alice)
    assert (found["p"], found["response_type"]) == ("policy", "code")


def came_back(browser: Browser, query: dict[str, list[str]]) -> Returned:
    browser.sign_on.check_return(transaction(browser.sign_on), query)
    return browser.sign_on.returned(query)


@proves("sso-B4")
@pytest.mark.parametrize("bent", ["{}/", "https://evil.example", "", "HTTP://{}"])
def test_another_issuer_in_the_answer_is_refused_before_anything_is_sent(
    alice: Browser, op: Forging, bent: str
) -> None:
    with pytest.raises(SSOError, match="another issuer"):
        came_back(alice, {"code": ["c"], "iss": [bent.format(op.issuer)]})
    assert op.count("/token") == 0


@proves("sso-B5")
def test_an_answer_without_the_issuer_that_was_promised_is_refused(alice: Browser, op: Forging) -> None:
    with pytest.raises(SSOError, match="another issuer"):
        came_back(alice, {"code": ["c"]})
    op.metadata["authorization_response_iss_parameter_supported"] = None
    assert came_back(Browser(op), {"code": ["c"]}).code == "c"


@proves("sso-B6")
def test_the_right_issuer_is_taken_though_nobody_promised_it(alice: Browser, op: Forging) -> None:
    op.metadata["authorization_response_iss_parameter_supported"] = None
    assert came_back(alice, {"code": ["c"], "iss": [op.issuer]}).code == "c"


@proves("sso-B10")
@pytest.mark.parametrize("name", ["code", "iss", "error"])
def test_a_parameter_that_stands_twice_is_refused(alice: Browser, op: Forging, name: str) -> None:
    query = {"code": ["c"], "iss": [op.issuer]}
    with pytest.raises(SSOError, match="more than once"):
        came_back(alice, query | {name: [op.issuer, op.issuer]})


@proves("sso-B12")
@pytest.mark.parametrize("code", ["c" * 10_240, "a\0b", "a\r\nb", "", "ключ"])
def test_a_code_that_can_be_none_is_refused(alice: Browser, op: Forging, code: str) -> None:
    with pytest.raises(SSOError, match="empty, too long or no plain text"):
        came_back(alice, {"code": [code], "iss": [op.issuer]})


@proves("sso-B13")
def test_parameters_that_nobody_knows_are_ignored(alice: Browser, op: Forging) -> None:
    query = {"code": ["c"], "iss": [op.issuer], "session_state": ["x"], "scope": ["a", "b"]}
    assert came_back(alice, query) == Returned("c", None)


@proves("sso-B7", "sso-B9")
@pytest.mark.parametrize(
    ("said", "taken"),
    [("access_denied", "access_denied"), ("<script>", "unknown"), ("a" * 65, "unknown"), ("", "unknown")],
)
def test_an_error_is_a_short_word_or_unknown(alice: Browser, op: Forging, said: str, taken: str) -> None:
    query = {"error": [said], "error_description": ["<script>"], "iss": [op.issuer]}
    assert came_back(alice, query) == Returned(None, taken)


@pytest.mark.parametrize("query", [{}, {"code": ["c"], "error": ["access_denied"]}])
def test_neither_or_both_of_code_and_error_are_refused(
    alice: Browser, op: Forging, query: dict[str, list[str]]
) -> None:
    with pytest.raises(SSOError, match="neither or both"):
        came_back(alice, query | {"iss": [op.issuer]})


@proves("sso-B15")
@pytest.mark.parametrize("changed", [{"provider": "partner"}, {"issuer": "https://evil.example"}])
def test_a_sign_in_of_another_provider_sends_nothing(
    alice: Browser, op: Forging, changed: dict[str, str]
) -> None:
    tx = transaction(alice.sign_on, **changed)
    with pytest.raises(SSOError, match="another provider"):
        alice.sign_on.check_return(tx, {"code": ["c"], "iss": [op.issuer]})
    with pytest.raises(SSOError, match="another provider"):
        alice.sign_on.fetch_identity(tx, "c")
    assert op.asked == []
