"""What one person can see, and why: plain data for `clawdbot explain-access` and the admin's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts import rights
from accounts.models import ExternalIdentity, Membership, User
from accounts.tokens.scopes import teams as teams_in
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Config, Provider


@dataclass(frozen=True, slots=True)
class Because:
    """Why somebody has a thing.

    how: `hand` (by an administrator or lead here), `group` (a line of group_map), `scope_map` (a line of it),
        `admin_groups`, `default` (no provider has a scope_map), `local` (a person of no provider), `team`.
    provider: its name, for those that come of one. said: what the provider or the configuration calls it:
        the keys of group_map that lead here, the name in scope_map, the team. known: whether the provider is
        in the configuration in force.
    """

    how: str
    provider: str = ""
    said: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a provider. groups: names of group_map's right side, as of groups_at."""

    provider: str
    known: bool
    issuer: str
    subject: str
    last_login: datetime | None
    groups: tuple[str, ...]
    groups_at: datetime | None
    synced: datetime | None


@dataclass(frozen=True, slots=True)
class InTeam:
    """A team with every source of the membership; leads: whether any of them makes a lead."""

    slug: str
    name: str
    leads: bool
    why: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope of the person's sessions, and each reason for it."""

    name: str
    why: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """A machine client that the person answers for."""

    client_id: str
    name: str
    active: bool
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """off_by: `sync:<provider>` where a sync switched the person off. administrator: empty for who is none.
    groups: Django groups. scopes: what a session has; nothing of it counts while the person is inactive."""

    id: str
    username: str
    name: str
    active: bool
    off_by: str
    staff: bool
    password: bool
    administrator: tuple[Because, ...]
    accounts: tuple[Account, ...]
    groups: tuple[str, ...]
    teams: tuple[InTeam, ...]
    scopes: tuple[Scope, ...]
    clients: tuple[Answers, ...]


def access(user: User) -> Explanation:
    """All that decides what this person may see, as the database and the configuration have it now."""
    config = current()
    held = list(user.identities.order_by("provider", "created"))
    groups = tuple(user.groups.order_by("name").values_list("name", flat=True))
    teams = _teams(user, held, config)
    local = not groups and not held
    return Explanation(
        id=str(user.pk),
        username=user.get_username(),
        name=user.get_full_name(),
        active=user.is_active,
        off_by=user.switched_off_by,
        staff=user.is_staff,
        password=user.has_usable_password(),
        administrator=_administrator(user, held, config),
        accounts=tuple(_account(each, config) for each in held),
        groups=groups,
        teams=teams,
        scopes=_scopes(config, groups, [team.slug for team in teams], local=local),
        clients=tuple(
            Answers(each.client_id, each.name, each.is_active, tuple(each.scopes.split()))
            for each in user.clients.order_by("name")
        ),
    )


def _account(held: ExternalIdentity, config: Config) -> Account:
    return Account(
        provider=held.provider,
        known=_named(config, held.provider) is not None,
        issuer=held.issuer,
        subject=held.subject,
        last_login=held.last_login,
        groups=tuple(held.groups),
        groups_at=held.groups_at,
        synced=held.synced,
    )


def _administrator(user: User, held: list[ExternalIdentity], config: Config) -> tuple[Because, ...]:
    if not user.is_superuser:
        return ()
    found = []
    for each in held:
        provider = _named(config, each.provider)
        if each.admin:
            said = provider.admin_groups if provider is not None else ()
            found.append(Because("admin_groups", each.provider, said, provider is not None))
    return tuple(found) or (Because("hand"),)


def _teams(user: User, held: list[ExternalIdentity], config: Config) -> tuple[InTeam, ...]:
    found: dict[str, list[Membership]] = {}
    for row in user.memberships.select_related("team").order_by("team__slug", "source"):
        found.setdefault(row.team.slug, []).append(row)
    return tuple(
        InTeam(
            slug=slug,
            name=str(rows[0].team),
            leads=any(row.role == Membership.Role.LEAD for row in rows),
            why=tuple(_given(row.source, slug, held, config) for row in rows),
        )
        for slug, rows in found.items()
    )


def _given(source: str, slug: str, held: list[ExternalIdentity], config: Config) -> Because:
    """By which lines of group_map: those of names that the provider said and that open this team."""
    if not source:
        return Because("hand")
    provider = _named(config, source)
    if provider is None:
        return Because("group", source, known=False)
    names = {name for each in held if each.provider == source for name in each.groups}
    opening = {name for name in names if slug in rights.teams_of(provider, [name])}
    return Because("group", source, _keys(provider, opening))


def _keys(provider: Provider, names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(group for group, name in provider.group_map.items() if name in names))


def _scopes(config: Config, groups: tuple[str, ...], slugs: list[str], *, local: bool) -> tuple[Scope, ...]:
    maps = any(provider.scope_map for provider in config.providers)
    found = []
    for scope in sorted(rights.person_scopes(config, groups, slugs, local=local)):
        why: tuple[Because, ...]
        if opened := teams_in([scope]):
            why = (Because("team", said=tuple(opened)),)
        elif not maps:
            why = (Because("default"),)
        elif local:
            why = (Because("local"),)
        else:
            why = tuple(_mapped(config, scope, {*groups, *slugs}))
        found.append(Scope(scope, why))
    return tuple(found)


def _mapped(config: Config, scope: str, names: set[str]) -> list[Because]:
    found = []
    for provider in config.providers:
        said = tuple(sorted(name for name in names if scope in provider.scope_map.get(name, ())))
        if said:
            found.append(Because("scope_map", provider.slug, said))
    return found


def _named(config: Config, slug: str) -> Provider | None:
    return next((provider for provider in config.providers if provider.slug == slug), None)
