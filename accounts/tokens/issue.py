"""Tokens of the gateway's own (reference sso 6.3), for trying out and for what later builds on them."""

from __future__ import annotations

import time
import uuid
from typing import Final

import jwt

from accounts.tokens import keys, scopes
from accounts.tokens.claims import check_subject, spell
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import InvalidToken

MAX_LIFETIME: Final = 86400.0
CLIENT: Final = "cli"


class CannotIssue(Exception):
    """The token that was asked for would not count; the text says what to ask for instead."""


def issue(config: Config, *, sub: str, scope: str, ttl: float) -> str:
    """A signed token (RFC 9068) for `sub` with the scopes in `scope`, good for `ttl` seconds.

    CannotIssue: a scope that is not ours, a subject that names nobody, a lifetime outside 1 s to 24 h.
    KeyFileError: the signing key cannot be used.
    """
    _check(sub, scope, ttl)
    signer = keys.prepare(config)[-1]
    now = int(time.time())
    claims = {
        "iss": config.token_issuer,
        "aud": config.auth.audience,
        "sub": sub,
        "client_id": CLIENT,
        "jti": uuid.uuid4().hex,
        "iat": now,
        "exp": now + int(ttl),
        "scope": " ".join(scope.split()),
        "token_type": "access",
    }
    return jwt.encode(claims, signer.key, algorithm="RS256", headers={"kid": signer.kid, "typ": "at+jwt"})


def _check(sub: str, scope: str, ttl: float) -> None:
    unknown = [one for one in scope.split() if not scopes.counts(one)]
    if unknown:
        known = ", ".join(sorted(scopes.PLAIN))
        raise CannotIssue(f"unknown scope {unknown[0]}: there are {known} and history:<team slug>")
    if not 1 <= ttl <= MAX_LIFETIME:
        raise CannotIssue(f"a token lives 1 s to {spell(MAX_LIFETIME)}; {spell(ttl)} was asked for")
    try:
        check_subject(sub)
    except InvalidToken as err:
        raise CannotIssue((err.details or "").replace("token's sub", "the subject")) from None
