"""database_url as Django's DATABASES entry: SQLite by default, PostgreSQL where it is asked for."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

BUSY: Final = 10  # seconds a writer waits for SQLite's lock
CONNECT: Final = 5  # seconds to reach PostgreSQL: a dead database must not hang a call (M16)
UNHEARD: Final = 10_000  # milliseconds until a connection whose other end vanished is given up, likewise

# WAL: readers never wait for the writer; NORMAL: a power cut may lose the last commits, never the file.
PRAGMAS: Final = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"


def settings_of(url: str) -> dict[str, Any]:
    """`sqlite:///relative/path`, `sqlite:////absolute/path` or `postgres://user:password@host:port/name?sslmode=..`
    -> one DATABASES entry. Raises ValueError for another scheme; its text never holds the URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(parts)
    if parts.scheme in ("postgres", "postgresql"):
        return _postgres(parts)
    raise ValueError("database_url must begin with sqlite:/// or postgres://")


def _sqlite(parts: SplitResult) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": unquote(parts.path.removeprefix("/")) or ":memory:",
        "OPTIONS": {"timeout": BUSY, "transaction_mode": "IMMEDIATE", "init_command": PRAGMAS},
    }


def _postgres(parts: SplitResult) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {"connect_timeout": CONNECT, "tcp_user_timeout": UNHEARD, **dict(parse_qsl(parts.query))},
    }
