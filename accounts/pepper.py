"""The pepper: what client secrets are hashed with, kept outside the database (contract.md, data_dir)."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from clawdsite.core.config.schema import Config

NAME: Final = "pepper.key"
MIN_BYTES: Final = 32


class PepperError(Exception):
    """The pepper cannot be used; the text names the file and what to do."""


def pepper(config: Config) -> bytes:
    """auth.pepper, or what is in `<data_dir>/pepper.key` (0600), made on first use. PepperError."""
    configured = config.auth.pepper.get_secret_value()
    if configured:
        return configured.encode()
    path = Path(config.data_dir) / NAME
    try:
        if not path.exists():
            _make(path)
        found = path.read_bytes().strip()
    except OSError as err:
        reason = err.strerror or "cannot be used"
        raise PepperError(f"{path}: {reason}; check data_dir and its rights") from err
    if len(found) < MIN_BYTES:
        raise PepperError(f"{path}: shorter than {MIN_BYTES} bytes; put the file back that was here")
    return found


def derived(config: Config, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose (`client secrets`, `audit`): whoever learns it learns no other."""
    return hmac.digest(pepper(config), purpose.encode(), "sha256")


def _make(path: Path) -> None:
    """Whole or not at all, and only one: of two processes that start together the later takes the other's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        os.replace(draft, path)
    draft.unlink(missing_ok=True)
