"""Changing the gateway's own signing keys, and showing the public half of them (RFC 7517)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from accounts.tokens import keys
from accounts.tokens.keys import KeyFileError, Signer
from clawdsite.core.config.schema import Config

log = logging.getLogger(__name__)

LARGEST: Final = 9999


def rotate(config: Config, *, at_once: bool = False) -> Signer:
    """Make a key that takes over after its grace, and remove those whose last token is dead.

    at_once: for a key that fell into wrong hands: the new one signs now, and every token of ours that was
    signed before is refused. KeyFileError: the key stands in the configuration, or a file cannot be used.
    """
    if config.auth.signing_key.get_secret_value():
        raise KeyFileError("auth.signing_key is configured: put another key there instead, and restart")
    before = keys.every(config)
    folder = keys.directory(config)
    name = _next(before[-1])
    try:
        if not keys.make(folder, name):
            raise KeyFileError(f"{folder / name}: another rotation is under way")
        for signer in before:
            if signer.path is not None and (at_once or signer.phase.over):
                signer.path.unlink(missing_ok=True)
    except OSError as err:
        raise KeyFileError(f"{folder}: {err.strerror}; check data_dir and its rights") from err
    return keys.every(config)[-1]


def published(config: Config) -> dict[str, list[dict[str, str]]]:
    """The key set that anyone may have: public members only, each key that counts. KeyFileError."""
    return {"keys": [_jwk(signer) for signer in keys.prepare(config)]}


def _jwk(signer: Signer) -> dict[str, str]:
    numbers = signer.key.public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": signer.kid,
        "n": keys.base64url(numbers.n),
        "e": keys.base64url(numbers.e),
    }


def _next(last: Signer) -> str:
    """The name after the last one's: keys are ordered by their names."""
    path = last.path or Path(keys.FIRST)
    if not path.stem.isascii() or not path.stem.isdigit() or int(path.stem) >= LARGEST:
        raise KeyFileError(f"{path}: keys that are rotated by command are named 0001.pem to {LARGEST}.pem")
    return f"{int(path.stem) + 1:04d}.pem"
