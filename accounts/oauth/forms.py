"""What a client sent: its form, and its credentials from exactly one place (RFC 6749 sections 2.3, 3.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from django.http import HttpRequest

from accounts.oauth.errors import bad, unknown_client, wrong_method

FORM: Final = "application/x-www-form-urlencoded"
LONGEST: Final = 64 * 1024  # bytes of a form
MOST: Final = 50  # parameters of a form
CREDENTIALS: Final = frozenset({"client_id", "client_secret", "client_assertion", "token", "access_token"})


@dataclass(frozen=True, slots=True)
class Asked:
    """form: every parameter that has a value."""

    client_id: str
    secret: str = field(repr=False)
    form: dict[str, str] = field(repr=False)


def read(request: HttpRequest) -> Asked:
    """The one form and the one pair of credentials of a POST. OAuthError."""
    if request.method != "POST":
        raise wrong_method()
    if not CREDENTIALS.isdisjoint(request.GET):
        raise bad("Credentials and tokens belong in the body or in the Authorization header.")
    form = _form(request)
    sent = [value for name, value in request.scope["headers"] if name.lower() == b"authorization"]
    return _with_credentials(sent, form)


def _form(request: HttpRequest) -> dict[str, str]:
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind != FORM or request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise bad(f"Send the parameters as {FORM}.")
    if len(request.body) > LONGEST:
        raise bad("The form is too long.")
    try:
        text = request.body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST)
    except ValueError:
        raise bad("The form is not urlencoded UTF-8, or has too many parameters.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise bad("A parameter is there more than once.")
    return {name: value for name, value in form.items() if value}


def _with_credentials(sent: Iterable[bytes], form: dict[str, str]) -> Asked:
    headers = list(sent)
    if len(headers) > 1:
        raise bad("More than one Authorization header was sent.")
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not headers:
        if not client_id or not secret:
            raise unknown_client()
        return Asked(client_id, secret, form)
    if secret or "client_assertion" in form:
        raise bad("Send the credentials in one place: the Authorization header or the body.")
    named, secret = _basic(headers[0])
    if client_id and client_id != named:
        raise bad("The body names another client than the Authorization header.")
    return Asked(named, secret, form)


def _basic(value: bytes) -> tuple[str, str]:
    """`Basic base64(urlencoded id : urlencoded secret)`; anything else is nobody's."""
    scheme, _, packed = value.decode("latin-1").strip(" \t").partition(" ")
    if scheme.lower() != "basic":
        raise unknown_client()
    try:
        pair = base64.b64decode(packed.strip(" "), validate=True).decode("utf-8")
        client_id, colon, secret = pair.partition(":")
        client_id, secret = (unquote_plus(part, errors="strict") for part in (client_id, secret))
    except (binascii.Error, ValueError):
        raise unknown_client() from None
    if not (colon and client_id and secret):
        raise unknown_client()
    return client_id, secret
