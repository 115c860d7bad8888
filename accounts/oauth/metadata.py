"""What anyone may know: where the endpoints are, and by which keys tokens are checked (RFC 8414, 7517)."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.threads import in_thread
from accounts.tokens.keys import KeyFileError
from accounts.tokens.rotation import published
from accounts.tokens.scopes import PLAIN
from clawdsite.core.config.live import current
from clawdsite.core.errors import ClawdError, KeysUnreachable, MethodNotAllowed, NotFound

log = logging.getLogger(__name__)

OPEN: Final = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
METHODS: Final = ["client_secret_basic", "client_secret_post"]


async def server(request: HttpRequest, path: str = "") -> HttpResponse:
    """GET /.well-known/oauth-authorization-server, with the path of the issuer behind it if it has one."""
    config = current()
    if (refusal := _refusal(request)) is not None:
        return refusal
    if path.strip("/") != urlsplit(config.token_issuer).path.strip("/"):
        return nothing(request)
    base = config.public_url
    told = {
        "issuer": config.token_issuer,
        "token_endpoint": f"{base}/oauth/token",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "introspection_endpoint": f"{base}/oauth/introspect",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "response_types_supported": ["none"],  # RFC 8414 wants the member, and no empty list
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": METHODS,
        "scopes_supported": sorted(PLAIN),  # and history:<team slug>
    }
    return JsonResponse(told, headers=OPEN)


async def jwks(request: HttpRequest) -> HttpResponse:
    """GET /.well-known/jwks.json: the next key, the one that signs, and those whose tokens live."""
    if (refusal := _refusal(request)) is not None:
        return refusal
    config = current()
    try:
        return JsonResponse(await in_thread(lambda: published(config)), headers=OPEN)
    except KeyFileError as error:
        log.warning("own keys cannot be published: %s", error)
        return envelope(KeysUnreachable("The keys cannot be read at the moment."))


def nothing(request: HttpRequest, path: str = "") -> HttpResponse:
    """An address under /oauth or /.well-known that does not exist."""
    return envelope(NotFound("There is nothing here."))


def envelope(error: ClawdError) -> HttpResponse:
    return JsonResponse(error.body(), status=error.status, headers=error.headers())


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if request.method in ("GET", "HEAD"):
        return None
    refused = envelope(MethodNotAllowed("This address is read by GET."))
    refused.headers["Allow"] = "GET, HEAD"
    return refused
