"""Ordinary tokens, written out as the programs that people have make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path

import pytest

from accounts.caller import Caller
from accounts.tokens.issue import issue
from tests.accounts.doors import accepting, issuer, judge, rs_issuer
from tests.accounts.forge import forge, jwks, pem, rsa_by, rsa_key
from tests.accounts.provider import Provider

ASKING = frozenset({"chat:read", "chat:write"})


def test_a_script_of_ten_lines_makes_a_token_that_counts() -> None:
    """promise-S11: HS256 by hand, with nothing but the standard library."""
    secret = "Xq3v9T0mJ7c2W5rY8bN1kL4pZ6sD0fGhA2uE"

    def base64url(octets: bytes) -> str:
        return base64.urlsafe_b64encode(octets).decode().rstrip("=")

    header = {"alg": "HS256", "typ": "JWT"}
    claims = {
        "iss": "https://hr.example.com",
        "aud": "qwen-web-chat",
        "sub": "alice",
        "exp": int(time.time()) + 3600,
        "scope": "chat:read chat:write history:team-a",
    }
    message = base64url(json.dumps(header).encode()) + "." + base64url(json.dumps(claims).encode())
    signature = hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    token = message + "." + base64url(signature)

    config = accepting(issuer(name="hr", issuer="https://hr.example.com", secret=secret))
    team = frozenset({"team-a"})
    assert judge(config, token).who == Caller("token", "hr:alice", ASKING | {"history:team-a"}, team)


def test_keycloak() -> None:
    """promise-S16: the access token of a realm with an Audience mapper and our scopes as client scopes."""
    issued = int(time.time())
    header = {"alg": "RS256", "typ": "JWT", "kid": "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE"}
    payload = {
        "exp": issued + 300,
        "iat": issued,
        "auth_time": issued - 20,
        "jti": "onrtac:0a1a7f0e-9a6e-4a29-9a0e-6f2f4f1c2b11",
        "iss": "https://sso.example.com/realms/corp",
        "aud": ["clawdbot-api", "account"],
        "sub": "5f9b6a1e-4f0c-4c67-8f1b-0d3c0f8a9d21",
        "typ": "Bearer",
        "azp": "continue",
        "sid": "b7c1f0de-6c43-4f5c-9b8c-3d9a6f6f1a55",
        "nonce": "n-0S6_WzA2Mj",
        "acr": "1",
        "allowed-origins": ["https://ide.example.com"],
        "realm_access": {"roles": ["offline_access", "default-roles-corp", "uma_authorization"]},
        "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
        "scope": "openid profile email chat:read chat:write history:team-a",
        "email_verified": True,
        "name": "Alice Example",
        "preferred_username": "alice",
        "email": "alice@example.com",
    }
    token = forge(header, payload, rsa_by(rsa_key("realm")))
    with Provider(jwks(FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE="realm")) as provider:
        entry = rs_issuer(
            name="corp", issuer=str(payload["iss"]), audience="clawdbot-api", jwks_url=provider.url
        )
        caller = judge(accepting(entry), token).caller
    assert caller is not None
    assert caller.id == "corp:5f9b6a1e-4f0c-4c67-8f1b-0d3c0f8a9d21"
    assert caller.scopes == ASKING | {"history:team-a"}
    assert caller.teams == {"team-a"}


def test_keycloak_without_an_audience_mapper_is_told_what_is_missing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A fresh realm writes no aud of ours; azp is not taken in its place."""
    issued = int(time.time())
    payload = {"iss": "https://sso.example.com/realms/corp", "azp": "clawdbot-api", "sub": "5f9b6a1e"}
    token = forge({"alg": "RS256"}, payload | {"exp": issued + 300}, rsa_by(rsa_key("realm")))
    entry = rs_issuer(issuer=payload["iss"], audience="clawdbot-api", public_key=pem(rsa_key("realm")))
    config = accepting(entry)
    details = [judge(config, token).details for _ in range(3)]
    assert [record.getMessage() for record in caplog.records] == [
        "tokens of https://sso.example.com/realms/corp come without aud: "
        "have it write clawdbot-api (in Keycloak: an Audience mapper)"
    ]
    assert (
        details[0]
        == 'token has no audience: aud must contain "clawdbot-api" (Keycloak: add an Audience mapper)'
    )


def test_authing() -> None:
    """promise-S17: issuer with a path, scopes as one string, a user id of 24 hexadecimal digits."""
    issued = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "kid": "clawd-authing-1"}
    payload = {
        "jti": "WS8LzGj2SYHW0HNvqYx5K",
        "sub": "643e3c5c1fd4cd4a1d0a9f73",
        "iat": issued,
        "exp": issued + 7200,
        "scope": "openid profile chat:read chat:write",
        "iss": "https://corp.authing.cn/oidc",
        "aud": "643e3c5be5ae7d4b2a5d9c11",
    }
    token = forge(header, payload, rsa_by(rsa_key("authing")))
    entry = rs_issuer(
        name="authing",
        issuer=payload["iss"],
        audience=payload["aud"],
        public_key=pem(rsa_key("authing")),
    )
    assert judge(accepting(entry), token).who == Caller(
        "token", "authing:643e3c5c1fd4cd4a1d0a9f73", ASKING
    )


def test_entra_writes_its_scopes_as_scp() -> None:
    issued = int(time.time())
    payload = {
        "iss": "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0",
        "aud": "66666666-7777-8888-9999-000000000000",
        "sub": "PAIRWISE-SUBJECT_of-this_app",
        "exp": issued + 4000,
        "nbf": issued,
        "scp": "chat:read chat:write",
        "ver": "2.0",
    }
    token = forge({"typ": "JWT", "alg": "RS256", "kid": "k1"}, payload, rsa_by(rsa_key("entra")))
    entry = rs_issuer(issuer=payload["iss"], audience=payload["aud"], public_key=pem(rsa_key("entra")))
    caller = judge(accepting(entry), token).caller
    assert caller is not None
    assert caller.scopes == ASKING


def test_a_token_of_our_own_counts_as_soon_as_it_is_made(tmp_path: Path) -> None:
    config = accepting(data_dir=tmp_path, mode="development")
    token = issue(config, sub="tester", scope="chat:read chat:write", ttl=3600)
    assert judge(config, token).who == Caller("token", "clawdbot.own:tester", ASKING)
