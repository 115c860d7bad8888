"""A person's session: our own id in it, idle and absolute ends, and whose it is (contract.md, Sessions)."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user, login
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from accounts import selectors
from accounts.caller import Caller
from accounts.models import Revocation, User
from accounts.providers.base import SSOIdentity
from accounts.signin import csrf, transactions
from accounts.tokens.revocation import end, revocations
from clawdsite.core.config.live import current
from clawdsite.core.errors import InvalidToken, KeysUnreachable
from clawdsite.core.paths import SESSION, is_program

if TYPE_CHECKING:
    from django.contrib.sessions.backends.db import SessionStore

FACTS: Final = "signin"  # in the session: what `Facts` holds
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
TOUCH: Final = 60.0  # seconds between two times that "seen" is stored
SWEEP: Final = 3600.0  # seconds between two times that dead rows are deleted
KEY: Final = re.compile(r"[a-z0-9]{32}")
ENDED: Final = "session has ended"

_sweeping: Final = threading.Lock()
_swept_at = 0.0


@dataclass(slots=True)
class Facts:
    """sid: our name of the session. at: when the person signed in. seen: the last stored sign of life.

    provider: its slug, empty for a password. identity: "<issuer> <subject>". op: the provider's own sid.
    id_token: for the provider's logout; the browser never sees it.
    """

    sid: str
    at: float
    seen: float
    provider: str = ""
    identity: str = ""
    op: str = ""
    id_token: str = ""

    def left(self, now: float) -> float:
        """Seconds until the session ends by itself; zero or less: it is over."""
        rules = current().session
        return min(self.seen + rules.idle, self.at + rules.absolute) - now


def open_for(
    request: HttpRequest, user: User, provider: str = "", identity: SSOIdentity | None = None
) -> None:
    """Sign this person in: a new session key, and what a logout will need. Another person's session ends."""
    session = request.session
    waiting = transactions.carry(session)
    before = facts_of(session)
    same = session.get(SESSION_KEY) == str(user.pk)
    if before is not None and not same:
        end(Revocation.Kind.SESSION, before.sid, reason="another person signed in")
    login(request, user, backend=BACKEND)
    if same:
        session.cycle_key()  # Django keeps the key of a person who signs in again
    now = time.time()
    sid = before.sid if before is not None and same else uuid.uuid4().hex
    facts = Facts(sid, now, now, provider)
    if identity is not None:
        facts.identity = f"{identity.issuer} {identity.subject}"
        facts.op, facts.id_token = identity.sid or "", identity.id_token
    session[transactions.PENDING] = waiting
    _write(session, facts)


def opened(request: HttpRequest, before: Facts | None, whose: object) -> None:
    """After Django's own form signed somebody in: as `open_for`. before, whose: the session's until then."""
    session = request.session
    same = before is not None and whose == session.get(SESSION_KEY)
    if before is not None and not same:
        end(Revocation.Kind.SESSION, before.sid, reason="another person signed in")
    session.cycle_key()  # Django keeps the key of a person who signs in again
    now = time.time()
    _write(session, Facts(before.sid if before is not None and same else uuid.uuid4().hex, now, now))


def close(request: HttpRequest) -> Facts | None:
    """End this session here and wherever its tokens and sockets are -> what it was, if it was anyone's."""
    facts = facts_of(request.session)
    if facts is not None:
        end(Revocation.Kind.SESSION, facts.sid, reason="signed out")
    request.session.flush()
    request.user = AnonymousUser()
    return facts


def guard(request: HttpRequest) -> None:
    """Drop a session that is over, revoked, or of somebody inactive; note a sign of life of any other.

    KeysUnreachable (503): it cannot be told who is revoked.
    """
    session = request.session
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or SESSION_KEY not in session:
        return
    facts = facts_of(session) or adopt(request)
    if not _is_alive(facts, request.user):
        session.flush()
        request.user = AnonymousUser()
        return
    if not (request.path == SESSION[0] and request.method in csrf.SAFE):  # to look is not to use
        touch(session, facts)


def adopt(request: HttpRequest) -> Facts:
    """Give a session that Django's own means opened (the admin's form) what every session has."""
    now = time.time()
    facts = Facts(uuid.uuid4().hex, now, now)
    _write(request.session, facts)
    return facts


