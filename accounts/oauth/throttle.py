"""Not too often: failures by client and by address, tokens by client (django-ratelimit).

Who shows the right secret is never turned away for what others did: a secret has 256 bits, so guessing is
hopeless, and a flood of wrong ones must not keep a client from working.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django_ratelimit.core import get_usage

from accounts.clients import ID
from accounts.oauth.errors import too_often
from accounts.signin.throttle import address_of
from clawdsite.core.config.live import current

BY_CLIENT: Final = "10/m"  # failures; above, 429 instead of 401
BY_ADDRESS: Final = "60/m"  # a company's pipelines often share one


def failed(request: HttpRequest, client_id: str) -> None:
    """Count a failure. OAuthError(429) where there were too many."""
    waits = [_count(request, "oauth:address", address_of(request), BY_ADDRESS)]
    if ID.fullmatch(client_id):
        waits.append(_count(request, "oauth:client", client_id, BY_CLIENT))
    longest = max(waits)
    if longest:
        raise too_often(longest)


def granted(request: HttpRequest, client_id: str) -> None:
    """Count a token: as often a minute as calls (limits.per_client.rpm). OAuthError(429)."""
    limit = current().limits.per_client.rpm
    if limit is not None and (wait := _count(request, "oauth:token", client_id, f"{limit}/m")):
        raise too_often(wait)


def _count(request: HttpRequest, group: str, value: str, rate: str) -> float:
    """Seconds to wait; 0.0: it is not too often."""
    usage = get_usage(request, group=group, key=lambda *_: value, rate=rate, increment=True)
    return float(max(1, usage["time_left"])) if usage is not None and usage["should_limit"] else 0.0
