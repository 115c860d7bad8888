"""Who opens a socket: a person by their session's cookie, and nobody by anything else (contract.md)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.http import HttpRequest

from accounts import selectors
from accounts.authentication import carries_token
from accounts.caller import Caller
from accounts.models import User
from accounts.signin import sessions
from accounts.tokens.revocation import revocations
from chat.frames import NO_IDENTITY, NOT_FOR_YOU
from clawdsite.core.errors import InvalidToken

Headers = Iterable[tuple[bytes, bytes]]


class NotLetIn(Exception):
    """close: the code. The text is for the error frame."""

    def __init__(self, close: int, why: str) -> None:
        super().__init__(why)
        self.close = close


@dataclass(frozen=True, slots=True)
class Visitor:
    """ends: Unix seconds when the session ends by itself, as far as it is known now."""

    caller: Caller
    name: str
    ends: float


def let_in(headers: Headers, person: str | None = None) -> Visitor:
    """The person behind the session cookie, as of now. Asks the database. NotLetIn, KeysUnreachable.

    person: who it was, where the session itself cannot tell any more.
    """
    headers = list(headers)
    if carries_token(headers):  # whatever cookie came along
        raise NotLetIn(NOT_FOR_YOU, "Sockets are for people's sessions; a program asks by HTTP.")
    key = session_key(headers)
    if key is None:
        raise NotLetIn(NO_IDENTITY, "Nobody is signed in.")
    request = HttpRequest()
    request.session = sessions.store(key)
    user, facts = get_user(request), sessions.facts_of(request.session)
    if not isinstance(user, User) or facts is None:
        raise _gone(request.session.get(SESSION_KEY) or person)
    ends = time.time() + facts.left(time.time())
    if ends <= time.time():
        raise NotLetIn(NO_IDENTITY, "The session has ended.")
    try:
        caller = selectors.caller_for(
            user, session=facts.sid, issued=facts.at, identity=facts.identity or None
        )
        revocations.admit(caller)
    except InvalidToken:
        raise NotLetIn(NO_IDENTITY, "The session has ended.") from None
    if "chat:read" not in caller.scopes:
        raise NotLetIn(NOT_FOR_YOU, "This account may not read conversations.")
    return Visitor(caller, user.get_full_name(), ends)


def session_key(headers: Headers) -> str | None:
    """The session cookie's value among raw headers; what cannot be a session's name is none."""
    for name, value in headers:
        if name.lower() == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
            except CookieError:
                continue
            if found is not None and sessions.is_key(found.value):
                return found.value
    return None


def _gone(user_id: str | None) -> NotLetIn:
    if user_id is not None and User.objects.filter(pk=user_id, is_active=False).exists():
        return NotLetIn(NOT_FOR_YOU, "This account is switched off.")
    return NotLetIn(NO_IDENTITY, "The session has ended.")
