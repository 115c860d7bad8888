"""Which addresses are for programs: they skip what only a browser needs."""

from __future__ import annotations

from typing import Final

HEALTH: Final = ("/healthz", "/readyz", "/metrics")


def is_v1(path: str) -> bool:
    """OpenAI's surface."""
    return path.startswith("/v1/") or path == "/v1"


def is_health(path: str) -> bool:
    """Probes and metrics: they answer also while the gateway shuts down."""
    return path in HEALTH


def is_program(path: str) -> bool:
    """No session, no CSRF, no HTML: errors are JSON envelopes."""
    return is_v1(path) or is_health(path)


def speaks_json(path: str) -> bool:
    """Errors of this address are JSON envelopes, whoever asks."""
    return is_program(path) or path.startswith("/api/")
