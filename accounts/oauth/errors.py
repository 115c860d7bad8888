"""Errors of the token endpoint and its neighbours (RFC 6749 section 5.2)."""

from __future__ import annotations

import math
from typing import Literal

from django.http import JsonResponse

Code = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_scope",
    "unsupported_grant_type",
    "temporarily_unavailable",
]

CHALLENGE = 'Basic realm="oauth", charset="UTF-8"'


class OAuthError(Exception):
    """description: fixed ASCII words without quotes or backslashes; nothing of the request is in it."""

    def __init__(
        self, code: Code, description: str, *, status: int = 400, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code, self.description, self.status = code, description, status
        self.headers = headers or {}

    def response(self) -> JsonResponse:
        return JsonResponse(
            {"error": self.code, "error_description": self.description},
            status=self.status,
            headers={"Pragma": "no-cache", **self.headers},
        )


def bad(description: str) -> OAuthError:
    return OAuthError("invalid_request", description)


def unknown_client() -> OAuthError:
    """One text for unknown, wrong, expired and revoked: nobody learns which clients there are."""
    return OAuthError(
        "invalid_client",
        "The client is unknown, or its secret does not count.",
        status=401,
        headers={"WWW-Authenticate": CHALLENGE},
    )


def too_often(seconds: float) -> OAuthError:
    wait = str(max(1, math.ceil(seconds)))
    return OAuthError(
        "temporarily_unavailable", "Too many attempts.", status=429, headers={"Retry-After": wait}
    )


def out_of_order() -> OAuthError:
    return OAuthError(
        "temporarily_unavailable",
        "This cannot be answered at the moment.",
        status=503,
        headers={"Retry-After": "5"},
    )


def wrong_method() -> OAuthError:
    return OAuthError(
        "invalid_request", "This address takes POST.", status=405, headers={"Allow": "POST"}
    )
