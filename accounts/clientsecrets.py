"""Secrets of machine clients: random, shown once, kept as a keyed hash whose key is not in the database."""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from accounts.pepper import derived
from clawdsite.core.config.live import current

BEGIN: Final = "cbs_"
PREFIX: Final = 12  # characters that may be shown and searched for: BEGIN and eight random ones
BYTES: Final = 32  # 256 bits that are secret, besides the prefix
NOTHING: Final = "0" * 64  # no secret has this hash


def made() -> str:
    """`cbs_`, a public prefix, and 256 random bits; letters and digits alone, so that nothing is escaped."""
    return BEGIN + secrets.token_hex((PREFIX - len(BEGIN)) // 2) + secrets.token_hex(BYTES)


def prefix_of(secret: str) -> str:
    return secret[:PREFIX]


def hash_of(secret: str) -> str:
    """HMAC-SHA-256 with a key from the pepper. PepperError."""
    key = derived(current(), "client secrets")
    return hmac.new(key, secret.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def matches(given: str, *kept: str) -> bool:
    """Whether this hash is one of those kept; every one is compared, each in constant time."""
    found = [hmac.compare_digest(given, one or NOTHING) for one in kept]
    return any(found)
