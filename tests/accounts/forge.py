"""Tokens made by hand, good and bad: nothing of the product and no JWT library is used to make them."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISS = "https://sso.example.com"
AUD = "qwen-web-chat"
SECRET = secrets.token_urlsafe(48)

Sign = Callable[[bytes], bytes]


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key by each name, made once for the whole run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def text(value: Any) -> bytes:
    """JSON text: bytes and strings as they stand, anything else written out."""
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def hmac_by(secret: str | bytes, digest: str = "sha256") -> Sign:
    key = secret.encode() if isinstance(secret, str) else secret
    return lambda message: hmac.new(key, message, digest).digest()


def rsa_by(key: rsa.RSAPrivateKey) -> Sign:
    return lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def unsigned(_: bytes) -> bytes:
    return b""


def garbage(_: bytes) -> bytes:
    return os.urandom(256)


def forge(header: Any, payload: Any, sign: Sign) -> str:
    """header, payload: JSON text, or what to write as JSON."""
    message = f"{b64(text(header))}.{b64(text(payload))}"
    return f"{message}.{b64(sign(message.encode()))}"


def claims(**changes: Any) -> dict[str, Any]:
    """What an ordinary access token of ISS says; `name=...` changes a claim, None takes it out."""
    now = int(time.time())
    found = {
        "iss": ISS,
        "aud": AUD,
        "sub": "alice",
        "iat": now,
        "exp": now + 300,
        "scope": "chat:read chat:write",
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def hs_token(header: dict[str, Any] | None = None, /, **changes: Any) -> str:
    """A token of ISS by HS256."""
    return forge({"alg": "HS256", "typ": "JWT"} | (header or {}), claims(**changes), hmac_by(SECRET))


def rs_token(key: str, kid: str | None = None, **changes: Any) -> str:
    """A token of ISS by RS256, signed with the key by this name."""
    named = {} if kid is None else {"kid": kid}
    return forge({"alg": "RS256", "typ": "JWT"} | named, claims(**changes), rsa_by(rsa_key(key)))


def jwk(key: rsa.RSAPrivateKey, **members: Any) -> dict[str, Any]:
    """The public half as a JWK; `name=None` takes a member out."""
    numbers = key.public_key().public_numbers()
    found = {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "n": b64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": b64(numbers.e.to_bytes(3, "big")),
    }
    return {name: value for name, value in (found | members).items() if value is not None}


def jwks(**keys: str) -> bytes:
    """A key set: kid -> the name of the key."""
    return json.dumps({"keys": [jwk(rsa_key(name), kid=kid) for kid, name in keys.items()]}).encode()


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_pem(bits: int = 2048, exponent: int = 65537) -> str:
    """A public key of this make; an odd exponent is put to the modulus of a good key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits) if bits != 2048 else rsa_key("good")
    numbers = rsa.RSAPublicNumbers(exponent, key.public_key().public_numbers().n)
    return numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
