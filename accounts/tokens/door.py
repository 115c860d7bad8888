"""Everything that is derived from one configuration to judge tokens: issuers, their rules, their keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from accounts.tokens import sources
from accounts.tokens.backend import StrictTokenBackend
from accounts.tokens.claims import Rules
from accounts.tokens.discovered import Discovered
from accounts.tokens.jwks import Jwks
from accounts.tokens.keys import OwnKeys
from accounts.tokens.revocation import revocations
from accounts.tokens.seen import Seen
from accounts.tokens.sources import KeySource
from clawdsite.core.config.schema import Config, JwtIssuer, Provider

OWN_NAME: Final = "clawdbot.own"  # a dot: no configured issuer can have this name


@dataclass(frozen=True, slots=True)
class Issuer:
    """backend: judges its tokens. unknown: what a subject is that nobody knows.

    people: whether its subjects may become people, so that they are looked up; those of others need no
        database, unless some are people from before (Revocations.knows_people_of).
    provider: for sign-on providers, and for others that make people.
    """

    backend: StrictTokenBackend
    unknown: Literal["token", "person", "refuse"]
    people: bool = False
    provider: Provider | None = None

    @property
    def own(self) -> bool:
        return self.backend.rules.own


@dataclass(frozen=True, slots=True)
class Door:
    """issuers: by exact `iss`. published, discovered: key sets by URL and issuer, which outlive a reload."""

    config: Config
    issuers: dict[str, Issuer]
    published: dict[str, Jwks]
    discovered: dict[str, Discovered]
    seen: Seen = field(default_factory=lambda: Seen(stale_since=revocations.stale_since))


def build(config: Config, before: Door | None = None) -> Door:
    """The door of a configuration; takes over the key sets that the door before it had already fetched."""
    door = Door(config, {}, {}, {})
    known = before or door
    for provider in config.providers:
        if provider.is_oidc and provider.provider_options.api_audience:
            door.issuers[provider.issuer_url] = _signon(door, provider, known)
    for entry in config.auth.jwt:
        if entry.enabled:
            door.issuers[entry.issuer] = _configured(door, entry, known)
    door.issuers[config.token_issuer] = _own(config)  # last: nobody else speaks in the gateway's name
    return door


def _configured(door: Door, entry: JwtIssuer, known: Door) -> Issuer:
    rules = Rules(
        name=entry.name,
        issuer=entry.issuer,
        audience=entry.audience,
        algorithms=entry.algorithms,
        leeway=entry.leeway,
        max_lifetime=entry.max_lifetime,
        login_clients=_login_clients(door.config),
    )
    login = next((one for one in door.config.oauth2 if one.is_oidc and one.issuer_url == entry.issuer), None)
    return Issuer(
        StrictTokenBackend(rules, _keys(door, entry, known)),
        unknown=entry.unknown_subjects,
        people=login is not None or entry.unknown_subjects != "token",
        provider=login or _plain(entry),
    )


def _plain(entry: JwtIssuer) -> Provider:
    """An issuer that makes people and signs nobody in: no groups, no e-mail."""
    return Provider(name=entry.name, issuer_url=entry.issuer, group_map={}, scope_map={})


def _keys(door: Door, entry: JwtIssuer, known: Door) -> KeySource:
    if entry.algorithms[0] == "HS256":
        return sources.from_secret(entry.secret.get_secret_value())
    if entry.public_key:
        return sources.from_pem(entry.public_key)
    url = entry.jwks_url
    return door.published.setdefault(url, known.published.get(url) or Jwks(url))


def _signon(door: Door, provider: Provider, known: Door) -> Issuer:
    """Access tokens of a login provider. Nothing is asked here: the provider may be down."""
    issuer = provider.issuer_url
    rules = Rules(
        name=provider.slug,
        issuer=issuer,
        audience=provider.provider_options.api_audience,
        algorithms=provider.provider_options.allowed_algs,
        login_clients=_login_clients(door.config),
    )
    keys = door.discovered.setdefault(issuer, known.discovered.get(issuer) or Discovered(issuer))
    return Issuer(StrictTokenBackend(rules, keys), provider.unknown_subjects, people=True, provider=provider)


def _login_clients(config: Config) -> frozenset[str]:
    return frozenset(one.client_id for one in config.oauth2 if one.is_oidc and one.client_id)


def _own(config: Config) -> Issuer:
    rules = Rules(
        name=OWN_NAME,
        issuer=config.token_issuer,
        audience=config.auth.audience,
        algorithms=("RS256",),
        own=True,
    )
    return Issuer(StrictTokenBackend(rules, OwnKeys(config)), unknown="token")
