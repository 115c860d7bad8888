"""The modules of the OpenID conformance suite for relying parties, played by the forging provider."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.providers import http
from accounts.providers.base import SSOError
from tests.accounts.forge import garbage, unsigned
from tests.accounts.oidc.asking import Browser, transaction
from tests.corpora import loaded
from tests.doubles.forging import CLIENT_ID, SECRET, Answer, Forging, as_json
from tests.doubles.forging_keys import published, signer

Module = Callable[[Forging], object]
PAGES = {"x-session-rotated"}  # of the pages for signing in, whose tests have it as sso-B16
BASE = "oidcc-client-test"
BACKCHANNEL = f"{BASE}-rp-backchannel-rpinitlogout"


def passes(bend: Module | None = None, **options: Any) -> Module:
    def play(op: Forging) -> None:
        if bend:
            bend(op)
        assert Browser(op, options=options).sign_in().subject == "alice-1"

    return play


def refuses(bend: Module, code: str = "invalid_response", **options: Any) -> Module:
    def play(op: Forging) -> None:
        bend(op)
        Browser(op, options=options).refused(code)

    return play


def claims(**changes: Any) -> Module:
    return lambda op: op.claims.update(changes)


def ends_nothing(header: dict[str, Any] | None = None, **changes: Any) -> Module:
    def play(op: Forging) -> None:
        if header and header["alg"] == "none":
            op.sign = unsigned
        with pytest.raises(SSOError):
            Browser(op).sign_on.verify_logout_token(op.logout_token(header, **changes))

    return play


def unnamed_keys(op: Forging) -> None:
    op.header["kid"] = None
    op.keys = [published("RS256", "first", kid="1"), published("RS256", "second", kid="2")]


def signed_userinfo(op: Forging) -> None:
    said = op.signed({"sub": "alice-1", "email": "alice@example.com"})
    op.answers["/userinfo"] = Answer(200, said.encode(), "application/jwt")


def es256(op: Forging) -> None:
    op.publish("ES256", "first")
    op.sign = garbage


def hs256(op: Forging) -> None:
    op.header["alg"] = "HS256"
    op.sign = garbage


def nothing_signed(op: Forging) -> None:
    op.header["alg"] = "none"
    op.sign = unsigned


def rotated_between(op: Forging) -> None:
    alice = Browser(op)
    alice.sign_in()
    op.publish("RS256", "second")
    assert alice.sign_in().subject == "alice-1"


def rotated_within(op: Forging) -> None:
    alice = Browser(op)
    alice.sign_in()
    op.before_signing = lambda: op.publish("RS256", "second")
    assert alice.sign_in().subject == "alice-1"


def refresh_unused(op: Forging) -> None:
    """A refresh token is neither asked for, nor kept, nor sent; so no refreshed ID token is ever believed."""
    op.token["refresh_token"] = "refresh-1"
    found = Browser(op).sign_in()
    assert "refresh-1" not in f"{found.raw}{found.id_token}"
    assert [each.form["grant_type"] for each in op.asked if each.method == "POST"] == ["authorization_code"]


def way_out(state: str) -> Module:
    def play(op: Forging) -> None:
        alice = Browser(op)
        url = alice.sign_on.logout_url(alice.sign_in().id_token, state, "http://localhost:8080/login") or ""
        assert parse_qs(urlsplit(url).query).get("state", [""]) == [state]
        assert "id_token_hint=eyJ" in url

    return play


def scopes_and_userinfo(op: Forging) -> None:
    alice = Browser(op)
    assert alice.sign_in().email == "alice@example.com"
    asked = alice.sign_on.authorize_url(transaction(alice.sign_on), in_app=False, lang="")
    assert "scope=openid+profile+email" in asked


def basic_used(op: Forging) -> None:
    Browser(op).sign_in()
    assert op.last("/token").headers["authorization"].startswith("Basic ")


def bearer_used(op: Forging) -> None:
    Browser(op).sign_in()
    assert op.last("/userinfo").headers["authorization"].startswith("Bearer ")


def signs_out(op: Forging) -> None:
    assert Browser(op).sign_on.verify_logout_token(op.logout_token()).sub == "alice-1"


def no_front_channel(op: Forging) -> None:
    """Not offered: there is no address a provider's page could load to sign somebody out."""
    op.metadata["frontchannel_logout_supported"] = True
    assert Browser(op).sign_in().subject == "alice-1"


