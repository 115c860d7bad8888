"""Who people are, read from the database: the one place where a person becomes a Caller."""

from __future__ import annotations

import uuid

from accounts import rights
from accounts.caller import Caller
from accounts.models import ExternalIdentity, Membership, User
from accounts.tokens.scopes import teams
from clawdsite.core.config.live import current


def caller_for(
    user: User,
    *,
    session: str | None = None,
    token: str | None = None,
    issued: float = 0.0,
    identity: str | None = None,
    scopes: frozenset[str] | None = None,
) -> Caller:
    """The person as a Caller. Asks the database.

    scopes: None: all of the person's (a session); else a token's: those and no more, and of its history:
    scopes those alone whose team the person is in. session, token, issued, identity: see Caller.
    """
    mine: dict[str, bool] = {}
    for slug, role in user.memberships.values_list("team__slug", "role"):
        mine[slug] = mine.get(slug, False) or role == Membership.Role.LEAD
    if scopes is None:
        names = list(user.groups.values_list("name", flat=True))
        local = not names and not user.identities.exists()
        scopes = rights.person_scopes(current(), names, mine, local=local)
    seen = teams(scopes) & mine.keys()
    plain = {scope for scope in scopes if not scope.startswith("history:")}
    return Caller(
        "person",
        str(user.pk),
        scopes=frozenset(plain | {f"history:{slug}" for slug in seen}),
        teams=frozenset(seen),
        leads=frozenset(slug for slug in seen if mine[slug]),
        session=session,
        token=token,
        issued=issued,
        identity=identity,
    )


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
    """Whom an administrator may mean: a username, UUID, display name, or "<provider>:<subject>"."""
    try:
        return list(User.objects.filter(pk=uuid.UUID(word)))
    except ValueError:
        pass
    found = list(User.objects.filter(username=word)) or list(User.objects.filter(display_name=word))
    provider, colon, subject = word.partition(":")
    if not found and colon:
        found = list(User.objects.filter(identities__provider=provider, identities__subject=subject))
    return found
