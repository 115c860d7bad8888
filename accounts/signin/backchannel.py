"""A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import logging
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.providers.base import SSOError
from accounts.signin import sessions, throttle
from accounts.signin.flow import known
from clawdsite.core.errors import RateLimited

log = logging.getLogger(__name__)

MOST: Final = 64 * 1024
FORM: Final = "application/x-www-form-urlencoded"


@csrf_exempt
@require_POST
def backchannel(request: HttpRequest, slug: str) -> HttpResponse:
    """POST /auth/<provider>/backchannel, form `logout_token`: no cookie, no CSRF; the token is the proof."""
    try:
        throttle.check(request, "backchannel")
    except RateLimited as error:
        return JsonResponse(error.body(), status=429, headers=error.headers())
    provider = known(slug)
    verify = getattr(provider, "verify_logout_token", None)
    if verify is None:
        return _refused("this provider has no back-channel logout")
    raw = _token(request)
    if raw is None:
        return _refused("send one logout_token as a form of at most 64 KiB")
    try:
        said = verify(raw)
    except SSOError as error:
        log.warning("logout token refused", extra={"fields": {"provider": slug, "detail": error.detail}})
        return _refused("the logout token does not count", status=_status(error))
    ended = sessions.end_at_provider(said.issuer, said.sub, said.sid)
    log.info("signed out by the provider", extra={"fields": {"provider": slug, "sessions": ended}})
    return HttpResponse(status=200, headers={"Cache-Control": "no-store"})


def _token(request: HttpRequest) -> str | None:
    """The one token of a form that is no larger than it may be; it is not read further than that."""
    if request.content_type != FORM:
        return None
    body = request.read(MOST + 1)
    if len(body) > MOST:
        return None
    found = QueryDict(body).getlist("logout_token")
    return found[0] if len(found) == 1 else None


def _status(error: SSOError) -> int:
    return 503 if error.code == "provider_unavailable" else 400


def _refused(why: str, status: int = 400) -> HttpResponse:
    body = {"error": "invalid_request", "error_description": why}
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})
