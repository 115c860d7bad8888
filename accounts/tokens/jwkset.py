"""A published key set, read strictly: RSA keys that sign by RS256, nothing else (RFC 7517, RFC 7518 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from accounts.tokens.jws import Malformed, from_base64url, load_object
from accounts.tokens.sources import is_sound
from clawdsite.core.errors import InvalidToken

MAX_KEYS: Final = 50
SECRET_MEMBERS: Final = frozenset({"k", "d", "p", "q", "dp", "dq", "qi", "oth"})


class BadKeys(Exception):
    """A key set that is refused as a whole; the text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class KeySet:
    named: dict[str, RSAPublicKey]
    unnamed: tuple[RSAPublicKey, ...] = ()

    def pick(self, kid: str | None, algorithm: str = "RS256") -> RSAPublicKey | None:
        """By name. A token or a set that names no key will do where there is exactly one."""
        if algorithm != "RS256":
            return None
        if kid is not None and self.named:
            return self.named.get(kid)
        every = (*self.named.values(), *self.unnamed)
        return every[0] if len(every) == 1 else None


def read(body: bytes) -> KeySet:
    """The usable keys of a JWK set. Keys of other types or uses are passed over; BadKeys for a set that
    publishes a secret, names two keys alike, is too long, or leaves nothing to use."""
    named: dict[str, RSAPublicKey] = {}
    unnamed: list[RSAPublicKey] = []
    for jwk in listed(body):
        if not SECRET_MEMBERS.isdisjoint(jwk):
            raise BadKeys("the set publishes a secret key")
        key = _rsa(jwk) if _is_for_us(jwk) else None
        if key is None:
            continue
        kid = jwk.get("kid")
        if kid in named:
            raise BadKeys("two keys have the same kid")
        if kid is None:
            unnamed.append(key)
        else:
            named[kid] = key
    if not named and not unnamed:
        raise BadKeys("the set has no RSA key for RS256 of 2048 bits or more")
    return KeySet(named, tuple(unnamed))


def listed(body: bytes) -> list[dict[str, Any]]:
    """The members of a published set, unread. BadKeys: no such set, or too many."""
    try:
        keys = load_object(body).get("keys")
    except Malformed as err:
        raise BadKeys(f"the answer is not a proper JSON object: {err}") from None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise BadKeys("the answer has no list of keys")
    if len(keys) > MAX_KEYS:
        raise BadKeys(f"the set has more than {MAX_KEYS} keys")
    return keys


def _is_for_us(jwk: dict[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("kty") == "RSA"
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "RS256") == "RS256"
        and isinstance(operations, list)
        and "verify" in operations
        and isinstance(jwk.get("kid", ""), str)
    )


def _rsa(jwk: dict[str, Any]) -> RSAPublicKey | None:
    """None where the numbers are no sound key."""
    try:
        modulus, exponent = (int.from_bytes(from_base64url(jwk[name]), "big") for name in ("n", "e"))
        key = RSAPublicNumbers(exponent, modulus).public_key()
    except (KeyError, TypeError, ValueError, InvalidToken):
        return None
    return key if is_sound(key) else None
