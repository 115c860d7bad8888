"""Which addresses are for programs: they skip what only a browser needs."""

from __future__ import annotations

from typing import Final

HEALTH: Final = ("/healthz", "/readyz", "/metrics")


# What a page of a front end of one's own asks with the session cookie (contract.md, Sessions).
SESSION: Final = ("/api/session", "/api/auth/token")

CHAT: Final = "/ws/chat"
IMPORT: Final = "/api/import"
IMPORT_BODY: Final = 50 * 10**6  # bytes: a file of conversations may be larger than any other body


def is_v1(path: str) -> bool:
    """OpenAI's surface."""
    return path.startswith("/v1/") or path == "/v1"


def is_bearers(path: str) -> bool:
    """Pages elsewhere may ask here with a bearer, never with a cookie: OpenAI's surface, conversations."""
    return is_v1(path) or (path.startswith("/api/") and not is_session(path))


def is_booked(path: str) -> bool:
    """What is asked here costs the caller something: it gets a usage row."""
    return is_v1(path) or path == CHAT


def is_oauth(path: str) -> bool:
    """Machine clients' endpoints."""
    return path.startswith("/oauth/") or path == "/oauth"


def is_published(path: str) -> bool:
    """Metadata and keys: the same for everyone, and kept by whoever asked."""
    return path.startswith("/.well-known/") or path == "/.well-known"


def is_chat(path: str) -> bool:
    """The page: also of a conversation that is not there, which is its own 404."""
    return path == "/" or path.startswith("/c/")


def is_health(path: str) -> bool:
    """Probes and metrics: they answer also while the gateway shuts down."""
    return path in HEALTH


def is_session(path: str) -> bool:
    """Questions about a session, also from `server.front_ends`."""
    return path in SESSION


def body_limit(path: str, most: int) -> int:
    """Bytes of a request's body at this address; most: server.max_body."""
    return max(most, IMPORT_BODY) if path == IMPORT else most


def is_program(path: str) -> bool:
    """No session, no CSRF, no HTML: errors are JSON envelopes."""
    return is_v1(path) or is_health(path) or is_oauth(path) or is_published(path)


def speaks_json(path: str) -> bool:
    """Errors of this address are JSON envelopes, whoever asks."""
    return is_program(path) or path.startswith("/api/")
