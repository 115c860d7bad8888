"""An OpenID provider's published keys (RFC 7517): every kind of key that an ID token may be signed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from accounts.tokens.jwkset import BadKeys as BadKeys
from accounts.tokens.jwkset import listed
from accounts.tokens.jws import from_base64url
from accounts.tokens.sources import is_sound
from clawdsite.core.errors import InvalidToken

PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256"})
CURVES: Final[dict[str, tuple[ec.EllipticCurve, str]]] = {
    "P-256": (ec.SECP256R1(), "ES256"),
    "P-384": (ec.SECP384R1(), "ES384"),
}

PublicKey = RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey


class Weak(Exception):
    """An RSA key that is too short, too long or of a known bad make."""


@dataclass(frozen=True, slots=True)
class Key:
    """kid: None where it has no name. algorithms: what it may check signatures of."""

    kid: str | None
    algorithms: frozenset[str]
    public: PublicKey


@dataclass(frozen=True, slots=True)
class KeySet:
    """weak: how many RSA keys were passed over because they are too short, or unsound otherwise."""

    keys: tuple[Key, ...]
    weak: int = 0

    def pick(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """By name; without a name (in the token or in the whole set) where exactly one key would fit."""
        fitting = [key for key in self.keys if algorithm in key.algorithms]
        if kid is not None and any(key.kid is not None for key in self.keys):
            fitting = [key for key in fitting if key.kid == kid]
        return fitting[0].public if len(fitting) == 1 else None


def read(body: bytes) -> KeySet:
    """The usable keys. Symmetric ones, and those of other types, curves or uses, are passed over; BadKeys
    for a set that is none, publishes a private key, or is too long."""
    keys: list[Key] = []
    weak = 0
    for jwk in listed(body):
        if jwk.get("kty") != "oct" and not PRIVATE.isdisjoint(jwk):
            raise BadKeys("the set publishes a private key")
        try:
            found = _key(jwk) if _is_for_signatures(jwk) else None
        except Weak:
            weak += 1
            continue
        if found is not None:
            keys.append(found)
    return KeySet(tuple(keys), weak)


def _is_for_signatures(jwk: dict[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and isinstance(jwk.get("kid", ""), str)
    )


def _key(jwk: dict[str, Any]) -> Key | None:
    """None where it is of no kind we use, or its numbers make no key. Weak."""
    try:
        public, able = _public(jwk)
    except (KeyError, TypeError, ValueError, InvalidToken, UnsupportedAlgorithm):
        return None
    named = jwk.get("alg")
    algorithms = able if named is None else able & {named} if isinstance(named, str) else frozenset()
    return Key(jwk.get("kid"), frozenset(algorithms), public) if algorithms else None


def _public(jwk: dict[str, Any]) -> tuple[PublicKey, frozenset[str]]:
    if jwk["kty"] == "RSA":
        key = RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n")).public_key()
        if not is_sound(key):
            raise Weak
        return key, RSA
    if jwk["kty"] == "EC":
        curve, algorithm = CURVES[jwk["crv"]]
        point = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), curve)
        return point.public_key(), frozenset({algorithm})
    if jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
        return Ed25519PublicKey.from_public_bytes(from_base64url(jwk["x"])), frozenset({"EdDSA"})
    raise ValueError("a key of another kind")


def _number(jwk: dict[str, Any], member: str) -> int:
    return int.from_bytes(from_base64url(jwk[member]), "big")
