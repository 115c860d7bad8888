"""What `clawdbot sso check` finds at an OpenID provider, and what the operator is to do about it."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.providers import http
from accounts.providers.base import Finding
from accounts.providers.oidc import OIDC
from accounts.providers.oidc_check import findings
from tests.accounts.forge import jwk
from tests.accounts.oidc.asking import Browser, entry
from tests.accounts.oidc.certificates import self_signed
from tests.doubles.forging import REDIRECT, SECRET, Answer, Forging, as_json
from tests.doubles.forging_keys import published, short_key

METADATA = "/.well-known/openid-configuration"


def levels(found: list[Finding]) -> dict[str, str]:
    """The worst that is said of each place."""
    order = ["ok", "note", "warning", "error"]
    worst: dict[str, str] = {}
    for each in found:
        worst[each.where] = max(worst.get(each.where, "ok"), each.level, key=order.index)
    return worst


def said_of(found: list[Finding], where: str) -> Finding:
    return next(each for each in found if each.where == where and each.level != "ok")


def prompt_none(op: Forging) -> Answer:
    """What an honest sign-in page says to who is not signed in and may not be asked."""
    return Answer(302, headers={"Location": f"{REDIRECT}?error=login_required&iss={op.issuer}"})


@pytest.fixture
def honest(op: Forging) -> Forging:
    op.answers["/authorize"] = prompt_none(op)
    return op


def test_an_honest_provider_has_nothing_against_it(honest: Forging) -> None:
    found = Browser(honest).sign_on.check()
    assert {each.level for each in found} == {"ok"}
    assert {"issuer_url", "clock", "jwks_uri", "redirect_uri", "client_secret"} <= set(levels(found))


def test_it_changes_nothing_and_signs_nobody_in(honest: Forging) -> None:
    Browser(honest).sign_on.check()
    assert honest.last("/authorize").query["prompt"] == "none"
    assert honest.count("/userinfo") == 0


def test_no_finding_holds_the_secret(honest: Forging) -> None:
    found = findings(entry(honest.issuer, client_secret="quite-another-secret"))
    assert levels(found)["client_secret"] == "error"
    assert not any(word in repr(found) for word in ("quite-another-secret", SECRET))


def clock_off(seconds: float) -> Callable[[Forging], None]:
    def bend(op: Forging) -> None:
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        op.answers[METADATA] = Answer(200, as_json(op.said_metadata()).body, headers={"Date": date})

    return bend


def set_metadata(**changes: Any) -> Callable[[Forging], None]:
    return lambda op: op.metadata.update(changes)


def answers(path: str, answer: Answer) -> Callable[[Forging], None]:
    return lambda op: op.answers.update({path: answer})


def weak(op: Forging) -> None:
    op.keys.append(jwk(short_key(), kid="short"))


def returns(error: str) -> Answer:
    return Answer(302, headers={"Location": f"{REDIRECT}?error={error}"})


BENT: dict[str, tuple[Callable[[Forging], None], str, str]] = {
    "down": (answers(METADATA, Answer(503)), "issuer_url", "error"),
    "issuer": (set_metadata(issuer="https://sso.example.com/"), "issuer_url", "error"),
    "clock-41-s": (clock_off(41), "clock", "warning"),
    "clock-5-min": (clock_off(-300), "clock", "error"),
    "no-pkce": (
        set_metadata(code_challenge_methods_supported=None),
        "code_challenge_methods_supported",
        "note",
    ),
    "plain": (
        set_metadata(code_challenge_methods_supported=["plain"]),
        "code_challenge_methods_supported",
        "note",
    ),
    "hs256": (
        set_metadata(id_token_signing_alg_values_supported=["HS256"]),
        "provider_options.allowed_algs",
        "error",
    ),
    "scopes": (set_metadata(scopes_supported=["openid"]), "scopes", "warning"),
    "no-way-out": (set_metadata(end_session_endpoint=None), "metadata", "note"),
    "no-backchannel": (set_metadata(backchannel_logout_supported=None), "metadata", "note"),
    "keys-down": (answers("/jwks", Answer(500)), "jwks_uri", "error"),
    "weak-key": (weak, "jwks_uri", "warning"),
    "other-keys": (
        lambda op: setattr(op, "keys", [published("ES256", "first", kid="first")]),
        "provider_options.allowed_algs",
        "error",
    ),
    "unregistered": (answers("/authorize", Answer(400, b"<html>", "text/html")), "redirect_uri", "error"),
    "a-page": (answers("/authorize", Answer(200, b"<html>", "text/html")), "redirect_uri", "note"),
    "bad-scope": (answers("/authorize", returns("invalid_scope")), "scopes", "error"),
    "bad-secret": (answers("/token", as_json({"error": "invalid_client"}, 401)), "client_secret", "error"),
    "token-down": (answers("/token", Answer(502)), "client_secret", "warning"),
    "takes-anything": (
        answers("/token", as_json({"access_token": "a", "id_token": "i", "token_type": "Bearer"})),
        "token_endpoint",
        "error",
    ),
}


@pytest.mark.parametrize(("bend", "where", "level"), BENT.values(), ids=BENT.keys())
def test_each_thing_that_is_wrong_is_found_in_its_place(
    honest: Forging, bend: Callable[[Forging], None], where: str, level: str
) -> None:
    bend(honest)
    found = Browser(honest).sign_on.check()
    assert levels(found)[where] == level
    assert level == "note" or said_of(found, where).fix or where in ("client_secret", "jwks_uri")


def test_an_issuer_that_is_spelt_otherwise_is_shown_beside_ours(honest: Forging) -> None:
    honest.metadata["issuer"] = honest.issuer + "/"
    what = said_of(Browser(honest).sign_on.check(), "issuer_url").what
    assert repr(honest.issuer) in what
    assert repr(honest.issuer + "/") in what


def test_a_certificate_that_ends_soon_is_told(
    honest: Forging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, trusting = self_signed(tmp_path)
    honest.serve_tls(server)
    monkeypatch.setattr(http, "trust", lambda: trusting)
    assert said_of(Browser(honest).sign_on.check(), "issuer_url").what.startswith(
        "Its certificate ends on 20"
    )


def test_a_provider_that_is_away_is_a_finding(op: Forging) -> None:
    op.stop()
    found = findings(entry(op.issuer))
    assert [each.level for each in found] == ["error"]
    assert "firewall" in found[0].fix


@pytest.mark.parametrize(
    ("issuer", "options", "where", "level"),
    [
        ("https://login.microsoftonline.com/common/v2.0", {}, "issuer_url", "error"),
        ("https://accounts.google.com", {}, "provider_options.allowed_hd", "warning"),
        (
            "https://sso.example.com",
            {"api_audience": "clawdbot-api"},
            "provider_options.api_audience",
            "note",
        ),
    ],
)
def test_what_the_entry_alone_gives_away(
    monkeypatch: pytest.MonkeyPatch, issuer: str, options: dict[str, Any], where: str, level: str
) -> None:
    monkeypatch.setattr("accounts.providers.http.trust", lambda: pytest.fail("nobody is asked in this test"))
    monkeypatch.setattr("accounts.providers.http.TIMEOUT", 0.0)
    found = OIDC(entry(issuer, options=options)).check()
    assert any((each.where, each.level) == (where, level) for each in found)
