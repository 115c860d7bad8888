"""What is done to people and teams: the change, its audit line and its revocation in one transaction."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from accounts import audit, linking
from accounts.models import ExternalIdentity, Membership, Revocation, Team, User
from accounts.tokens import revocation

By = User | str
SYNC: Final = "sync:"


def deactivate(user: User, by: By, *, reason: str = "") -> None:
    """Nothing of this person counts any more: sessions, tokens, sockets and running answers end in seconds.

    by: who does it; `sync:<provider>` is remembered, so that who comes back there is let in again. A sync
    changes nothing of whom an administrator switched off.
    """
    with transaction.atomic():
        standing, sync = User.objects.select_for_update().get(pk=user.pk), _sync(by)
        if sync and not standing.is_active:
            return
        _save(user, is_active=False, switched_off_by=sync)
        audit.record(actor_of(by), "person.deactivated", _target(user), {"reason": reason} if reason else {})
        revocation.end(Revocation.Kind.PERSON, str(user.pk), reason=reason or "deactivated")


def reactivate(user: User, by: By) -> None:
    """The person may sign in again; what was ended stays so."""
    with transaction.atomic():
        _save(user, is_active=True, switched_off_by="")
        audit.record(actor_of(by), "person.reactivated", _target(user))


def sign_out_everywhere(user: User, by: By) -> None:
    """Every session and token handed out until now is dead; the person may sign in anew."""
    with transaction.atomic():
        audit.record(actor_of(by), "person.signed_out", _target(user))
        revocation.end(Revocation.Kind.PERSON, str(user.pk), reason="signed out everywhere")


def add_member(team: Team, user: User, by: By, *, role: str = "member") -> Membership:
    """In the team by hand; again is no change but for the role."""
    with transaction.atomic():
        found, made = Membership.objects.get_or_create(
            team=team, user=user, source="", defaults={"role": role}
        )
        if not made:
            set_role(team, user, role, by)
            return found
        audit.record(actor_of(by), "team.joined", _target(user), {"team": team.slug, "role": role})
    return found


def remove_member(team: Team, user: User, by: By) -> None:
    """Out of the team as far as it was by hand; what a provider gives, the provider takes."""
    with transaction.atomic():
        gone, _each = Membership.objects.filter(team=team, user=user, source="").delete()
        if gone:
            audit.record(actor_of(by), "team.left", _target(user), {"team": team.slug})
            revocation.end(Revocation.Kind.RIGHTS, str(user.pk), reason=f"left {team.slug}")


def set_role(team: Team, user: User, role: str, by: By) -> None:
    """Member or lead, for a membership made by hand."""
    with transaction.atomic():
        rows = Membership.objects.filter(team=team, user=user, source="").exclude(role=role)
        if rows.update(role=role):
            audit.record(actor_of(by), "team.role", _target(user), {"team": team.slug, "role": role})
            revocation.end(Revocation.Kind.RIGHTS, str(user.pk), reason=f"role in {team.slug}")


def move_identity(identity: ExternalIdentity, to: User, by: By) -> None:
    """The account at the provider is another person's here from now on, with the teams it brings.

    Administration it does not bring: the next sign-in asks for that again.
    """
    with transaction.atomic():
        found = ExternalIdentity.objects.select_for_update().select_related("user")
        before, was_admin = found.get(pk=identity.pk).user, identity.admin
        if before == to:
            return
        identity.user, identity.admin = to, False
        identity.save(update_fields=["user", "admin"])
        if was_admin and not before.identities.filter(admin=True).exists():
            linking.administrate(before, False, actor_of(by))
        linking.settle(before, identity.provider, gave=identity.groups, actor=actor_of(by))
        linking.settle(to, identity.provider, actor=actor_of(by))
        details = {"from": str(before.pk), "to": str(to.pk)}
        audit.record(actor_of(by), "identity.moved", f"identity:{identity.pk}", details)
        revocation.end(Revocation.Kind.PERSON, str(before.pk), reason="identity moved")
        revocation.end(Revocation.Kind.IDENTITY, f"{identity.issuer} {identity.subject}", reason="moved")


def actor_of(by: By) -> str:
    """How the audit log names who does something."""
    return by if isinstance(by, str) else by.get_username()


def _sync(by: By) -> str:
    return by if isinstance(by, str) and by.startswith(SYNC) else ""


def _target(user: User) -> str:
    return f"person:{user.pk}"


def _save(user: User, **fields: object) -> None:
    for name, value in fields.items():
        setattr(user, name, value)
    user.save(update_fields=list(fields))
