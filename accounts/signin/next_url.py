"""Where a person goes after signing in: a path of ours, or a front end of one's own. Never anywhere else."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.utils.http import url_has_allowed_host_and_scheme

from clawdsite.core.config.live import current

HOME: Final = "/"
LONGEST: Final = 2000


def safe(wanted: str) -> str:
    """`wanted` where it is a path of ours or an address of `server.front_ends`, else "/"."""
    if not wanted or len(wanted) > LONGEST or not wanted.isprintable() or "\\" in wanted:
        return HOME
    if is_path(wanted) or origin_of(wanted) in current().server.front_ends:
        return wanted
    return HOME


def is_path(wanted: str) -> bool:
    """A path on this host, whatever a browser makes of slashes, dots and blanks."""
    return (
        wanted.startswith("/")
        and not wanted.startswith("//")
        and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    )


def front_end(wanted: str) -> str | None:
    """The front end's origin that a validated `next` leads to; None: it stays here."""
    return None if is_path(wanted) else origin_of(wanted)


def origin_of(address: str) -> str | None:
    """`https://host:port` of an absolute address without user name; None for anything else."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return f"{parts.scheme}://{parts.netloc}" if plain else None
