"""Who people are, read from the database: the one place where a person becomes a Caller."""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Iterable
from typing import Final

from django.db.models import Q

from accounts import rights
from accounts.caller import Caller
from accounts.models import ExternalIdentity, Membership, OAuthClient, User
from accounts.tokens.scopes import teams
from clawdsite.core.config.live import current
from clawdsite.core.errors import InvalidToken

CANDIDATES: Final = 20  # people of one name
NEAREST: Final = 5
LOOKED_THROUGH: Final = 20_000  # people, for the nearest name


def caller_for(
    user: User,
    *,
    session: str | None = None,
    token: str | None = None,
    issued: float = 0.0,
    identity: str | None = None,
    scopes: frozenset[str] | None = None,
) -> Caller:
    """The person as a Caller. Asks the database. InvalidToken (401): not active.

    scopes: None: all of the person's (a session); else a token's: those and no more, and none that the person
    does not have (any more). session, token, issued, identity: see Caller.
    """
    if not user.is_active:
        raise InvalidToken("token names a person who is not active here")
    mine, has = standing(user)
    granted = has if scopes is None else has & scopes
    seen = teams(granted)
    return Caller(
        "person",
        str(user.pk),
        scopes=granted,
        teams=seen,
        leads=frozenset(slug for slug in seen if mine[slug]),
        session=session,
        token=token,
        issued=issued,
        identity=identity,
    )


def as_of_now(caller: Caller) -> Caller:
    """The same caller with the rights of this moment. InvalidToken: a person who is not active any more."""
    if caller.kind != "person":
        return caller
    user = person(caller.id)
    if user is None:
        raise InvalidToken("token names nobody who is active here")
    return caller_for(
        user,
        session=caller.session,
        token=caller.token,
        issued=caller.issued,
        identity=caller.identity,
        scopes=caller.scopes,
    )


def standing(user: User) -> tuple[dict[str, bool], frozenset[str]]:
    """Teams of this person, and whether they lead each; all their scopes. Active or not."""
    mine: dict[str, bool] = {}
    for slug, role in user.memberships.values_list("team__slug", "role"):
        mine[slug] = mine.get(slug, False) or role == Membership.Role.LEAD
    names = list(user.groups.values_list("name", flat=True))
    local = not names and not user.identities.exists()
    return mine, rights.person_scopes(current(), names, mine, local=local)


def person(user_id: str) -> User | None:
    """The active person with this id, or None; an id of another kind is nobody's."""
    try:
        key = uuid.UUID(user_id)
    except ValueError:
        return None
    return User.objects.filter(pk=key, is_active=True).first()


def identity(issuer: str, subject: str) -> ExternalIdentity | None:
    """The known identity, with its person, active or not."""
    found = ExternalIdentity.objects.select_related("user")
    return found.filter(issuer=issuer, subject=subject).first()


def people_by(word: str) -> list[User]:
    """Whom an administrator may mean: by UUID, username, name, "<provider>:<subject>", subject or e-mail.

    Those of the first way to mean somebody by which anybody is found.
    """
    try:
        return list(User.objects.filter(pk=uuid.UUID(word)))
    except ValueError:
        pass
    provider, _, subject = word.partition(":")
    for means in (
        Q(username=word),
        Q(display_name__iexact=word),
        Q(identities__provider=provider, identities__subject=subject),
        Q(identities__subject=word) | Q(identities__email__iexact=word),
    ):
        found = list(User.objects.filter(means).distinct().order_by("username")[:CANDIDATES])
        if found:
            return found
    return []


def nearest_people(word: str) -> list[User]:
    """Up to five people whose username or display name looks like this word."""
    known: dict[str, uuid.UUID] = {}
    rows = User.objects.order_by("username").values_list("pk", "username", "display_name")
    for pk, *names in rows[:LOOKED_THROUGH]:
        known |= {name.casefold(): pk for name in names if name}
    wanted = word.casefold()
    close = difflib.get_close_matches(wanted, known, n=NEAREST)
    close += [name for name in known if wanted in name]
    return list(User.objects.filter(pk__in={known[name] for name in close[:NEAREST]}))


def names_of(callers: Iterable[str]) -> dict[str, str]:
    """Callers' ids -> the names that administrators know, for those that are people or clients here.

    Two queries, however many there are.
    """
    ids = set(callers)
    people = {str(user.pk): str(user) for user in User.objects.filter(pk__in=filter(_is_uuid, ids))}
    named = [one.removeprefix("client:") for one in ids if one.startswith("client:")]
    clients = {one.subject: str(one) for one in OAuthClient.objects.filter(client_id__in=named)}
    return people | clients


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
