"""The gateway's own signing keys: RSA, one PEM file each in <data_dir>/keys, in the order of their names.

Which of them signs and how long the others count: accounts.tokens.keyring. A file's time is when it was made.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from accounts.tokens.keyring import Phase, phases
from accounts.tokens.sources import is_sound
from clawdsite.core.config.rsa import BITS, EXPONENT
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import KeysUnreachable

log = logging.getLogger(__name__)

FIRST: Final = "0001.pem"
LOOK_AGAIN: Final = 1.0  # seconds between two looks into the directory for an unknown kid
LOOK_ANYHOW: Final = 60.0  # seconds that a key which is over may go on counting
FOREVER: Final = Phase(0.0, None, signing=True, over=False)  # of the one key that is configured


class KeyFileError(Exception):
    """A key file that may not or cannot be used; the text names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Signer:
    """kid: its name in tokens. path: None where it stands in the configuration."""

    kid: str
    key: RSAPrivateKey
    path: Path | None = None
    phase: Phase = FOREVER


def directory(config: Config) -> Path:
    return Path(config.data_dir) / "keys"


def prepare(config: Config) -> tuple[Signer, ...]:
    """Every own key that counts, oldest first; makes the first one (0600) where there is none.

    KeyFileError: not readable, no RSA key of 2048 bits, or open to others in production (in development
    that is a line in the log), or a signing_key that is none of these.
    """
    return tuple(signer for signer in every(config) if not signer.phase.over)


def every(config: Config) -> tuple[Signer, ...]:
    """As `prepare`, with those that are over and only wait to be removed."""
    if given := config.auth.signing_key.get_secret_value():
        return (_given(given),)
    folder = directory(config)
    try:
        if not files(folder):
            make(folder, FIRST)
        return _loaded(folder, config)
    except OSError as err:
        reason = err.strerror or "cannot be used"
        raise KeyFileError(f"{folder}: {reason}; check data_dir and its rights") from err


def signing(config: Config) -> Signer:
    """The key that signs now. KeyFileError."""
    return next(signer for signer in prepare(config) if signer.phase.signing)


def thumbprint(key: RSAPublicKey) -> str:
    """RFC 7638: the same key has the same name everywhere, and no other key has it."""
    numbers = key.public_numbers()
    members = {"e": base64url(numbers.e), "kty": "RSA", "n": base64url(numbers.n)}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class OwnKeys:
    """A KeySource over the directory. A key that another process made is found within a second."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._keys: dict[str, RSAPublicKey] = {}
        self._looked: float | None = None
        if config.auth.signing_key.get_secret_value():
            self._keys = {signer.kid: signer.key.public_key() for signer in prepare(config)}
            self._looked = math.inf  # what is configured is all there is

    def at_hand(self, kid: str | None, algorithm: str = "RS256") -> RSAPublicKey | None:
        return self._keys.get(kid) if kid is not None else None

    async def find(self, kid: str | None, algorithm: str = "RS256") -> RSAPublicKey | None:
        """The public key by this name. KeysUnreachable (503) while the files cannot be used."""
        key = self.at_hand(kid)
        if self._is_due(LOOK_AGAIN if key is None else LOOK_ANYHOW):
            self._look()
            key = self.at_hand(kid)
        return key

    def _is_due(self, pause: float) -> bool:
        return self._looked is None or self._clock() - self._looked >= pause

    def _look(self) -> None:
        self._looked = self._clock()
        try:
            signers = _loaded(directory(self._config), self._config)
        except (OSError, KeyFileError) as err:
            log.error("own signing keys: %s", err)  # noqa: TRY400 - the text says all there is
            raise KeysUnreachable(
                "The token cannot be checked: the gateway's own keys are unreadable."
            ) from None
        self._keys = {signer.kid: signer.key.public_key() for signer in signers if not signer.phase.over}


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pem"))


def make(folder: Path, name: str) -> bool:
    """A new key under this name, whole or not at all -> whether it is ours: of two processes that make it
    at the same time the later takes the other's. OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{os.getpid()}.{time.monotonic_ns()}"
    made = generate_private_key(public_exponent=EXPONENT, key_size=BITS)
    text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, folder / name)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        os.replace(draft, folder / name)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _loaded(folder: Path, config: Config) -> tuple[Signer, ...]:
    """The keys in the directory, oldest first, each with what it is good for now."""
    paths = files(folder)
    made = [path.stat().st_mtime for path in paths]
    loaded = [_load(path, config) for path in paths]
    return tuple(
        Signer(kid, key, path, phase)
        for (kid, key), path, phase in zip(loaded, paths, phases(made, time.time()), strict=True)
    )


def _load(path: Path, config: Config) -> tuple[str, RSAPrivateKey]:
    found = path.stat()
    open_to_others = found.st_mode & 0o077
    if open_to_others and not config.development:
        raise KeyFileError(f"{path}: other users may read this signing key; chmod 600 {path}")
    if open_to_others:
        log.warning("%s: other users may read this signing key; chmod 600", path)
    return _parsed(path, found.st_ino, found.st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _parsed(path: Path, inode: int, changed: int) -> tuple[str, RSAPrivateKey]:
    """Kept until the file is another one: to check a private key's numbers takes tens of milliseconds."""
    return _read(path.read_bytes(), str(path))


@functools.lru_cache(maxsize=2)
def _given(pem: str) -> Signer:
    return Signer(*_read(pem.encode(), "auth.signing_key"))


def _read(pem: bytes, where: str) -> tuple[str, RSAPrivateKey]:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise KeyFileError(f"{where}: not a private key in PEM without a passphrase") from None
    if not isinstance(key, RSAPrivateKey) or not is_sound(key.public_key()):
        raise KeyFileError(f"{where}: not an RSA key of {BITS} bits or more")
    return thumbprint(key.public_key()), key


def base64url(number: int) -> str:
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
