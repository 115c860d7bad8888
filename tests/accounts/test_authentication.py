"""Where the token is looked for in a request, and where never."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import AsyncRequestFactory

from accounts.authentication import authenticate, token_in
from accounts.caller import Caller
from clawdsite.core.config import live
from clawdsite.core.errors import InvalidToken
from tests.accounts.doors import accepting, bare, issuer
from tests.accounts.forge import hs_token

SSO = accepting(issuer(name="sso"))
LATE = int(time.time()) + 80_000  # these two are made before the first test and used by the last
TOKEN = hs_token(exp=LATE)
OTHER = hs_token(exp=LATE, sub="bob")
ALICE = Caller("token", "sso:alice", scopes=frozenset({"chat:read", "chat:write"}))


def request(*headers: tuple[str, str], **scope: Any) -> ASGIRequest:
    """A request as the server hands it over: each header line by itself, names in lower case."""
    found = AsyncRequestFactory().get("/v1/models?access_token=" + TOKEN, **scope.pop("extra", {}))
    found.scope["headers"] = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    found.scope.update(scope)
    return found


def caller_of(*headers: tuple[str, str], **scope: Any) -> Caller:
    with live.override(SSO):
        return asyncio.run(authenticate(request(*headers, **scope)))


ACCEPTED = {
    "bearer": [("Authorization", f"Bearer {TOKEN}")],
    "lower-case-scheme": [("Authorization", f"bearer {TOKEN}")],
    "upper-case-scheme": [("AUTHORIZATION", f"BEARER {TOKEN}")],
    "blanks-around-the-value": [("Authorization", f"Bearer {TOKEN} ")],
    "api-key": [("api-key", TOKEN)],
    "x-api-key": [("X-Api-Key", TOKEN)],
    "the-same-in-all-three": [("Authorization", f"Bearer {TOKEN}"), ("api-key", TOKEN), ("x-api-key", TOKEN)],
    "an-empty-x-api-key-besides": [("Authorization", f"Bearer {TOKEN}"), ("x-api-key", "")],
    "a-cookie-with-another-token": [("Authorization", f"Bearer {TOKEN}"), ("Cookie", f"token={OTHER}")],
}


@pytest.mark.parametrize(
    "headers", [pytest.param(headers, id=f"hard-H41-{name}") for name, headers in ACCEPTED.items()]
)
def test_the_token_is_found(headers: list[tuple[str, str]]) -> None:
    assert bare(caller_of(*headers)) == ALICE


REFUSED = {
    "two-authorization-headers": (
        [("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}")],
        "more than one Authorization header",
    ),
    "two-x-api-keys": ([("x-api-key", TOKEN), ("x-api-key", TOKEN)], "more than one x-api-key header"),
    "two-blanks": ([("Authorization", f"Bearer  {TOKEN}")], "one space, one token"),
    "two-words": ([("Authorization", f"Bearer {TOKEN} b")], "one space, one token"),
    "two-joined-by-a-comma": ([("Authorization", f"Bearer {TOKEN},Bearer {OTHER}")], "one space, one token"),
    "basic": ([("Authorization", "Basic YWxpY2U6c2VjcmV0")], 'must read "Bearer <token>"'),
    "no-scheme": ([("Authorization", TOKEN)], 'must read "Bearer <token>"'),
    "empty": ([("Authorization", "")], 'must read "Bearer <token>"'),
    "nothing-after-bearer": ([("Authorization", "Bearer ")], "no token follows Bearer"),
    "an-openai-key": ([("Authorization", "Bearer sk-1234567890abcdef")], "token is not a JWT"),
    "not-ascii": ([("Authorization", "Bearer \xe9\xff")], "characters that no token has"),
    "two-different-tokens": (
        [("Authorization", f"Bearer {TOKEN}"), ("x-api-key", OTHER)],
        "different tokens were sent in Authorization and x-api-key",
    ),
    "a-bad-token-and-a-good-cookie": (
        [("Authorization", f"Bearer {TOKEN}x"), ("Cookie", f"access_token={TOKEN}; token={TOKEN}")],
        "token",
    ),
}


@pytest.mark.parametrize(
    ("headers", "words"), [pytest.param(*row, id=f"hard-H41-{name}") for name, row in REFUSED.items()]
)
def test_what_is_no_token_is_refused(headers: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        caller_of(*headers)
    assert words in (caught.value.details or "")
    assert TOKEN not in (caught.value.details or "")
    assert caught.value.headers()["WWW-Authenticate"] == 'Bearer realm="clawdbot", error="invalid_token"'


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="hard-H41-query-string-alone"),
        pytest.param([("Cookie", f"access_token={TOKEN}")], id="hard-H41-cookie-alone"),
        pytest.param([("Sec-WebSocket-Protocol", TOKEN)], id="hard-H41-socket-protocol"),
        pytest.param([("X-Forwarded-Authorization", f"Bearer {TOKEN}")], id="hard-H41-forwarded"),
    ],
)
def test_a_token_anywhere_else_is_none_at_all(headers: list[tuple[str, str]]) -> None:
    """RFC 6750 section 3.1: where nothing was sent, the challenge names no error."""
    with pytest.raises(InvalidToken) as caught:
        caller_of(*headers)
    assert caught.value.details == "no bearer token was sent"
    assert caught.value.headers()["WWW-Authenticate"] == 'Bearer realm="clawdbot"'


def test_only_the_debug_listener_makes_a_debug_caller() -> None:
    """promise-S8: the marker is True itself; neither a header nor a truthy value will do."""
    assert caller_of(**{"clawdbot.debug": True}).kind == "debug"
    for scope in ({"clawdbot.debug": "True"}, {"clawdbot.debug": 1}, {}):
        with pytest.raises(InvalidToken):
            caller_of(("clawdbot.debug", "True"), ("X-Clawdbot-Debug", "true"), **scope)


def test_an_expired_token_says_so_in_the_words_of_the_promise() -> None:
    with pytest.raises(InvalidToken) as caught:
        caller_of(("Authorization", "Bearer " + hs_token(exp=int(time.time()) - 3600)))
    assert caught.value.body()["error"] == {
        "message": "Invalid or expired token",
        "type": "authentication_error",
        "param": None,
        "code": "AUTH_INVALID_TOKEN",
        "details": "token is expired",
    }


def test_raw_headers_are_read_whatever_their_case() -> None:
    assert token_in([(b"AUTHORIZATION", b"Bearer abc")]) == "abc"
