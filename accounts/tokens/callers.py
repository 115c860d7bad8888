"""Who a verified token names (contract.md, Who a caller is)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import DatabaseError, InterfaceError

from accounts import linking, selectors
from accounts.caller import Caller
from accounts.models import ExternalIdentity, User
from accounts.providers import oidc_claims
from accounts.providers.base import SSOError, SSOIdentity
from accounts.threads import in_thread
from accounts.tokens import scopes
from accounts.tokens.claims import CLIENT_SUBJECT
from accounts.tokens.door import Issuer
from accounts.tokens.issue import CLI, WEB
from accounts.tokens.revocation import revocations
from clawdsite.core.config.schema import Provider
from clawdsite.core.errors import InvalidToken, KeysUnreachable

log = logging.getLogger(__name__)

NOBODY: Final = "token is good, but nobody is known here by its sub (auth.jwt.unknown_subjects)"
GONE: Final = "token names nobody who is active here"

Claims = Mapping[str, Any]


async def named(issuer: Issuer, claims: Claims) -> Caller:
    """The caller, with the token's scopes and no more. Only people are looked up.

    InvalidToken (401); KeysUnreachable (503): people are to be looked up, and the database is away.
    """
    if issuer.own:
        if claims["client_id"] == WEB:
            return await _asked(lambda: _person(claims))
        return client_of(claims) if claims["sub"].startswith(CLIENT_SUBJECT) else _tester(issuer, claims)
    if issuer.people or revocations.knows_people_of(claims["iss"]):
        return await _asked(lambda: _bearer(issuer, claims))
    return _stranger(issuer, claims)


def groups_in(claims: Claims, provider: Provider) -> tuple[str, ...] | None:
    """The groups as the provider names them. None: an access token need not speak of them."""
    path = provider.provider_options.groups_claim
    silent = oidc_claims.at(claims, path) is oidc_claims.MISSING
    if silent and not oidc_claims.is_overage(claims, path):
        return None
    return oidc_claims.groups(claims, provider)


# ---- our own tokens ---------------------------------------------------------------------------


def client_of(claims: Claims) -> Caller:
    """A machine client: sub and client_id are one name, which nobody can choose."""
    if claims["sub"] != CLIENT_SUBJECT + claims["client_id"]:
        raise InvalidToken("token's sub and client_id do not name the same machine client")
    return _caller("client", claims["sub"], claims)


def _tester(issuer: Issuer, claims: Claims) -> Caller:
    if claims["client_id"] != CLI:
        raise InvalidToken("token names no client (client_id) that this gateway issues for")
    return _caller("token", f"{issuer.backend.rules.name}:{claims['sub']}", claims)


def _person(claims: Claims) -> Caller:
    """A person's own token: never more than a session of theirs would have now. Blocks: asks the database."""
    user = selectors.person(claims["sub"])
    if user is None or str(user.pk) != claims["sub"]:
        raise InvalidToken(GONE)
    sid = claims.get("sid")
    if not isinstance(sid, str) or not sid:
        raise InvalidToken("token names no session (sid), which every person's token of this gateway does")
    return _alive(user, claims, session=sid)


# ---- foreign tokens ---------------------------------------------------------------------------


def _stranger(issuer: Issuer, claims: Claims) -> Caller:
    name = f"{issuer.backend.rules.name}:{claims['sub']}"
    return _caller("token", name, claims, identity=_identity(claims))


def _bearer(issuer: Issuer, claims: Claims) -> Caller:
    """Named by (iss, sub) and nothing else in the token. Blocks: asks the database."""
    found = selectors.identity(claims["iss"], claims["sub"])
    if found is None:
        if issuer.unknown == "token":
            return _stranger(issuer, claims)
        if issuer.unknown == "refuse" or issuer.provider is None:
            raise InvalidToken(NOBODY)
        return _alive(_made(issuer.provider, claims), claims, identity=_identity(claims))
    if found.user.is_active and issuer.people and issuer.provider is not None:
        _apply_groups(found, issuer.provider, claims)
    return _alive(found.user, claims, identity=_identity(claims))


def _made(provider: Provider, claims: Claims) -> User:
    """A person as at a first sign-in, but by nothing that a token's private claims say: no e-mail links."""
    name = claims.get("name")
    identity = SSOIdentity(
        issuer=claims["iss"],
        subject=claims["sub"],
        name=name if isinstance(name, str) and name.isprintable() else "",
        groups=groups_in(claims, provider),
        said_at=_issued(claims),
    )
    try:
        return linking.sign_in(identity, provider)
    except SSOError as err:
        log.info("a bearer of %s made no person: %s", provider.slug, err.detail)
        raise InvalidToken(NOBODY) from None


def _apply_groups(found: ExternalIdentity, provider: Provider, claims: Claims) -> None:
    """The token's word on groups counts where it has one, and where it is newer than the last."""
    groups, said_at = groups_in(claims, provider), _issued(claims)
    if groups is None or not said_at:
        return
    if found.groups_at is None or said_at > found.groups_at.timestamp():
        linking.apply_groups(found, groups, said_at)


# ---- both -------------------------------------------------------------------------------------


def _alive(user: User, claims: Claims, *, session: str | None = None, identity: str | None = None) -> Caller:
    """The person with the token's scopes, as far as they have them. InvalidToken: not active."""
    return selectors.caller_for(
        user,
        session=session,
        token=_jti(claims),
        issued=_issued(claims),
        identity=identity,
        scopes=scopes.granted(claims),
    )


def _caller(kind: Any, name: str, claims: Claims, identity: str | None = None) -> Caller:
    granted = scopes.granted(claims)
    return Caller(
        kind,
        name,
        scopes=granted,
        teams=scopes.teams(granted),
        token=_jti(claims),
        issued=_issued(claims),
        identity=identity,
    )


def _identity(claims: Claims) -> str:
    return f"{claims['iss']} {claims['sub']}"


def _jti(claims: Claims) -> str | None:
    jti = claims.get("jti")
    return jti if isinstance(jti, str) and jti else None


def _issued(claims: Claims) -> float:
    """iat, checked before to be a number that is not of the future; 0.0 where it is missing or absurd."""
    iat = claims.get("iat", 0)
    return float(iat) if 0 < iat < 10**11 else 0.0


async def _asked(question: Callable[[], Caller]) -> Caller:
    """The answer of the database."""
    try:
        return await in_thread(question)
    except (DatabaseError, InterfaceError) as err:
        log.warning("nobody can be looked up: %s", type(err).__name__)
        raise KeysUnreachable("It cannot be told at the moment whose token this is.") from None
