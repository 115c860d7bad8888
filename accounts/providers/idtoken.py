"""ID tokens and logout tokens: what must be true of one before anything in it is believed.

Pure: the token, what is expected of it, a way to its key and the time go in (OpenID Connect Core 1.0
section 3.1.3.7, Back-Channel Logout 1.0 section 2.6, RFC 8725).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jwt import PyJWS
from jwt.algorithms import Algorithm

from accounts.providers.base import SSOError
from accounts.providers.keyset import PublicKey
from accounts.tokens.claims import check_subject
from accounts.tokens.jws import Jws, parse
from clawdsite.core.errors import InvalidToken

LONGEST: Final = 512 * 1024  # an ID token can list thousands of groups; a whole answer has at most 1 MiB
AGE: Final = 600.0  # seconds since iat: it was made for this very sign-in, or sign-out
FAR: Final = 366 * 86400.0  # no exp is further ahead
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
ID_TOKEN: Final = ("JWT",)
LOGOUT_TOKEN: Final = ("JWT", "logout+jwt", "application/logout+jwt")
OTHER_KINDS: Final = ("Bearer", "Refresh", "Offline", "Logout")
HASHES: Final = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}

Claims = dict[str, Any]
Find = Callable[[str | None, str], PublicKey | None]


@dataclass(frozen=True, slots=True)
class Expected:
    """max_age: how long ago the person may have signed in there; 0: no matter. Times in seconds."""

    issuer: str
    client_id: str
    algorithms: tuple[str, ...]
    max_age: float = 0.0
    leeway: float = 60.0


@dataclass(frozen=True, slots=True)
class Logout:
    """Whose sessions end: all of sub at issuer, or the one with sid. Not both None."""

    issuer: str
    sub: str | None
    sid: str | None
    jti: str


def opened(raw: object, types: tuple[str, ...], expected: Expected, find: Find) -> Jws:
    """The token, its signature verified with a key of the issuer by an algorithm on the list."""
    if not isinstance(raw, str):
        raise _refused("is missing or no text")
    try:
        jws = parse(raw, longest=LONGEST, types=types)
    except InvalidToken as err:
        raise _refused(err.message) from None
    algorithm = jws.header["alg"]
    if algorithm not in expected.algorithms:
        allowed = ", ".join(expected.algorithms)
        raise _refused(f"is signed by an algorithm that provider_options.allowed_algs ({allowed}) leaves out")
    key = find(jws.kid, algorithm)
    if key is None:
        raise _refused("is signed with a key (kid) that its issuer does not publish, or publishes too weak")
    if not _scheme(algorithm).verify(jws.signed, key, jws.signature):
        raise _refused("has a signature that does not match its issuer's key")
    return jws


def check_id_token(
    jws: Jws, expected: Expected, *, nonce: str | None, access_token: str, now: float
) -> Claims:
    """Its claims. SSOError(invalid_response) says which check it failed, and quotes nothing of it."""
    claims = jws.payload
    _check_sender(claims, expected)
    _check_kind(claims)
    _check_times(claims, expected, now)
    _check_nonce(claims, nonce)
    _check_subject(claims)
    _check_hash(jws, access_token)
    _check_sign_in(claims, expected, now)
    return claims


def check_logout_token(jws: Jws, expected: Expected, *, now: float) -> Logout:
    """Whom it signs out. SSOError(invalid_response)."""
    claims = jws.payload
    _check_sender(claims, expected)
    _check_times(claims, expected, now)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise _refused("has no back-channel logout among its events")
    if "nonce" in claims:
        raise _refused("has a nonce, as an ID token has")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= 255:
        raise _refused("has no name of its own (jti)")
    sub, sid = claims.get("sub"), claims.get("sid")
    if sub is None and sid is None:
        raise _refused("says neither whom (sub) nor which session (sid) it is about")
    if sub is not None:
        _check_subject(claims)
    if sid is not None and (not isinstance(sid, str) or not 0 < len(sid) <= 255):
        raise _refused("has a sid that is no text of 1 to 255 characters")
    return Logout(expected.issuer, sub, sid, jti)


def check_userinfo(jws: Jws, expected: Expected) -> Claims:
    """The claims of a signed userinfo answer (Core 5.3.2): iss and aud are ours where they are there."""
    claims = jws.payload
    if "iss" in claims and claims["iss"] != expected.issuer:
        raise _refused("is from another issuer (iss)")
    if "aud" in claims:
        _check_audience(claims, expected)
    return claims


def hash_of(access_token: str, algorithm: str) -> str:
    """What at_hash must be (Core 3.1.3.6); Ed25519 hashes by SHA-512."""
    digest = HASHES.get(algorithm[-3:], hashlib.sha512)(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _refused(why: str) -> SSOError:
    return SSOError("invalid_response", f"its token {why.removeprefix('token ')}")


@cache
def _scheme(algorithm: str) -> Algorithm:
    return PyJWS().get_algorithm_by_name(algorithm)


def _check_sender(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise _refused("is from another issuer (iss)")
    _check_audience(claims, expected)


def _check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    aud = claims.get("aud")
    found = aud if isinstance(aud, list) else [aud]
    if not all(isinstance(one, str) for one in found) or expected.client_id not in found:
        raise _refused("is for another client (aud)")
    if set(found) != {expected.client_id} and claims.get("azp") != expected.client_id:
        raise _refused("is also for others (aud) and does not say that it was made for us (azp)")
    if "azp" in claims and claims["azp"] != expected.client_id:
        raise _refused("was made for another client (azp)")


def _check_kind(claims: Mapping[str, Any]) -> None:
    if claims.get("typ") in OTHER_KINDS or "events" in claims:
        raise _refused("is of another kind than an ID token (typ, events)")


def _check_times(claims: Mapping[str, Any], expected: Expected, now: float) -> None:
    exp = _moment(claims, "exp", needed=True)
    if now - exp > expected.leeway:
        raise _refused("is expired (exp); do the clocks agree?")
    if exp - now > FAR:
        raise _refused("has an exp that lies too far ahead; it counts seconds")
    for name, needed in (("iat", True), ("nbf", False)):
        if _moment(claims, name, needed=needed) - now > expected.leeway:
            raise _refused(f"is of the future ({name}); do the clocks agree?")
    if now - _moment(claims, "iat", needed=True) > AGE + expected.leeway:
        raise _refused("was made long ago (iat); do the clocks agree?")


def _moment(claims: Mapping[str, Any], name: str, *, needed: bool) -> float:
    """A NumericDate; 0 where it may be left out and is."""
    if name not in claims and not needed:
        return 0.0
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value < math.inf:
        raise _refused(f"has no {name} that is a number of seconds since 1970")
    if not 0 <= value < 10**15:  # an integer of 400 digits is no float
        raise _refused(f"has an impossible {name}")
    return float(value)


def _check_nonce(claims: Mapping[str, Any], nonce: str | None) -> None:
    said = claims.get("nonce")
    if not nonce or not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise _refused("was not made for this sign-in (nonce)")


def _check_subject(claims: Mapping[str, Any]) -> None:
    try:
        check_subject(claims.get("sub"))
    except InvalidToken as err:
        raise _refused(err.message) from None


def _check_hash(jws: Jws, access_token: str) -> None:
    said = jws.payload.get("at_hash")
    if said is not None and said != hash_of(access_token, jws.header["alg"]):
        raise _refused("was made for another access token (at_hash)")


def _check_sign_in(claims: Mapping[str, Any], expected: Expected, now: float) -> None:
    if not expected.max_age:
        return
    if now - _moment(claims, "auth_time", needed=True) > expected.max_age + expected.leeway:
        raise SSOError(
            "expired", "the sign-in at the provider is older (auth_time) than provider_options.max_age allows"
        )
