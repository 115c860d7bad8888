"""Who sent this request: by a token in its headers and nowhere else, or by a session's cookie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.http import HttpRequest

from accounts.caller import Caller
from accounts.signin.sessions import caller_of_session
from accounts.tokens.revocation import revocations
from accounts.tokens.verify import identify
from clawdsite.core.errors import InvalidToken

DEBUG_CALLER: Final = Caller("debug", "debug", scopes=frozenset({"chat:read", "chat:write"}))
KEY_HEADERS: Final = (b"api-key", b"x-api-key")  # some OpenAI clients send these, alone or besides

NAMES: Final = {b"authorization": "Authorization", b"api-key": "api-key", b"x-api-key": "x-api-key"}


async def authenticate(request: HttpRequest) -> Caller:
    """The caller of an ASGI request, whom nothing has ended: by bearer, or where none was sent by a session
    and its CSRF token. InvalidToken (401), Forbidden (403: a session without that), KeysUnreachable (503).

    `clawdbot.debug` in the scope is set by the debug port's listener alone; no header sets it.
    """
    scope: dict[str, Any] = request.scope
    if scope.get("clawdbot.debug") is True:
        return DEBUG_CALLER
    headers = scope["headers"]
    caller = None if carries_token(headers) else await caller_of_session(request)
    if caller is None:
        caller = await identify(token_in(headers))
    revocations.admit(caller)
    return caller


def carries_token(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a token was sent, good or bad: then it decides, whatever cookie came along."""
    return any(name.lower() in NAMES and value for name, value in headers)


def token_in(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The one token among raw headers; InvalidToken where there is none, or where they disagree.

    Read raw, because a joined header hides that there were two (RFC 9110 section 5.3).
    """
    sent: dict[bytes, str] = {}
    for name, value in headers:
        name = name.lower()
        if name not in NAMES:
            continue
        if name in sent:
            raise InvalidToken(f"more than one {NAMES[name]} header was sent; send one")
        sent[name] = _token(name, value.decode("latin-1").strip(" \t"))
    found = {token for token in sent.values() if token}
    if not found:
        raise InvalidToken("no bearer token was sent", sent=False)
    if len(found) > 1:
        used = " and ".join(NAMES[name] for name in sent)
        raise InvalidToken(f"different tokens were sent in {used}; send one")
    return found.pop()


def _token(name: bytes, value: str) -> str:
    """The token in one header; an empty api-key counts as none."""
    if name in KEY_HEADERS:
        return value
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidToken('the Authorization header must read "Bearer <token>"')
    if not token:
        raise InvalidToken("no token follows Bearer in the Authorization header")
    if " " in token or "\t" in token or "," in token:
        raise InvalidToken('the Authorization header must read "Bearer <token>": one space, one token')
    return token
