"""Django's key: from the configuration, or made once and kept in data_dir (contract.md, data_dir)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from clawdsite.core.config.schema import Config


def secret_key(config: Config) -> str:
    """The configured key, or the one in `<data_dir>/django.key` (0600), made on first use.

    Raises OSError where data_dir cannot be written.
    """
    configured = config.secret_key.get_secret_value()
    if configured:
        return configured
    path = Path(config.data_dir) / "django.key"
    if not path.exists():
        _make(path)
    return path.read_text("ascii").strip()


def _make(path: Path) -> None:
    """Another process may do the same at the same moment: the first link wins, nobody reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
