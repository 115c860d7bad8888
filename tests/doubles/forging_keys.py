"""Keys of the forging OpenID provider, and signatures of every kind an ID token may have."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.accounts.forge import Sign, b64, jwk, rsa_by, rsa_key


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def ed_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@cache
def short_key() -> rsa.RSAPrivateKey:
    """An RSA key as nobody should use any more."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def signer(algorithm: str, name: str) -> Sign:
    """What signs by this algorithm with the key by this name."""
    if algorithm == "ES256":
        return ecdsa_by(ec_key(name))
    if algorithm == "EdDSA":
        return ed_key(name).sign
    if algorithm == "PS256":
        return lambda message: rsa_key(name).sign(
            message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()
        )
    if algorithm == "RS512":
        return lambda message: rsa_key(name).sign(message, padding.PKCS1v15(), hashes.SHA512())
    return rsa_by(rsa_key(name))


def ecdsa_by(key: ec.EllipticCurvePrivateKey) -> Sign:
    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def published(algorithm: str, name: str, **members: Any) -> dict[str, Any]:
    """The JWK of the key by this name, for this algorithm; `name=None` takes a member out."""
    if algorithm == "ES256":
        point = ec_key(name).public_key().public_numbers()
        found = {"kty": "EC", "crv": "P-256", "x": b64(point.x.to_bytes(32, "big"))}
        found |= {"y": b64(point.y.to_bytes(32, "big")), "use": "sig", "alg": "ES256"}
    elif algorithm == "EdDSA":
        octets = ed_key(name).public_key().public_bytes_raw()
        found = {"kty": "OKP", "crv": "Ed25519", "x": b64(octets), "use": "sig", "alg": "EdDSA"}
    else:
        found = jwk(rsa_key(name), alg=algorithm)
    found |= members
    return {name: value for name, value in found.items() if value is not None}
