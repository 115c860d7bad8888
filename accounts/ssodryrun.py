"""Who somebody would be here if they signed in now, and why: nothing is written, nobody is signed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import Group
from django.db import DatabaseError

from accounts import rights
from accounts.models import ExternalIdentity, User
from accounts.providers.base import Directory, Finding, SignOn, SSOError, SSOIdentity
from accounts.tokens.scopes import counts, teams
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Provider

SHOWN: Final = 20  # of a list of names


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the person. names: of group_map's right side. said: the provider's own words for the
    groups, None where it cannot be asked."""

    provider: Provider
    user: User | None
    names: tuple[str, ...]
    said: tuple[str, ...] | None
    admin: bool


def would_be(sign_on: SignOn, subject: str) -> list[Finding]:
    """For one provider; never raises for what the provider or the database does."""
    try:
        return list(_would_be(sign_on, subject))
    except DatabaseError:
        fix = "Start the gateway once, or run clawdbot migrate."
        return [Finding("error", "The database cannot be read.", "database_url", fix)]


def _would_be(sign_on: SignOn, subject: str) -> Iterator[Finding]:
    provider = sign_on.config
    subject = subject.lower() if provider.provider == "wecom" else subject
    known = _known(sign_on, subject)
    live, trouble = _asked(sign_on, subject)
    if trouble is not None:
        yield trouble
    if known is None:
        yield from _stranger(sign_on, subject, live)
    else:
        yield from _acquaintance(sign_on, known, live)
    gone = isinstance(sign_on, Directory) and trouble is None and live is None
    shut = known is not None and not _may_come(known.user, provider)
    if gone or shut or (known is None and live is None):
        return
    yield from _rights(_standing(provider, known, live))


def _known(sign_on: SignOn, subject: str) -> ExternalIdentity | None:
    rows = ExternalIdentity.objects.select_related("user").filter(subject=subject)
    issuer = sign_on.issuer()
    rows = rows.filter(issuer=issuer) if issuer else rows.filter(provider=sign_on.config.slug)
    return rows.first()


def _asked(sign_on: SignOn, subject: str) -> tuple[SSOIdentity | None, Finding | None]:
    """The vendor's word as of now, or why there is none."""
    if not isinstance(sign_on, Directory):
        return None, None
    try:
        return sign_on.look_up(subject), None
    except SSOError as err:
        what = f"It could not be asked about them: {err.detail}."
        return None, Finding("error", what, "the directory", "Mend what the check above names, then again.")


def _may_come(user: User, provider: Provider) -> bool:
    return user.is_active or user.switched_off_by == f"sync:{provider.slug}"


def _stranger(sign_on: SignOn, subject: str, live: SSOIdentity | None) -> Iterator[Finding]:
    yield Finding("note", f"Nobody here has the id {subject} of it yet.", "person")
    if live is not None:
        yield Finding("ok", f"It knows {live.name}: the first sign-in makes a person of that name.", "person")
    elif isinstance(sign_on, Directory):
        yield _gone()
    else:
        what = "The first sign-in makes a person. OpenID cannot be asked about somebody: groups come with it."
        yield Finding("note", what, "person", "Have them sign in, then ask clawdbot explain-access.")


def _acquaintance(sign_on: SignOn, known: ExternalIdentity, live: SSOIdentity | None) -> Iterator[Finding]:
    user, provider = known.user, sign_on.config
    name = f"{user.get_full_name()} ({user.get_username()})"
    yield Finding("ok", f"That is {name}, by issuer {known.issuer} and subject {known.subject}.", "person")
    if isinstance(sign_on, Directory) and live is None:
        yield _gone()
    elif not _may_come(user, provider):
        fix = "An administrator can switch them on again."
        yield Finding("error", "Refused: the person is switched off here.", "person", fix)
    elif not user.is_active:
        yield Finding("note", "Switched off by the sync; signing in switches them on again.", "person")


def _gone() -> Finding:
    fix = "Is the id right (docs/sso.md), the account active, and inside the app's visible range?"
    return Finding("error", "Refused as not a member: it knows nobody active by that id.", "person", fix)


