"""POST /oauth/revoke and /oauth/introspect: a client's own tokens, and nobody else's."""

from __future__ import annotations

import time
from typing import Any

import pytest

from accounts import clients
from accounts.caller import Caller
from accounts.models import Revocation
from accounts.tokens.issue import issue, issue_for_session
from accounts.tokens.revocation import revocations
from clawdsite.core.config.schema import Config
from tests.accounts.doors import judge
from tests.accounts.forge import forge, rsa_by, rsa_key
from tests.accounts.oauth.asking import Machine, ask, claims_of, header_of, post
from tests.proof import proves

INACTIVE = {"active": False}


def lives(config: Config, token: str) -> bool:
    caller = judge(config, token).caller
    return caller is not None and revocations.refuses(caller) is None


def others(config: Config, another: Machine) -> dict[str, str]:
    """Tokens that are none of this client's business, and what is no token."""
    claims = claims_of(another.token())
    person = Caller("person", "2f6b1c1e-0000-4000-8000-000000000000", session="s1", issued=time.time())
    return {
        "another-client's": another.token(),
        "a-person's": issue_for_session(person)[0],
        "a-tester's": issue(config, sub="alice", scope="chat:read", ttl=600),
        "of-another-key": forge(header_of(another.token()), claims, rsa_by(rsa_key("other"))),
        "garbage": "sk-1234",
        "of-three-parts": "a.b.c",
        "of-70-kB": "x" * 60_000,
        "not-ascii": "\u00e9\u0000",
    }


@proves("sso-H16")
def test_a_client_ends_its_own_token(build: Machine, config: Config) -> None:
    token, other = build.token(), build.token()
    answer = build.post("/oauth/revoke", {"token": token, "token_type_hint": "nonsense"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert not lives(config, token)
    assert lives(config, other)
    assert build.post("/oauth/revoke", {"token": token}).status_code == 200
    assert Revocation.objects.count() == 1


@proves("sso-H16")
def test_what_is_not_its_own_is_left_alone_and_nothing_is_said(
    build: Machine, nightly: Machine, config: Config
) -> None:
    for name, token in others(config, nightly).items():
        answer = build.post("/oauth/revoke", {"token": token})
        assert (answer.status_code, answer.content) == (200, b""), name
    assert lives(config, others(config, nightly)["another-client's"])
    assert not Revocation.objects.exists()


@proves("sso-H16", "sso-H18")
@pytest.mark.parametrize("path", ["/oauth/revoke", "/oauth/introspect"])
def test_a_stranger_learns_nothing(path: str, build: Machine, config: Config) -> None:
    token = build.token()
    for answer in (post(path, {"token": token}), build.post(path, {"token": token}, secret="wrong")):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert "www-authenticate" in answer.headers
    assert lives(config, token)
    assert ask("GET", path, params={"x": "y"}).status_code == 405
    assert build.post(path, {}).json()["error"] == "invalid_request"


@proves("sso-H18")
def test_what_does_not_count_or_is_not_its_own_is_inactive_and_nothing_more(
    build: Machine, nightly: Machine, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = others(config, nightly)
    revoked = build.token()
    build.post("/oauth/revoke", {"token": revoked})
    found["revoked"] = revoked
    for name, token in found.items():
        answer = build.post("/oauth/introspect", {"token": token})
        assert (answer.status_code, answer.json()) == (200, INACTIVE), name
    expired = build.token()
    now = time.time() + 601  # inside the leeway it would still be let in; here it is over
    monkeypatch.setattr("accounts.oauth.views.time.time", lambda: now)
    assert build.post("/oauth/introspect", {"token": expired}).json() == INACTIVE


@proves("sso-H18")
def test_tokens_from_before_the_client_s_end_are_inactive(build: Machine, nightly: Machine) -> None:
    token = build.token()
    secret = clients.rotate(build.row, by="cli", keep=0)
    assert build.post("/oauth/introspect", {"token": token}, secret=secret).json() == INACTIVE


@proves("sso-H19")
def test_what_is_said_of_a_living_token_is_what_stands_in_it(build: Machine) -> None:
    token = build.token(scope="chat:read")
    answer = build.post("/oauth/introspect", {"token": token, "token_type_hint": "refresh_token"})
    said: dict[str, Any] = answer.json()
    claims = claims_of(token)
    assert said.pop("active") is True
    assert said.pop("token_type") == "Bearer"
    assert said == {name: claims[name] for name in said}
    assert set(said) == {"scope", "client_id", "sub", "exp", "iat", "iss", "aud", "jti"}
    assert answer.headers["Cache-Control"] == "no-store"
