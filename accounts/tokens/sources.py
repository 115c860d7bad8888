"""Where a backend finds the key for a token: the interface, and the source with one fixed key."""

from __future__ import annotations

from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from clawdsite.core.config import rsa

MIN_SECRET: Final = 32  # bytes; RFC 7518 section 3.2
MAX_BITS: Final = 8192  # a larger RSA key makes each check slow


class KeySource(Protocol):
    """Keys of one issuer. kid only ever selects among them; None: the token has no kid.

    algorithm: one that the issuer's rules allow; a key of another kind is not found.
    """

    def at_hand(self, kid: str | None, algorithm: str = "RS256") -> Any | None:
        """The key, if it is here already; None otherwise. Asks nobody."""

    async def find(self, kid: str | None, algorithm: str = "RS256") -> Any | None:
        """The key, asking the issuer where need be; None: it has no such key. KeysUnreachable."""


class Fixed:
    """One key, whatever the token calls it: a shared secret, or a public key in PEM."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def at_hand(self, kid: str | None, algorithm: str = "RS256") -> Any | None:
        return self._key

    async def find(self, kid: str | None, algorithm: str = "RS256") -> Any | None:
        return self._key


def from_secret(secret: str) -> Fixed:
    """ValueError below 32 bytes. Lists of known secrets are the configuration's business."""
    key = secret.encode()
    if len(key) < MIN_SECRET:
        raise ValueError(f"an HS256 secret has {MIN_SECRET} bytes or more")
    return Fixed(key)


def from_pem(pem: str) -> Fixed:
    """ValueError for anything but a sound RSA public key."""
    if wrong := rsa.fault(pem):
        raise ValueError(f"the public key {wrong}")
    return Fixed(load_pem_public_key(pem.encode()))


def is_sound(key: RSAPublicKey) -> bool:
    """Large enough to trust, small enough to use, and of no known weak make."""
    numbers = key.public_numbers()
    return key.key_size <= MAX_BITS and not rsa.number_fault(numbers.n, numbers.e)
