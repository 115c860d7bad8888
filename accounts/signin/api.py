"""What a page in the browser asks about its session: /api/session and /api/auth/token."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.csrf import csrf_exempt

from accounts.caller import Caller
from accounts.signin import sessions, throttle
from accounts.tokens import issue
from clawdsite.core.errors import ClawdError, InvalidToken, MethodNotAllowed

View = Callable[[HttpRequest, Caller, sessions.Facts], HttpResponse]


def for_sessions(*methods: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """A view that a session alone may ask; errors are the one envelope. The CSRF token is checked here."""

    def wrap(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest) -> HttpResponse:
            try:
                return view(request, *_admitted(request, methods))
            except ClawdError as error:
                return JsonResponse(error.body(), status=error.status, headers=error.headers())

        return answered

    return wrap


@for_sessions("GET", "POST")
def session(request: HttpRequest, caller: Caller, facts: sessions.Facts) -> HttpResponse:
    """GET: who I am, for how long, and the CSRF token. POST: I am still here."""
    if request.method == "POST":
        sessions.touch(request.session, facts, now=True)
    user: Any = request.user
    body = {
        "person": {"id": caller.id, "name": user.get_full_name(), "staff": user.is_staff},
        "teams": sorted(caller.teams),
        "leads": sorted(caller.leads),
        "scopes": sorted(caller.scopes),
        "expires_in": max(0, int(facts.left(time.time()))),
        "csrf_token": get_token(request),
    }
    return JsonResponse(body)


@for_sessions("POST")
def token(request: HttpRequest, caller: Caller, facts: sessions.Facts) -> HttpResponse:
    """POST /api/auth/token: a short bearer for a front end of one's own, with the person's rights."""
    ttl = min(issue.SESSION_LIFETIME, facts.left(time.time()))  # no longer than its session
    raw, seconds = issue.issue_for_session(caller, ttl=max(1.0, ttl))
    body = {
        "access_token": raw,
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": " ".join(sorted(caller.scopes)),
    }
    return JsonResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _admitted(request: HttpRequest, methods: tuple[str, ...]) -> tuple[Caller, sessions.Facts]:
    if request.method not in methods:
        raise MethodNotAllowed(f"{request.method} is not for this address; use {' or '.join(methods)}.")
    caller = sessions.caller_of(request)
    facts = sessions.facts_of(request.session)
    if caller is None or facts is None:
        raise InvalidToken("nobody is signed in; go to /login", sent=False)
    throttle.check(request, "api", caller.id)
    call = getattr(request, "scope", {}).get("clawdbot.call")
    if call is not None:
        call.caller = caller
    return caller, facts
