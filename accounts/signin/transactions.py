"""Sign-in attempts under way: kept in the browser's session under their state, each taken out once."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpResponse

from accounts.providers.base import LIFETIME, SignOn, Transaction
from clawdsite.core.config.live import current

PENDING: Final = "signin.pending"  # in the session: state -> the transaction's fields
MOST: Final = 50
ALPHABET: Final = string.ascii_letters + string.digits  # WeCom's state takes nothing else
STATE, NONCE, VERIFIER = 32, 32, 64

Fields = dict[str, Any]


def begin(session: SessionBase, provider: SignOn, *, next_url: str, link: str | None = None) -> Transaction:
    """A new attempt, saved. next_url: validated. link: id of the person who adds an identity."""
    made = Transaction(
        provider=provider.config.slug,
        issuer=provider.issuer(),
        state=word(STATE),
        nonce=word(NONCE) if provider.uses_nonce else None,
        code_verifier=word(VERIFIER) if provider.pkce else None,
        redirect_uri=redirect_uri(provider),
        next=next_url,
        created=time.time(),
        link=link,
    )
    with _pending(session) as pending:
        pending[made.state] = asdict(made)
        for state in list(pending)[:-MOST]:
            del pending[state]
    return made


def take(session: SessionBase, state: str) -> Transaction | None:
    """The attempt of this state, gone from the session once this returns; None: unknown here, or too old.

    A session that does not know the state is not touched.
    """
    if state not in session.get(PENDING, {}):
        return None
    with _pending(session) as pending:
        found = pending.pop(state, None)
    return Transaction(**found) if found is not None else None


def carry(session: SessionBase) -> Fields:
    """The other tabs' attempts, for the session after a sign-in; not those that link an identity."""
    pending: dict[str, Fields] = _stored(session)
    return {state: fields for state, fields in pending.items() if fields["link"] is None}


def redirect_uri(provider: SignOn) -> str:
    """The literal address of the configuration; never made of a request's Host."""
    return provider.config.redirect_uri or f"{current().public_url}/callback"


def word(length: int) -> str:
    """Random letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def show_cookie(session: SessionBase, response: HttpResponse) -> None:
    """Give the browser the session's name, as Django does for one that it saves itself."""
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        session.session_key or "",
        max_age=session.get_expiry_age(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )


@contextmanager
def _pending(session: SessionBase) -> Iterator[dict[str, Fields]]:
    """The attempts as the database has them at this moment, locked, without those that are too old; saved at
    the end. Two tabs at once neither lose an attempt nor take one twice."""
    with transaction.atomic():
        if session.session_key:
            list(Session.objects.select_for_update().filter(pk=session.session_key))
        oldest = time.time() - LIFETIME
        stored = _stored(session).items()
        pending = {state: fields for state, fields in stored if fields["created"] >= oldest}
        yield pending
        session[PENDING] = pending
        if SESSION_KEY not in session:
            session.set_expiry(int(LIFETIME) + 60)
        session.save()
        session.modified = False  # saved again at the end of the request, it would undo another tab's


def _stored(session: SessionBase) -> dict[str, Fields]:
    """The attempts as the database has them at this moment."""
    fresh = type(session)(session.session_key) if session.session_key else session
    found: dict[str, Fields] = fresh.get(PENDING, {})
    return found
