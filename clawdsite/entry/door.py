"""Who may come in by which listener: the public door, and the debug port's (S8, S29, H-19, H-43)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from clawdsite.core.config.schema import Config
from clawdsite.core.errors import ClawdError, Forbidden, NotFound
from clawdsite.core.paths import is_session, is_v1
from clawdsite.entry.dress import CREDENTIALS
from clawdsite.entry.head import Head

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
ALLOWED_HEADERS: Final = frozenset(
    (
        *(
            "authorization",
            "content-type",
            "accept",
            "x-session-id",
            "x-client-request-id",
            "api-key",
            "x-api-key",
        ),
        *("idempotency-key", "x-requested-with", "cache-control", "last-event-id", "x-file-name"),
    )
)
SESSION_HEADERS: Final = ("content-type", "accept", "x-csrftoken", "x-requested-with")
ALLOWED_PREFIXES: Final = ("x-clawdbot-", "openai-", "x-stainless-")
METHODS: Final = b"GET, POST, PUT, PATCH, DELETE, OPTIONS"
SESSION_METHODS: Final = b"GET, POST, OPTIONS"
MAX_AGE: Final = b"600"


class Door:
    """What one listener lets in."""

    debug = False

    def refusal(self, head: Head, path: str, config: Config) -> ClawdError | None:
        """Why this request may not come in, or None."""
        return head.fault

    def welcomes(self, origin: str, config: Config) -> bool:
        """Whether a page of this origin may read what it asks with a bearer: /v1 and conversations."""
        return origin in config.server.cors_origins or origin in config.server.front_ends

    def shares(self, origin: str, path: str, config: Config) -> bool:
        """Whether a page of this origin may ask this address with a session's cookie."""
        return is_session(path) and origin in config.server.front_ends


class PublicDoor(Door):
    """The gateway's own address."""


class DebugDoor(Door):
    """The port without login: for programs of this machine, and pages of this machine, and nobody else."""

    debug = True

    def refusal(self, head: Head, path: str, config: Config) -> ClawdError | None:
        if head.fault is not None:
            return head.fault
        if head.forwarded:
            return Forbidden("The debug port takes no forwarded requests.")
        if _host_of("//" + b"".join(head.hosts).decode("latin-1")) not in LOOPBACK:
            return Forbidden("The debug port answers to localhost alone.", param="Host")
        origin = head.text(b"origin")
        if origin and not self.welcomes(origin, config):
            return Forbidden("The debug port does not answer pages of this origin.", param="Origin")
        if not is_v1(path):
            return NotFound("The debug port serves /v1 alone.")
        return None

    def shares(self, origin: str, path: str, config: Config) -> bool:
        return False

    def welcomes(self, origin: str, config: Config) -> bool:
        return super().welcomes(origin, config) or _is_loopback_origin(origin)


def preflight(asked_headers: str, origin: bytes, *, cookies: bool = False) -> list[tuple[bytes, bytes]]:
    """The headers that answer a welcome origin's preflight: the asked ones that are known. cookies: of an
    address that a session asks."""
    asked = [name.strip().lower() for name in asked_headers.split(",")]
    if cookies:
        allowed = [name for name in asked if name in SESSION_HEADERS]
    else:
        allowed = [name for name in asked if name in ALLOWED_HEADERS or name.startswith(ALLOWED_PREFIXES)]
    return [
        *([CREDENTIALS] if cookies else []),
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", SESSION_METHODS if cookies else METHODS),
        (b"access-control-allow-headers", ", ".join(allowed).encode("latin-1")),
        (b"access-control-max-age", MAX_AGE),
        (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]


def _is_loopback_origin(origin: str) -> bool:
    parts = urlsplit(origin)
    bare = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in ("http", "https") and bare and _host_of(origin) in LOOPBACK


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
