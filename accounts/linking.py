"""From an identity at a provider to a person here, by (issuer, subject) and never by an e-mail alone."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, rights
from accounts.models import ExternalIdentity, Membership, Revocation, Team, User
from accounts.providers.base import SSOError, SSOIdentity
from accounts.tokens import revocation
from accounts.tokens.scopes import counts
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Provider

NAME_LENGTH = 150
OFF = "the account here is switched off; an administrator can switch it on again"


def sign_in(identity: SSOIdentity, provider: Provider, *, link_to: User | None = None) -> User:
    """The person of this identity, made at the first sign-in; groups and name are brought up to date.

    link_to: the signed-in person who adds this identity to their account. Parallel first sign-ins make one
    person. SSOError: not_a_member (switched off here), email_conflict (the account is somebody else's, or an
    e-mail that may not link).
    """
    try:
        with transaction.atomic():
            return _sign_in(identity, provider, link_to)
    except IntegrityError:  # the same first sign-in won elsewhere at this moment
        with transaction.atomic():
            return _sign_in(identity, provider, link_to)


def _sign_in(identity: SSOIdentity, provider: Provider, link_to: User | None) -> User:
    known = (
        ExternalIdentity.objects.select_for_update()
        .select_related("user")
        .filter(issuer=identity.issuer, subject=identity.subject)
    )  # locked in the order of apply_groups: the identity, then its person
    external = known.first()
    if external is None:
        external = _first(identity, provider, link_to)
    elif link_to is not None and external.user_id != link_to.pk:
        raise SSOError("email_conflict", "this account at the provider belongs to another person here")
    user = external.user
    _let_in(user, provider)
    name, before = clean_name(identity.name), external.provider
    if name and name != user.display_name:
        user.display_name = name
        user.save(update_fields=["display_name"])
    external.email, external.email_verified = (identity.email or "")[:254], identity.email_verified is True
    external.sid, external.last_login = (identity.sid or "")[:255], timezone.now()
    external.provider, external.gone = provider.slug, None
    external.save(update_fields=["email", "email_verified", "sid", "last_login", "provider", "gone"])
    if before != provider.slug:  # it has another name in the configuration now: what the old one gave goes
        settle(user, before)
    apply_groups(external, identity.groups, identity.said_at)
    user.refresh_from_db()
    return user


def _first(identity: SSOIdentity, provider: Provider, link_to: User | None) -> ExternalIdentity:
    user = link_to or _by_email(identity, provider)
    if user is not None and not user.is_active:
        raise SSOError("not_a_member", OFF)
    actor = f"login:{provider.slug}"
    if user is None:
        user = User.objects.create_user(f"sso-{uuid.uuid4()}")
        audit.record(actor, "person.made", f"person:{user.pk}")
    else:
        audit.record(actor, "person.linked", f"person:{user.pk}", {"provider": provider.slug})
    return ExternalIdentity.objects.create(
        user=user, provider=provider.slug, issuer=identity.issuer, subject=identity.subject
    )


def _by_email(identity: SSOIdentity, provider: Provider) -> User | None:
    """Whom a verified e-mail names among verified ones; never an administrator, never one of several."""
    if not provider.link_by_verified_email or identity.email_verified is not True or not identity.email:
        return None
    claimed = ExternalIdentity.objects.filter(email__iexact=identity.email, email_verified=True)
    same = [one for one in claimed.select_related("user") if _same(one.email, identity.email)]
    people = list({one.user_id: one.user for one in same}.values())
    if not people:
        return None
    if len(people) > 1 or people[0].is_staff or people[0].is_superuser:
        raise SSOError("email_conflict", "the verified e-mail is that of an administrator, or of several")
    return people[0]


def _same(one: str, other: str) -> bool:
    """But for the case of ASCII letters: to a database a dotless i, or a Kelvin sign, may be a letter too."""
    return one.encode().lower() == other.encode().lower()


def _let_in(user: User, provider: Provider) -> None:
    if user.is_active:
        return
    if user.switched_off_by != f"sync:{provider.slug}":
        raise SSOError("not_a_member", OFF)
    user.is_active, user.switched_off_by = True, ""
    user.save(update_fields=["is_active", "switched_off_by"])
    audit.record(f"login:{provider.slug}", "person.reactivated", f"person:{user.pk}")


def apply_groups(
    external: ExternalIdentity, groups: Iterable[str] | None, said_at: float = 0.0, *, actor: str = ""
) -> None:
    """What the provider says of the person's groups becomes Django groups, memberships, administration.

    None: it said nothing, so all stays. said_at: Unix seconds, 0: now; an older word changes nothing. What a
    person loses here is heard everywhere within seconds. Hand-made memberships are untouched, and so are
    Django groups whose names no group_map gives.
    """
    provider = provider_of(external.provider)
    if groups is None or provider is None:
        return
    now = timezone.now()  # a provider whose clock is ahead must not outdate its own next word
    when = min(datetime.fromtimestamp(said_at, UTC), now) if said_at else now
    with transaction.atomic():
        external = ExternalIdentity.objects.select_for_update().select_related("user").get(pk=external.pk)
        if external.groups_at is not None and when < external.groups_at:
            return
        said, before = list(groups), external.groups
        external.groups, external.groups_at = list(rights.mapped(provider, said)), when
        external.admin = _administration(external, rights.is_admin(provider, said), actor)
        external.save(update_fields=["groups", "groups_at", "admin"])
        settle(external.user, provider.slug, gave=before, actor=actor)


def provider_of(slug: str) -> Provider | None:
    return next((provider for provider in current().providers if provider.slug == slug), None)


def settle(user: User, slug: str, *, gave: Iterable[str] = (), actor: str = "") -> None:
    """Bring the person's groups and memberships in step with what this provider's identities say.

    A provider that is not configured any more gives nothing. gave: names it gave before: who has a Django
    group by a line that is no longer in group_map loses it with the line.
    """
    provider = provider_of(slug)
    held = {name for found in user.identities.values_list("groups", flat=True) for name in found}
    here = user.identities.filter(provider=slug).values_list("groups", flat=True)
    said = {name for found in here for name in found}
    wanted = rights.teams_of(provider, said) if provider is not None else ()
    lost, won = _memberships(user, slug, {one for one in wanted if counts(f"history:{one}")})
    managed = {*gave, *(provider.group_map.values() if provider is not None else ())}
    fewer, more = _groups(user, managed, held)
    if lost or won or fewer or more:
        found = {"joined": won, "left": lost, "groups": more, "no_more": fewer}
        details = {name: sorted(some) for name, some in found.items() if some}
        audit.record(actor or f"login:{slug}", "person.groups", f"person:{user.pk}", details)
    if lost or fewer:
        revocation.end(Revocation.Kind.RIGHTS, str(user.pk), reason=f"groups of {slug}")


def _memberships(user: User, slug: str, wanted: set[str]) -> tuple[set[str], set[str]]:
    rows = Membership.objects.filter(user=user, source=slug)
    has = set(rows.values_list("team__slug", flat=True))
    lost, won = has - wanted, wanted - has
    rows.filter(team__slug__in=lost).delete()
    for one in sorted(won):
        team, _made = Team.objects.get_or_create(slug=one)
        Membership.objects.create(user=user, team=team, source=slug)
    return lost, won


def _groups(user: User, managed: set[str], held: set[str]) -> tuple[set[str], set[str]]:
    """Only names that group_map gives are managed; a group of another name is hand-made and stays."""
    has = set(user.groups.values_list("name", flat=True)) & managed
    wanted = held & managed
    fewer, more = has - wanted, wanted - has
    user.groups.remove(*Group.objects.filter(name__in=fewer))
    user.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in sorted(more)))
    return fewer, more


def _administration(external: ExternalIdentity, says_so: bool, actor: str) -> bool:
    """Whether this identity makes its person an administrator. Who is one by hand stays one by hand.

    Who was only staff by hand is nothing of it any more once a mapping made and unmade an administrator.
    """
    user, was = external.user, external.admin
    if says_so == was:
        return was
    others = user.identities.exclude(pk=external.pk).filter(admin=True).exists()
    if says_so and user.is_superuser:
        return others  # by another identity's mapping: this one keeps it up too; else by hand
    if says_so or not others:
        administrate(user, says_so, actor or f"login:{external.provider}")
    return says_so


def administrate(user: User, is_one: bool, actor: str) -> None:
    """Make or unmake an administrator by a mapping; inside the caller's transaction."""
    user.is_staff = user.is_superuser = is_one
    user.save(update_fields=["is_staff", "is_superuser"])
    audit.record(actor, "person.administrator", f"person:{user.pk}", {"administrator": is_one})
    if not is_one:
        revocation.end(Revocation.Kind.RIGHTS, str(user.pk), reason="administrator no more")


def clean_name(name: str) -> str:
    """What others may see of a name: no control or direction characters, at most 150."""
    kept = "".join(char for char in name if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join(kept.split())[:NAME_LENGTH]