def _standing(provider: Provider, known: ExternalIdentity | None, live: SSOIdentity | None) -> Standing:
    user = known.user if known is not None else None
    if live is not None and live.groups is not None:
        names = rights.mapped(provider, live.groups)
        return Standing(provider, user, names, live.groups, rights.is_admin(provider, live.groups))
    names = tuple(known.groups) if known is not None else ()
    return Standing(provider, user, names, None, known is not None and known.admin)


def _rights(one: Standing) -> Iterator[Finding]:
    yield from _groups(one)
    given = {slug for slug in rights.teams_of(one.provider, one.names) if counts(f"history:{slug}")}
    slugs: set[str] = set()
    for slug, reasons in sorted(_teams(one, given).items()):
        slugs.add(slug)
        yield Finding("ok", f"In {slug}: {'; '.join(reasons)}.", "teams")
    if not slugs:
        yield Finding("note", "In no team: private conversations only.", "teams")
    lost = _now(one) - given if one.said is not None else set()
    if lost:
        yield Finding("note", f"No more by it: {_list(lost)} (at the next sign-in or sync).", "teams")
    yield from _scopes(one, slugs)
    if one.admin or (one.user is not None and one.user.is_superuser):
        why = "admin_groups" if one.admin else "by hand"
        yield Finding("note", f"An administrator: {why}.", "admin_groups")


def _groups(one: Standing) -> Iterator[Finding]:
    if one.said is None:
        what = f"Groups as it last said them: {_list(one.names) or 'none that group_map has'}."
        yield Finding("note", what, "groups")
        return
    yield Finding("ok", f"It says the groups: {_list(one.said) or 'none'}.", "groups")
    unknown = [group for group in one.said if group not in one.provider.group_map]
    if unknown:
        what = f"group_map has no line for {_list(unknown)}."
        yield Finding("note", what, "group_map")


def _teams(one: Standing, given: Iterable[str]) -> dict[str, list[str]]:
    """Each team with the reasons for it."""
    found: dict[str, list[str]] = {}
    for slug in given:
        opening = {name for name in one.names if slug in rights.teams_of(one.provider, [name])}
        keys = [key for key, name in one.provider.group_map.items() if name in opening]
        if one.said is not None:
            keys = [key for key in keys if key in one.said]
        found[slug] = [f"group_map of {_list(sorted(keys))}"]
    if one.user is not None:
        rows = one.user.memberships.exclude(source=one.provider.slug).values_list("team__slug", "source")
        for slug, source in rows:
            found.setdefault(slug, []).append(f"by {source}" if source else "by hand")
    return found


def _now(one: Standing) -> set[str]:
    """Teams that this provider gave until now."""
    if one.user is None:
        return set()
    rows = one.user.memberships.filter(source=one.provider.slug)
    return set(rows.values_list("team__slug", flat=True))


def _scopes(one: Standing, slugs: set[str]) -> Iterator[Finding]:
    config, names = current(), _django_groups(one)
    scopes = rights.person_scopes(config, names, slugs)
    maps = [provider for provider in config.providers if provider.scope_map]
    for scope in sorted(scopes - {f"history:{slug}" for slug in slugs}):
        keys = {name for each in maps for name in {*names, *slugs} if scope in each.scope_map.get(name, ())}
        why = f"scope_map of {_list(sorted(keys))}" if maps else "by default, as no provider has a scope_map"
        yield Finding("ok", f"May {scope}: {why}.", "scopes")
    if not scopes - {f"history:{slug}" for slug in slugs}:
        fix = "Give a team or group of theirs a line in scope_map."
        yield Finding("warning", "May do nothing: no scope_map has a line for them.", "scope_map", fix)
    for team in sorted(teams(scopes)):
        yield Finding("ok", f"Sees the history of {team}: as a member.", "scopes")


def _django_groups(one: Standing) -> set[str]:
    """As linking.settle would leave them: hand-made ones stay, mapped ones follow the identities."""
    held, has = set(one.names), set()
    if one.user is not None:
        others = one.user.identities.exclude(provider=one.provider.slug).values_list("groups", flat=True)
        held |= {name for found in others for name in found}
        has = set(Group.objects.filter(user=one.user).values_list("name", flat=True))
    managed = set(one.provider.group_map.values())
    return (has - managed) | (held & managed)


def _list(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more