def touch(session: SessionBase, facts: Facts, *, now: bool = False) -> bool:
    """The idle time begins anew; stored at most once a minute, unless it must be now. -> whether it was."""
    moment = time.time()
    if not now and moment - facts.seen < min(TOUCH, current().session.idle / 4):
        return False
    facts.seen = moment
    _write(session, facts)
    return True


async def caller_of_session(request: HttpRequest) -> Caller | None:
    """Who asks by cookie, with all their rights; None: no session. On /v1, and for all that is not a mere
    look, the CSRF token must be there. InvalidToken (401), Forbidden (403), KeysUnreachable (503)."""
    if not is_key(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
        return None
    try:
        return await sync_to_async(caller_of)(request)
    except DatabaseError:
        raise KeysUnreachable("Sessions cannot be read at the moment. Try again soon.") from None


def caller_of(request: HttpRequest) -> Caller | None:
    """`caller_of_session` for a thread that may wait."""
    program = is_program(request.path_info)
    if program:  # such paths pass no session middleware
        request.session = store(request.COOKIES[settings.SESSION_COOKIE_NAME])
        request.user = get_user(request)
    facts = facts_of(request.session)
    user = request.user
    if facts is None or not isinstance(user, User):
        if program:
            raise InvalidToken(ENDED)
        return None
    if program or request.method not in csrf.SAFE:
        csrf.require(request)
    if program:
        if not _is_alive(facts, user):
            raise InvalidToken(ENDED)
        if touch(request.session, facts):
            try:
                request.session.save()
            except UpdateError:  # signed out at this very moment
                raise InvalidToken(ENDED) from None
    return selectors.caller_for(user, session=facts.sid, issued=facts.at, identity=facts.identity or None)


def facts_of(session: SessionBase) -> Facts | None:
    """What we know of a signed-in session; None: nobody signed in."""
    fields: dict[str, Any] | None = session.get(FACTS)
    return Facts(**fields) if fields is not None else None


def is_key(text: str) -> bool:
    """Whether this has the shape of a session's name; a cookie may hold anything, even NUL."""
    return KEY.fullmatch(text) is not None


def store(key: str) -> SessionStore:
    """The session of this key; an empty one where there is none."""
    engine = import_module(settings.SESSION_ENGINE)
    found: SessionStore = engine.SessionStore(key)
    return found


def end_at_provider(issuer: str, subject: str | None, op: str | None) -> int:
    """End the sessions that a provider says are over: those of its own sid where it names one, else all of
    (issuer, subject). -> how many. The identity's bearers end too where no single session is meant."""
    ended = 0
    for key, facts in _signed_in():
        theirs, _, their_subject = facts.identity.partition(" ")
        if theirs != issuer or (subject is not None and their_subject != subject):
            continue
        if op is None or facts.op == op or (not facts.op and subject is not None):
            end(Revocation.Kind.SESSION, facts.sid, reason="signed out by the provider")
            Session.objects.filter(pk=key).delete()
            ended += 1
    if op is None and subject is not None:
        end(Revocation.Kind.IDENTITY, f"{issuer} {subject}", reason="signed out by the provider")
    return ended


def sweep() -> None:
    """Delete dead rows, once an hour a process at the most: every visitor of the login page leaves one."""
    global _swept_at
    with _sweeping:
        if time.monotonic() - _swept_at < SWEEP and _swept_at:
            return
        _swept_at = time.monotonic()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def _signed_in() -> Iterator[tuple[str, Facts]]:
    """Every living session by its key. Their contents are signed text, so each is read."""
    for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator(500):
        fields = row.get_decoded().get(FACTS)
        if fields is not None:
            yield row.session_key, Facts(**fields)


def _is_alive(facts: Facts, user: Any) -> bool:
    if not isinstance(user, User) or not user.is_active or facts.left(time.time()) <= 0:
        return False
    revocations.check()
    named = Caller(
        "person", str(user.pk), session=facts.sid, issued=facts.at, identity=facts.identity or None
    )
    return revocations.refuses(named) is None


def _write(session: SessionBase, facts: Facts) -> None:
    session[FACTS] = {name: getattr(facts, name) for name in Facts.__slots__}
    session.set_expiry(max(1, int(facts.left(time.time()))))
