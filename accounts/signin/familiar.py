"""A browser that a person has signed in with: attempts on their account from elsewhere do not lock it out.

Its cookie lets nobody in. It only says by which counter the next passwords of this browser are counted.
"""

from __future__ import annotations

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from accounts.signin import throttle

SALT: Final = "signin.familiar"
LASTS: Final = 90 * 86400  # seconds


def count(request: HttpRequest, name: str) -> None:
    """One attempt on this account. RateLimited (429)."""
    nonce = _nonce(request, name)
    if nonce is None:
        throttle.check(request, "account", name)
    else:
        throttle.check(request, "browser", nonce)


def remember(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """This person signed in with this browser by their password."""
    if _nonce(request, name) is not None:
        return
    response.set_cookie(
        cookie(),
        signing.dumps([_mark(name), secrets.token_hex(16)], salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def cookie() -> str:
    return f"{settings.SESSION_COOKIE_NAME}-familiar"


def _nonce(request: HttpRequest, name: str) -> str | None:
    """What this browser is counted by; None: this person never signed in with it."""
    try:
        mark, nonce = signing.loads(request.COOKIES.get(cookie(), ""), salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(nonce) if mark == _mark(name) else None


def _mark(name: str) -> str:
    """Of whom: the cookie tells no name."""
    return salted_hmac(SALT, name.strip().casefold(), algorithm="sha256").hexdigest()
