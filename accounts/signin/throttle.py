"""Not too often: django-ratelimit in front of what a stranger may try, by address and by account."""

from __future__ import annotations

import ipaddress
import math
from typing import Final

from django.http import HttpRequest
from django_ratelimit.core import get_usage

from clawdsite.core.errors import RateLimited

# What is counted -> how often it may happen. A company's people often share one address.
RATES: Final = {
    "start": "600/m",
    "callback": "600/m",
    "unknown_state": "20/m",  # failures that are written down; more are refused all the same
    "backchannel": "600/m",
    "password": "30/m",
    "account": "10/5m",  # from browsers that this person never signed in with
    "browser": "10/5m",  # from one that they did: nobody else's attempts keep them out (H-29)
    "api": "120/m",  # of one person
}


def check(request: HttpRequest, what: str, name: str | None = None) -> None:
    """Count one of `what`, for this account or (None) for the request's address. RateLimited (429)."""
    left = too_often(request, what, name)
    if left is not None:
        raise RateLimited("Too many attempts. Wait a moment and try again.", retry_after=left)


def too_often(request: HttpRequest, what: str, name: str | None = None) -> int | None:
    """Count one, and tell whether it was one too many: the seconds to wait, else None."""
    value = address_of(request) if name is None else name.strip().casefold()
    usage = get_usage(request, group=f"signin:{what}", key=lambda *_: value, rate=RATES[what], increment=True)
    if usage is None or not usage["should_limit"]:
        return None
    return max(1, math.ceil(usage["time_left"]))


def address_of(request: HttpRequest) -> str:
    """The client's address after trusted proxies (the entry found it); of IPv6 the /64 a subscriber has."""
    raw = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(raw)
    except ValueError:
        return raw or "unknown"
    if address.version == 4:
        return raw
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
