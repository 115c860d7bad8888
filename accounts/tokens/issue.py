"""Tokens of the gateway's own (RFC 9068, reference sso 6.3). Nothing is written to issue one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from typing import Any, Final, Protocol

import jwt

from accounts.caller import Caller
from accounts.tokens import keys, scopes
from accounts.tokens.claims import CLIENT_SUBJECT, MAX_OWN, check_subject, spell
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import InvalidToken

MAX_LIFETIME: Final = MAX_OWN
CLI: Final = "cli"  # client_id of what the command line makes
WEB: Final = "web"  # client_id of what a session makes: a person's
SESSION_LIFETIME: Final = 600.0  # seconds


class CannotIssue(Exception):
    """The token that was asked for would not count; the text says what to ask for instead."""


class Client(Protocol):
    """What of a machine client goes into its token."""

    client_id: str

    @property
    def subject(self) -> str: ...


def issue(config: Config, *, sub: str, scope: str, ttl: float) -> str:
    """A signed token for `sub` with the scopes in `scope`, good for `ttl` seconds; for trying out.

    CannotIssue: a scope that is not ours, a subject that names nobody or a machine client, a lifetime outside
    1 s to 24 h. KeyFileError: the signing key cannot be used.
    """
    _check(sub, scope, ttl)
    return _signed(config, ttl, sub=sub, client_id=CLI, scope=" ".join(scope.split()))[0]


def issue_for_session(caller: Caller, *, ttl: float = SESSION_LIFETIME) -> tuple[str, int]:
    """A person's token for a front end of one's own -> (token, seconds it lives). It dies with the session.

    caller: of a session, with all the scopes of its person. KeyFileError.
    """
    if caller.kind != "person" or caller.session is None:
        raise CannotIssue("only a person's session has such a token")
    more = {"sid": caller.session, "auth_time": int(caller.issued)}
    return _signed(current(), ttl, sub=caller.id, client_id=WEB, scope=_joined(caller.scopes), **more)


def issue_for_client(client: Client, granted: Iterable[str], *, ttl: float) -> tuple[str, int]:
    """A machine client's token with these scopes -> (token, seconds it lives). KeyFileError."""
    lives = min(ttl, MAX_LIFETIME)
    return _signed(
        current(), lives, sub=client.subject, client_id=client.client_id, scope=_joined(granted)
    )


def _signed(config: Config, ttl: float, **claims: Any) -> tuple[str, int]:
    signer = keys.signing(config)
    now, lives = int(time.time()), int(ttl)
    payload = {
        "iss": config.token_issuer,
        "aud": config.auth.audience,
        "jti": uuid.uuid4().hex,
        "iat": now,
        "exp": now + lives,
        "token_type": "access",
        **claims,
    }
    header = {"kid": signer.kid, "typ": "at+jwt"}
    return jwt.encode(payload, signer.key, algorithm="RS256", headers=header), lives


def _joined(granted: Iterable[str]) -> str:
    return " ".join(sorted(granted))


def _check(sub: str, scope: str, ttl: float) -> None:
    unknown = [one for one in scope.split() if not scopes.counts(one)]
    if unknown:
        known = ", ".join(sorted(scopes.PLAIN))
        raise CannotIssue(f"unknown scope {unknown[0]}: there are {known} and history:<team slug>")
    if not 1 <= ttl <= MAX_LIFETIME:
        raise CannotIssue(f"a token lives 1 s to {spell(MAX_LIFETIME)}; {spell(ttl)} was asked for")
    if sub.startswith(CLIENT_SUBJECT):
        raise CannotIssue(f"the subject must not begin with {CLIENT_SUBJECT}: that is a machine client's")
    try:
        check_subject(sub)
    except InvalidToken as err:
        raise CannotIssue((err.details or "").replace("token's sub", "the subject")) from None
