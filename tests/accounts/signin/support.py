"""Providers without a network: the real OpenID class over canned metadata; who comes back, the test says."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.core.cache import cache
from django.test import Client
from django_ratelimit import core

from accounts.providers import discovery, oidc, registry
from accounts.providers.base import SSOError, SSOIdentity, Transaction
from accounts.providers.discovery import Metadata
from clawdsite.core.config.schema import Config
from tests.accounts.forge import rsa_key

CORP = "https://sso.example.com/realms/corp"
OTHER = "https://login.example.net"
EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}


def provider(name: str = "corp", issuer: str = CORP, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "issuer_url": issuer,
        "client_id": "clawdbot",
        "client_secret": "kept-by-the-gateway-alone",
        "redirect_uri": "http://localhost:8080/callback",
        **more,
    }


def config(*providers: dict[str, Any], **parts: Any) -> Config:
    """Development, two OpenID providers unless others are given."""
    found = providers or (provider(), provider("other", OTHER))
    return Config(mode="development", oauth2=found, **parts)


class Published:
    """A Discovery that asked nobody."""

    def __init__(self, issuer: str, *, says_issuer: bool = False, logout: bool = True) -> None:
        self.issuer = issuer
        self.says_issuer, self.logout = says_issuer, logout
        self.down = False

    def metadata(self, deadline: object = None) -> Metadata:
        if self.down:
            raise SSOError("provider_unavailable", "its metadata cannot be had")
        return Metadata(
            self.issuer,
            f"{self.issuer}/authorize",
            f"{self.issuer}/token",
            f"{self.issuer}/jwks",
            end_session_endpoint=f"{self.issuer}/logout" if self.logout else "",
            says_issuer=self.says_issuer,
        )

    def find(self, kid: str | None, algorithm: str, deadline: object, *, direct: bool = True) -> Any:
        return rsa_key("provider").public_key()


@dataclass
class World:
    """What the providers publish and answer. asked: (provider's slug, code) of each token request."""

    published: dict[str, Published] = field(default_factory=dict)
    people: dict[str, SSOIdentity] = field(default_factory=dict)  # by code
    errors: dict[str, SSOError] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    seen: list[Transaction] = field(default_factory=list)

    def fetch(self, one: oidc.OIDC, tx: Transaction, code: str) -> SSOIdentity:
        self.asked.append((one.config.slug, code))
        self.seen.append(tx)
        if code in self.errors:
            raise self.errors[code]
        return self.people.get(code) or person("alice", issuer=one.config.issuer_url)


def person(subject: str, issuer: str = CORP, **more: Any) -> SSOIdentity:
    return SSOIdentity(issuer, subject, name=subject.title(), id_token=f"token-of-{subject}", **more)


def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Every provider's issuer answers from here; the counters of attempts are empty."""
    made = World({issuer: Published(issuer) for issuer in (CORP, OTHER)})
    cache.clear()
    moment = time.time()
    monkeypatch.setattr(core, "time", SimpleNamespace(time=lambda: moment))  # one window of counting
    monkeypatch.setattr(discovery, "_known", made.published)
    monkeypatch.setattr(registry, "_made", None)
    monkeypatch.setattr(oidc.OIDC, "fetch_identity", lambda one, tx, code: made.fetch(one, tx, code))
    return made


def query_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def start(client: Client, slug: str = "corp", **query: str) -> dict[str, str]:
    """Begin a sign-in -> what the provider is asked."""
    answer = client.get(f"/auth/{slug}/start", query)
    assert answer.status_code == 302, answer.content
    return query_of(answer["Location"])


def sign_in(client: Client, slug: str = "corp", code: str = "good", **query: str) -> Any:
    """The whole of it -> the callback's answer."""
    return client.get("/callback", {"state": start(client, slug, **query)["state"], "code": code})


def who(client: Client) -> str | None:
    """The display name of whoever is signed in in this browser."""
    answer = client.get("/api/session")
    return answer.json()["person"]["name"] if answer.status_code == 200 else None


def logout_token(**claims: Any) -> str:
    """As the provider `corp` would sign it; a claim of None is left out."""
    now = int(time.time())
    header = claims.pop("header", {"typ": "logout+jwt", "kid": "k1"})
    key, algorithm = claims.pop("key", rsa_key("provider")), claims.pop("algorithm", "RS256")
    full = {
        "iss": CORP,
        "aud": "clawdbot",
        "iat": now,
        "exp": now + 120,
        "jti": f"jti-{time.monotonic_ns()}",
        "sub": "alice",
        "events": EVENTS,
        **claims,
    }
    kept = {name: value for name, value in full.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers=header)