def hangs(op: Forging) -> None:
    op.answers["/token"] = Answer(200, b" " * 500, trickle=0.05)
    began = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "TIMEOUT", 0.3)
        Browser(op).refused("provider_unavailable")
    assert time.monotonic() - began < 3


def code_twice(op: Forging) -> None:
    alice = Browser(op)
    tx = transaction(alice.sign_on)
    code = op.visit(alice.sign_on.authorize_url(tx, in_app=False, lang=""))["code"]
    alice.sign_on.fetch_identity(tx, code)
    with pytest.raises(SSOError, match="invalid_grant"):
        alice.sign_on.fetch_identity(tx, code)


def another_browser(op: Forging) -> None:
    """Who carries a code to another sign-in has not its verifier."""
    rp = Browser(op).sign_on
    code = op.visit(rp.authorize_url(transaction(rp), in_app=False, lang=""))["code"]
    with pytest.raises(SSOError, match="invalid_grant"):
        rp.fetch_identity(transaction(rp), code)


def two_tabs(op: Forging) -> None:
    rp = Browser(op).sign_on
    tabs = [transaction(rp), transaction(rp)]
    codes = [op.visit(rp.authorize_url(tx, in_app=False, lang=""))["code"] for tx in tabs]
    found = [rp.fetch_identity(tx, code) for tx, code in reversed(list(zip(tabs, codes, strict=True)))]
    assert {each.subject for each in found} == {"alice-1"}


def error_sends_nothing(op: Forging) -> None:
    rp = Browser(op).sign_on
    assert rp.returned({"error": ["x"]}).error == "x"
    assert op.asked == []


def mixed_up(op: Forging) -> None:
    rp = Browser(op).sign_on
    with pytest.raises(SSOError):
        rp.check_return(transaction(rp), {"code": ["c"], "iss": ["https://evil.example"]})
    assert op.count("/token") == 0


def unverified(op: Forging) -> None:
    op.userinfo |= {"email": "root@example.com", "email_verified": False}
    assert Browser(op).sign_in().email_verified is False


def new_address(op: Forging) -> None:
    alice = Browser(op)
    before = alice.sign_in()
    op.userinfo["email"] = "alice.new@example.com"
    after = alice.sign_in()
    assert (before.issuer, before.subject) == (after.issuer, after.subject)
    assert before.email != after.email


