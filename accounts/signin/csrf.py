"""Whose page sent a request that carries a session: ours, or a front end of one's own."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import (
    CsrfViewMiddleware,
    InvalidTokenFormat,
    _check_token_format,
    _does_token_match,
)

from clawdsite.core.config.live import current
from clawdsite.core.errors import Forbidden
from clawdsite.core.paths import is_session

SAFE: Final = ("GET", "HEAD", "OPTIONS")


def require(request: HttpRequest) -> None:
    """The CSRF token in its header, from one of our pages. Forbidden (403)."""
    if not _from_us(request):
        raise Forbidden("A session is for the gateway's own pages and its front ends.", param="Origin")
    sent = request.META.get(settings.CSRF_HEADER_NAME, "")
    secret = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    if not _matches(sent, secret):
        message = "With a session, send the CSRF token of GET /api/session as X-CSRFToken."
        raise Forbidden(message, param="X-CSRFToken")


def is_front_end(request: HttpRequest) -> bool:
    """Whether a page of `server.front_ends` sent this."""
    return request.META.get("HTTP_ORIGIN", "") in current().server.front_ends


def _from_us(request: HttpRequest) -> bool:
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None:  # browsers leave it out of a same-origin GET, and of nothing that changes anything
        return request.method in SAFE and request.META.get("HTTP_SEC_FETCH_SITE", "none") in (
            "none",
            "same-origin",
        )
    if is_session(request.path_info) and is_front_end(request):  # all else they ask with the bearer they get
        return True
    ours: bool = CsrfViewMiddleware(lambda _: None)._origin_verified(request)
    return ours


def _matches(sent: str, secret: str) -> bool:
    try:
        _check_token_format(sent)
        _check_token_format(secret)
    except InvalidTokenFormat:
        return False
    return bool(_does_token_match(sent, secret))
