"""Secrets that stand on a public list and so protect nothing.

The list is jwt-secrets by Wallarm (MIT licence), of which only lines of 32 bytes or more matter: shorter
secrets are refused for their length. It ships as sorted 8-byte prefixes of SHA-256, not as words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

SHORTEST: Final = 32
WIDTH: Final = 8


def weak_secret(secret: bytes) -> bool:
    """Whether this secret, or it without blanks around, is publicly known."""
    return any(_prefix(form) in _known() for form in {secret, secret.strip()})


def pack(secrets: Iterable[bytes]) -> bytes:
    """The content of weak_secrets.bin for a list of secrets, one a line with any line end."""
    lines = {line.rstrip(b"\r\n") for line in secrets}
    forms = lines | {line.strip() for line in lines}
    return b"".join(sorted({_prefix(form) for form in forms if len(form) >= SHORTEST}))


def _prefix(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()[:WIDTH]


@cache
def _known() -> frozenset[bytes]:
    packed = files(__package__).joinpath("weak_secrets.bin").read_bytes()
    return frozenset(packed[start : start + WIDTH] for start in range(0, len(packed), WIDTH))