MODULES: dict[str, Module] = {
    BASE: passes(),
    f"{BASE}-invalid-iss": refuses(claims(iss="https://evil.example")),
    f"{BASE}-missing-sub": refuses(claims(sub=None)),
    f"{BASE}-invalid-aud": refuses(claims(aud="another-client")),
    f"{BASE}-missing-aud": refuses(claims(aud=None)),
    f"{BASE}-missing-iat": refuses(claims(iat=None)),
    f"{BASE}-kid-absent-single-jwks": passes(lambda op: op.header.update(kid=None)),
    f"{BASE}-kid-absent-multiple-jwks": refuses(unnamed_keys),
    f"{BASE}-idtoken-sig-rs256": passes(),
    f"{BASE}-idtoken-sig-none": refuses(nothing_signed),
    f"{BASE}-invalid-sig-rs256": refuses(lambda op: setattr(op, "sign", garbage)),
    f"{BASE}-invalid-sig-hs256": refuses(hs256),
    f"{BASE}-invalid-sig-es256": refuses(es256, allowed_algs=["ES256"]),
    f"{BASE}-userinfo-invalid-sub": refuses(lambda op: op.userinfo.update(sub="bob-1")),
    f"{BASE}-nonce-invalid": refuses(claims(nonce="another")),
    f"{BASE}-nonce-unless-code-flow": passes(),
    f"{BASE}-scope-userinfo-claims": scopes_and_userinfo,
    f"{BASE}-client-secret-basic": basic_used,
    f"{BASE}-userinfo-bearer-header": bearer_used,
    f"{BASE}-userinfo-signed": passes(signed_userinfo),
    f"{BASE}-discovery-openid-config": passes(),
    f"{BASE}-discovery-issuer-mismatch": refuses(lambda op: op.metadata.update(issuer="x"), "misconfigured"),
    f"{BASE}-discovery-jwks-uri-keys": passes(),
    f"{BASE}-signing-key-rotation": rotated_between,
    f"{BASE}-signing-key-rotation-just-before-signing": rotated_within,
    f"{BASE}-refresh-token": refresh_unused,
    f"{BASE}-refresh-token-invalid-issuer": refresh_unused,
    f"{BASE}-refresh-token-invalid-sub": refresh_unused,
    f"{BASE}-invalid-athash": refuses(claims(at_hash="x" * 22)),
    f"{BASE}-rp-init-logout": way_out("the-state"),
    f"{BASE}-rp-init-logout-no-state": way_out(""),
    f"{BASE}-rp-init-logout-other-state": way_out("another-state"),
    f"{BASE}-rp-frontchannel-opinitlogout": no_front_channel,
    BACKCHANNEL: signs_out,
    f"{BACKCHANNEL}-alg-none": ends_nothing({"alg": "none"}),
    f"{BACKCHANNEL}-no-event": ends_nothing(events=None),
    f"{BACKCHANNEL}-with-nonce": ends_nothing(nonce="n"),
    f"{BACKCHANNEL}-wrong-alg": ends_nothing({"alg": "RS512"}),
    f"{BACKCHANNEL}-wrong-aud": ends_nothing(aud="another-client"),
    f"{BACKCHANNEL}-wrong-event": ends_nothing(events={"http://schemas.openid.net/event/other": {}}),
    f"{BACKCHANNEL}-wrong-iss": ends_nothing(iss="https://evil.example"),
    "x-expired-id-token": refuses(claims(exp=int(time.time()) - 3600)),
    "x-no-exp": refuses(claims(exp=None)),
    "x-iat-future": refuses(claims(iat=int(time.time()) + 3600)),
    "x-email-unverified": unverified,
    "x-email-collision-local-admin": unverified,
    "x-token-endpoint-400": refuses(
        lambda op: op.answers.update({"/token": as_json({"error": "invalid_grant"}, 400)}), "expired"
    ),
    "x-jwks-key-without-kid": passes(lambda op: op.keys.append(published("RS256", "second", kid=None))),
    "x-callback-error-logs-out": error_sends_nothing,
    "x-idp-hangs": hangs,
    "x-pkce": passes(),  # the forging provider refuses a wrong verifier
    "x-code-replay": code_twice,
    "x-state-other-browser": another_browser,
    "x-mixup-iss-param": mixed_up,
    "x-azp-other": refuses(claims(aud=[CLIENT_ID, "another"], azp="another")),
    "x-two-tabs": two_tabs,
    "x-sub-reuse-new-email": new_address,
}

SUITE: Any = loaded("oidc-rp-conformance", "tests.json") or {"tests": [], "own": []}
NAMES = [each["name"] for each in SUITE["tests"] + SUITE["own"] if each["name"] not in PAGES]


@pytest.mark.parametrize("name", NAMES)
def test_module(op: Forging, name: str) -> None:
    MODULES[name](op)


def test_the_double_is_no_easier_than_a_provider(op: Forging) -> None:
    """Its refusals: a wrong secret, a wrong verifier, a wrong redirect URI, a code that is no code."""
    for changes in ({"code_verifier": "w" * 64}, {"redirect_uri": "http://localhost:8080/other"}):
        rp = Browser(op).sign_on
        tx = transaction(rp)
        code = op.visit(rp.authorize_url(tx, in_app=False, lang=""))["code"]
        with pytest.raises(SSOError, match="invalid_grant"):
            rp.fetch_identity(transaction(rp, **changes), code)
    Browser(op, client_secret=SECRET + "x").refused("misconfigured")
    assert signer("RS256", "first")(b"x") != signer("RS256", "second")(b"x")
