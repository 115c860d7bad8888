"""From a token to the caller it names."""

from __future__ import annotations

from typing import Any

from accounts.caller import Caller
from accounts.tokens import scopes
from accounts.tokens.door import Door, Issuer, build
from accounts.tokens.jws import Jws, parse
from clawdsite.core.config.live import current
from clawdsite.core.errors import InvalidToken

_door: Door | None = None


async def identify(raw: str) -> Caller:
    """The caller of a token of ours or of an issuer in auth.jwt (contract.md, Who a caller is).

    InvalidToken (401) says what is wrong with it; KeysUnreachable (503): it could not be judged.
    """
    door = _current()
    known = door.seen.get(raw)
    if known is not None:
        return known
    jws = parse(raw)
    issuer = _issuer(door, jws)
    claims = await issuer.backend.verify(jws)
    caller = _caller(issuer, claims)
    door.seen.put(raw, caller, claims["exp"])
    return caller


def _current() -> Door:
    """The door of the configuration in force; a reload swaps the configuration and so the door."""
    global _door
    config = current()
    if _door is None or _door.config is not config:
        _door = build(config, _door)
    return _door


def _issuer(door: Door, jws: Jws) -> Issuer:
    """By the unverified `iss`, exactly: it only chooses whose key and rules the token is held against."""
    iss = jws.payload.get("iss")
    if not isinstance(iss, str):
        raise InvalidToken("token names no issuer (iss)")
    found = door.issuers.get(iss)
    if found is None:
        near = any(iss.rstrip("/") == known.rstrip("/") for known in door.issuers)
        hint = "it is, but for a slash at the end" if near else "auth.jwt.issuer must equal it exactly"
        raise InvalidToken(f"token is from an issuer (iss) that is not accepted here: {hint}")
    return found


def _caller(issuer: Issuer, claims: dict[str, Any]) -> Caller:
    """Named by (iss, sub) and nothing else in the token; with the token's scopes and no more."""
    if not issuer.strangers:
        raise InvalidToken("token is good, but nobody is known here by its sub (auth.jwt.unknown_subjects)")
    granted = scopes.granted(claims)
    name = f"{issuer.backend.rules.name}:{claims['sub']}"
    return Caller("token", name, scopes=granted, teams=scopes.teams(granted))
