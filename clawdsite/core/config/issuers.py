"""Rules for auth.jwt: one algorithm and one sound key for each issuer, and no two of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from clawdsite.core.config import rsa
from clawdsite.core.config.addresses import EXPOSED, readable_on_the_way, url_fault
from clawdsite.core.config.problems import Finding
from clawdsite.core.config.schema import Config, JwtIssuer
from clawdsite.core.config.weak import SHORTEST, weak_secret

CLIENTS: Final = "client"  # begins the ids of machine clients
TAKEN: Final = ("is how machine clients are named", "take another: their subjects could be the same callers")
MAKE: Final = "make one with: openssl rand -base64 48"


def judge(config: Config) -> Iterator[Finding]:
    """What the rules say of the enabled issuers; a disabled one may be half written."""
    for index, issuer in enumerate(config.auth.jwt):
        if issuer.enabled:
            for finding in _one(issuer, config.development):
                yield Finding(("auth", "jwt", index, *finding.path), *_rest(finding))
    yield from _shared_with_django(config)
    yield from _twice(config, "name", "the name of another issuer too")
    yield from _twice(config, "issuer", "the issuer of another entry too")
    yield from _own(config)
    if not config.development and not any(issuer.enabled for issuer in config.auth.jwt):
        message = "no issuer is accepted; only the gateway's own tokens count"
        yield Finding(("auth", "jwt"), message, refused=False)


def _rest(finding: Finding) -> tuple[str, str, bool]:
    return finding.message, finding.hint, finding.refused


def _one(issuer: JwtIssuer, development: bool) -> Iterator[Finding]:
    if issuer.name == CLIENTS:
        yield Finding(("name",), *TAKEN)
    if not issuer.issuer:
        yield Finding(("issuer",), "must not be empty", "the exact `iss` of the tokens")
    elif readable_on_the_way(issuer.issuer):
        yield Finding(("issuer",), EXPOSED, "use https", refused=not development)
    if not issuer.audience:
        yield Finding(("audience",), "must not be empty", "the value that must be in `aud`")
    if issuer.algorithms == ("HS256",):
        yield from _hs256(issuer, development)
    else:
        yield from _rs256(issuer, development)


def _hs256(issuer: JwtIssuer, development: bool) -> Iterator[Finding]:
    for name in ("jwks_url", "public_key"):
        if getattr(issuer, name):
            yield Finding((name,), "does not go with HS256", "set algorithms: [RS256], or use secret")
    secret = issuer.secret.get_secret_value().encode()
    if not secret:
        yield Finding(("secret",), "is empty", MAKE)
    elif len(secret) < SHORTEST:
        yield Finding(("secret",), f"is too short: {len(secret)} bytes, needs {SHORTEST} or more", MAKE)
    elif weak_secret(secret):
        yield Finding(("secret",), "stands on a public list of secrets", MAKE, refused=not development)


def _shared_with_django(config: Config) -> Iterator[Finding]:
    """One key for two things: whoever may make tokens could make sessions too."""
    key = config.secret_key.get_secret_value()
    for index, issuer in enumerate(config.auth.jwt):
        if issuer.enabled and key and issuer.secret.get_secret_value() == key:
            yield Finding(("auth", "jwt", index, "secret"), "is secret_key too", MAKE)


def _rs256(issuer: JwtIssuer, development: bool) -> Iterator[Finding]:
    if issuer.secret.get_secret_value():
        yield Finding(("secret",), "does not go with RS256", "use jwks_url or public_key")
    if issuer.jwks_url and issuer.public_key:
        yield Finding(("public_key",), "given together with jwks_url", "keep one of the two")
    elif not issuer.jwks_url and not issuer.public_key:
        yield Finding(("jwks_url",), "RS256 needs jwks_url or public_key")
    if issuer.jwks_url:
        yield from _jwks(issuer.jwks_url, development)
    if issuer.public_key and (wrong := rsa.fault(issuer.public_key)):
        yield Finding(("public_key",), wrong)


def _jwks(url: str, development: bool) -> Iterator[Finding]:
    if wrong := url_fault(url.partition("?")[0]):
        yield Finding(("jwks_url",), wrong)
    elif readable_on_the_way(url):
        yield Finding(("jwks_url",), EXPOSED, "use https", refused=not development)


def _twice(config: Config, name: str, message: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, issuer in enumerate(config.auth.jwt):
        value = getattr(issuer, name)
        if issuer.enabled and value and value in seen:
            yield Finding(("auth", "jwt", index, name), f"is {message}", "each needs its own")
        if issuer.enabled:
            seen.add(value)


def _own(config: Config) -> Iterator[Finding]:
    for index, issuer in enumerate(config.auth.jwt):
        if issuer.enabled and issuer.issuer == config.token_issuer:
            yield Finding(
                ("auth", "jwt", index, "issuer"),
                "is the issuer of the gateway's own tokens too",
                "set auth.issuer to another",
            )
    if not config.server.allow_http and readable_on_the_way(config.auth.issuer):
        yield Finding(("auth", "issuer"), EXPOSED, "use https", refused=not config.development)
