"""What a verified token must say (contract.md, Who a caller is). Pure: claims, rules and the time go in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from clawdsite.core.errors import InvalidToken

Claims = Mapping[str, Any]

OTHER_KINDS: Final = ("ID", "Refresh", "Logout")
ACCESS: Final = ("access", "Bearer")
MAX_SUBJECT: Final = 255  # OpenID Connect Core section 2, in bytes of UTF-8
CLIENT_SUBJECT: Final = "client:"  # begins a machine client's sub; a person's is a bare UUID
MAX_OWN: Final = 86400.0  # seconds: no token of our own lives longer
OWN_LEEWAY: Final = 60.0
MILLISECONDS: Final = 10**11  # as seconds, the year 5138: someone counted in thousandths


@dataclass(frozen=True, slots=True)
class Rules:
    """What one issuer's tokens are held against. Times in seconds.

    name: first half of the caller's id. algorithms: those its tokens may be signed with; HS256 stands alone.
    own: whether these are the gateway's own tokens.
    login_clients: ids of login clients, whose ID tokens are no access tokens.
    """

    name: str
    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    leeway: float = OWN_LEEWAY
    max_lifetime: float = MAX_OWN
    own: bool = False
    login_clients: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not (self.issuer and self.audience):  # an empty one would match an empty claim
            raise ValueError("an issuer needs both issuer and audience")


def check(claims: Claims, rules: Rules, now: int) -> None:
    """InvalidToken, with a reason a person can act on, unless the claims may pass.

    now: whole seconds since 1970, as exp, nbf and iat are written. A time may be off by exactly the leeway.
    """
    _check_issuer(claims, rules)
    _check_audience(claims, rules)
    _check_times(claims, rules, now)
    check_subject(claims.get("sub"))
    _check_kind(claims, rules)
    if rules.own:
        _check_own(claims)


def check_subject(sub: object) -> None:
    """InvalidToken unless it can name a caller: printable text of 1 to 255 bytes."""
    if sub is None:
        raise InvalidToken("token names nobody: it has no sub")
    if not isinstance(sub, str) or not sub or not sub.isprintable() or len(sub.encode()) > MAX_SUBJECT:
        raise InvalidToken(f"token's sub must be printable text of 1 to {MAX_SUBJECT} bytes")


def _check_issuer(claims: Claims, rules: Rules) -> None:
    if claims.get("iss") != rules.issuer:
        raise InvalidToken("token is from another issuer (iss)")


def _check_audience(claims: Claims, rules: Rules) -> None:
    if "aud" not in claims:
        raise InvalidToken(
            f'token has no audience: aud must contain "{rules.audience}" (Keycloak: add an Audience mapper)'
        )
    aud = claims["aud"]
    found = aud if isinstance(aud, list) else [aud]
    if not all(isinstance(one, str) for one in found) or rules.audience not in found:
        raise InvalidToken(f'token is for another audience: aud must contain "{rules.audience}"')


def _check_times(claims: Claims, rules: Rules, now: int) -> None:
    exp = _time(claims, "exp")
    if exp is None:
        raise InvalidToken("token never expires: it has no exp")
    if now - exp > rules.leeway:
        raise InvalidToken("token is expired")
    if exp - now > rules.max_lifetime + rules.leeway:
        raise InvalidToken(_too_far(exp, rules))
    for name, words in (("nbf", "is not valid yet"), ("iat", "was issued in the future")):
        start = _time(claims, name)
        if start is not None and start - now > rules.leeway:
            raise InvalidToken(f"token {words} ({name}); do the clocks agree?")


def _time(claims: Claims, name: str) -> int | float | None:
    """A NumericDate (RFC 7519 section 2), None where the claim is absent. Not turned into a float or a
    date: an integer of 400 digits is neither."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value < math.inf:
        raise InvalidToken(f"token's {name} must be a number of seconds since 1970")
    return value


def _too_far(exp: float, rules: Rules) -> str:
    most = spell(rules.max_lifetime)
    said_by = "" if rules.own else " (auth.jwt.max_lifetime)"
    unit = "; exp counts seconds, not milliseconds" if exp > MILLISECONDS else ""
    return f"token's exp lies too far ahead: at most {most}{said_by}{unit}"


def _check_kind(claims: Claims, rules: Rules) -> None:
    if "token_type" in claims and claims["token_type"] not in ACCESS:
        raise InvalidToken("token is of another kind: its token_type is not access")
    if claims.get("typ") in OTHER_KINDS:
        raise InvalidToken("token is of another kind: its typ is ID, Refresh or Logout")
    if "at_hash" in claims or "c_hash" in claims:
        raise InvalidToken("token is an ID token (it has at_hash or c_hash); send the access token")
    aud = claims["aud"]
    audience = aud[0] if isinstance(aud, list) and len(aud) == 1 else aud
    if "nonce" in claims and isinstance(audience, str) and audience in rules.login_clients:
        raise InvalidToken("token is an ID token (it has a nonce); send the access token")


def _check_own(claims: Claims) -> None:
    for name in ("iat", "token_type"):
        if name not in claims:
            raise InvalidToken(f"token lacks {name}, which every token of this gateway has")
    for name in ("jti", "client_id"):
        if not isinstance(claims.get(name), str) or not claims[name]:
            raise InvalidToken(f"token lacks {name}, which every token of this gateway has")


def spell(seconds: float) -> str:
    """`24 h`, `90 min`, `45 s`."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:g} s"
