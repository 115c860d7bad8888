"""/oauth/token, /oauth/revoke, /oauth/introspect: for machine clients (RFC 6749 4.4, 7009, 7662)."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts import clients
from accounts.models import OAuthClient, Revocation
from accounts.oauth import forms, throttle
from accounts.oauth.errors import OAuthError, bad, out_of_order, unknown_client
from accounts.pepper import PepperError
from accounts.threads import in_thread
from accounts.tokens import callers, verify
from accounts.tokens.claims import OWN_LEEWAY
from accounts.tokens.issue import issue_for_client
from accounts.tokens.keys import KeyFileError
from accounts.tokens.revocation import end, revocations
from clawdsite.core.errors import InvalidToken, KeysUnreachable

log = logging.getLogger(__name__)

GRANT: Final = "client_credentials"
INACTIVE: Final = {"active": False}
TOLD: Final = ("scope", "client_id", "sub", "exp", "iat", "iss", "aud", "jti")
BROKEN: Final = (DatabaseError, InterfaceError, PepperError, KeyFileError, KeysUnreachable)

View = Callable[[HttpRequest], Awaitable[HttpResponse]]
Claims = dict[str, Any]


def speaking_oauth(view: View) -> View:
    """Errors as RFC 6749 writes them; what is broken here is a 503 and a line in the log."""

    @csrf_exempt
    @wraps(view)
    async def outer(request: HttpRequest) -> HttpResponse:
        try:
            return await view(request)
        except OAuthError as error:
            return error.response()
        except BROKEN as error:
            words = str(error) if isinstance(error, PepperError | KeyFileError) else type(error).__name__
            log.warning("%s cannot be answered: %s", request.path, words)
            return out_of_order().response()

    return outer


@speaking_oauth
async def token(request: HttpRequest) -> HttpResponse:
    """POST: a client's own credentials -> an access token."""
    asked = forms.read(request)
    return JsonResponse(await in_thread(lambda: _grant(request, asked)), headers={"Pragma": "no-cache"})


@speaking_oauth
async def revoke(request: HttpRequest) -> HttpResponse:
    """POST: a token of the client's own is dead; of any other nothing is said and nothing done."""
    asked = forms.read(request)
    client = await in_thread(lambda: _authenticated(request, asked))
    claims = await _own(client, _token_of(asked))
    if claims is not None:
        lives = claims["exp"] + OWN_LEEWAY - time.time()
        await in_thread(
            lambda: end(Revocation.Kind.TOKEN, claims["jti"], reason="revoked by its client", lives=lives)
        )
    return HttpResponse(headers={"Pragma": "no-cache"})


@speaking_oauth
async def introspect(request: HttpRequest) -> HttpResponse:
    """POST: what a token of the client's own says; of any other, that it is not active."""
    asked = forms.read(request)
    client = await in_thread(lambda: _authenticated(request, asked))
    claims = await _own(client, _token_of(asked))
    if claims is None:
        return JsonResponse(INACTIVE, headers={"Pragma": "no-cache"})
    told = {"active": True, "token_type": "Bearer", **{name: claims[name] for name in TOLD}}
    return JsonResponse(told, headers={"Pragma": "no-cache"})


def _authenticated(request: HttpRequest, asked: forms.Asked) -> OAuthClient:
    """OAuthError(invalid_client), or 429 where there were too many of those."""
    client = clients.find(asked.client_id, asked.secret)
    if client is None:
        throttle.failed(request, asked.client_id)
        raise unknown_client()
    clients.note_use(client)
    return client


def _grant(request: HttpRequest, asked: forms.Asked) -> dict[str, object]:
    client = _authenticated(request, asked)
    kind = asked.form.get("grant_type")
    if kind is None:
        raise bad("The parameter grant_type is missing.")
    if kind != GRANT:
        raise OAuthError("unsupported_grant_type", f"There is one grant here: {GRANT}.")
    throttle.granted(request, client.client_id)
    scope = _scope(client, asked.form.get("scope"))
    made, lives = issue_for_client(client, scope, ttl=clients.seconds_left(client))
    return {
        "access_token": made,
        "token_type": "Bearer",
        "expires_in": lives,
        "scope": " ".join(sorted(scope)),
    }


def _scope(client: OAuthClient, wanted: str | None) -> frozenset[str]:
    """What was asked for, all of it or nothing; without a word, all that the client may have."""
    allowed = frozenset(client.scopes.split())
    if wanted is None:
        return allowed
    asked = frozenset(wanted.split(" "))
    if not asked <= allowed:
        raise OAuthError("invalid_scope", "A scope was asked for that this client does not have.")
    return asked


def _token_of(asked: forms.Asked) -> str:
    found = asked.form.get("token")
    if found is None:
        raise bad("The parameter token is missing.")
    return found


async def _own(client: OAuthClient, raw: str) -> Claims | None:
    """The claims of a living token of this very client. KeysUnreachable."""
    claims = await verify.own_claims(raw)
    if claims is None or claims["sub"] != client.subject or claims["exp"] <= time.time():
        return None
    try:
        revocations.admit(callers.client_of(claims))
    except InvalidToken:
        return None
    return claims
