"""Everything that is derived from one configuration to judge tokens: issuers, their rules, their keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.tokens import sources
from accounts.tokens.backend import StrictTokenBackend
from accounts.tokens.claims import Rules
from accounts.tokens.issue import MAX_LIFETIME
from accounts.tokens.jwks import Jwks
from accounts.tokens.keys import OwnKeys
from accounts.tokens.seen import Seen
from accounts.tokens.sources import KeySource
from clawdsite.core.config.schema import Config, JwtIssuer

OWN_NAME = "clawdbot.own"  # a dot: no configured issuer can have this name


@dataclass(frozen=True, slots=True)
class Issuer:
    """backend: judges its tokens. strangers: whether a subject that nobody knows is a caller all the same."""

    backend: StrictTokenBackend
    strangers: bool


@dataclass(frozen=True, slots=True)
class Door:
    """issuers: by exact `iss`. published: key sets by URL, which outlive a reload."""

    config: Config
    issuers: dict[str, Issuer]
    published: dict[str, Jwks]
    seen: Seen = field(default_factory=Seen)


def build(config: Config, before: Door | None = None) -> Door:
    """The door of a configuration; takes over the key sets that the door before it had already fetched."""
    published: dict[str, Jwks] = {}
    issuers: dict[str, Issuer] = {}
    for entry in config.auth.jwt:
        if entry.enabled:
            keys = _keys(entry, published, before.published if before else {})
            backend = StrictTokenBackend(_rules(entry), keys)
            issuers[entry.issuer] = Issuer(backend, strangers=entry.unknown_subjects == "token")
    issuers[config.token_issuer] = _own(config)  # last: nobody else speaks in the gateway's name
    return Door(config, issuers, published)


def _rules(entry: JwtIssuer) -> Rules:
    return Rules(
        name=entry.name,
        issuer=entry.issuer,
        audience=entry.audience,
        algorithm=entry.algorithms[0],
        leeway=entry.leeway,
        max_lifetime=entry.max_lifetime,
    )


def _keys(entry: JwtIssuer, published: dict[str, Jwks], known: dict[str, Jwks]) -> KeySource:
    if entry.algorithms[0] == "HS256":
        return sources.from_secret(entry.secret.get_secret_value())
    if entry.public_key:
        return sources.from_pem(entry.public_key)
    return published.setdefault(entry.jwks_url, known.get(entry.jwks_url) or Jwks(entry.jwks_url))


def _own(config: Config) -> Issuer:
    rules = Rules(
        name=OWN_NAME,
        issuer=config.token_issuer,
        audience=config.auth.audience,
        algorithm="RS256",
        max_lifetime=MAX_LIFETIME,
        own=True,
    )
    return Issuer(StrictTokenBackend(rules, OwnKeys(config)), strangers=True)
