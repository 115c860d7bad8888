"""From a provider's groups to names, teams and scopes here (reference: docs/sso.md). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from accounts.tokens.scopes import PLAIN, counts, teams
from clawdsite.core.config.schema import Config, Provider

DEFAULT: Final = PLAIN  # what a person may do where no provider has a scope_map


def mapped(provider: Provider, groups: Iterable[str]) -> tuple[str, ...]:
    """The names that group_map gives for these groups: exact, case-sensitive, sorted, each once.

    What is not in the map counts for nothing, whatever it is called.
    """
    return tuple(sorted({provider.group_map[group] for group in groups if group in provider.group_map}))


def teams_of(provider: Provider, names: Iterable[str]) -> frozenset[str]:
    """Slugs of the teams these mapped names open: their own, and the history: scopes of their scope_map."""
    found = set(names)
    for name in names:
        found |= teams(provider.scope_map.get(name, ()))
    return frozenset(found)


def is_admin(provider: Provider, groups: Iterable[str]) -> bool:
    """Whether admin_groups makes whoever has these groups an administrator."""
    return not set(provider.admin_groups).isdisjoint(groups)


def person_scopes(
    config: Config, names: Iterable[str], slugs: Iterable[str], *, local: bool = False
) -> frozenset[str]:
    """What a person may do by a session.

    names: their Django groups. slugs: their teams. Where no enabled provider has a scope_map everybody has
    chat:read, chat:write and image:upload; else those that the maps give for names and slugs. local: a person
    of no provider (an administrator with a password), whom no map can know. Each team adds its history.
    """
    maps = [provider.scope_map for provider in config.providers if provider.scope_map]
    slugs = set(slugs)
    if maps and not local:
        keys = {*names, *slugs}
        given = {scope for one in maps for key in keys for scope in one.get(key, ()) if scope in PLAIN}
    else:
        given = set(DEFAULT)
    return frozenset(given | {f"history:{slug}" for slug in slugs if counts(f"history:{slug}")})
