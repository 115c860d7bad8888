"""From a token to the caller it names."""

from __future__ import annotations

import time
from typing import Any

from accounts.caller import Caller
from accounts.tokens import callers
from accounts.tokens.door import Door, Issuer, build
from accounts.tokens.jws import Jws, parse
from clawdsite.core.config.live import current
from clawdsite.core.errors import InvalidToken

_door: Door | None = None


async def identify(raw: str) -> Caller:
    """The caller of a token of ours, of a sign-on provider or of an issuer in auth.jwt (contract.md, Who a
    caller is). Whether something ended this caller is asked elsewhere (accounts.authentication).

    InvalidToken (401) says what is wrong with it; KeysUnreachable (503): it could not be judged.
    """
    door = _current()
    known = door.seen.get(raw)
    if known is not None:
        return known
    jws = parse(raw)
    issuer = _issuer(door, jws)
    claims = await issuer.backend.verify(jws)
    read = time.time()
    caller = await callers.named(issuer, claims)
    door.seen.put(raw, caller, claims["exp"], read)
    return caller


async def own_claims(raw: str) -> dict[str, Any] | None:
    """The claims of a token of ours that would count by itself; None for any other. KeysUnreachable."""
    try:
        jws = parse(raw)
        issuer = _issuer(_current(), jws)
        return await issuer.backend.verify(jws) if issuer.own else None
    except InvalidToken:
        return None


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
