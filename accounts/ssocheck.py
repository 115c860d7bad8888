"""`clawdbot sso check`: what is wrong with signing in, where, and the fix. It asks, and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from django.contrib.auth.models import Group
from django.db import DatabaseError

from accounts import rights, ssodryrun
from accounts.models import Team
from accounts.providers import registry
from accounts.providers.base import Finding, SignOn
from accounts.tokens.scopes import PLAIN
from clawdsite.core import redact
from clawdsite.core.config import providers as rules
from clawdsite.core.config.live import current
from clawdsite.core.config.nearest import nearest
from clawdsite.core.config.schema import Config, Provider

NO_DATABASE: Final = Finding(
    "warning",
    "Teams could not be compared: the database cannot be read.",
    "database_url",
    "Start the gateway once, or run clawdbot migrate.",
)


class NoProvider(Exception):
    """Nobody by that name is in the configuration; the text says who is."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found at one provider. of: who the dry run was about, else empty."""

    provider: str
    kind: str
    findings: tuple[Finding, ...]
    of: str = ""

    @property
    def errors(self) -> int:
        return sum(one.level == "error" for one in self.findings)

    @property
    def warnings(self) -> int:
        return sum(one.level == "warning" for one in self.findings)


def check(provider_slug: str | None = None, as_subject: str | None = None) -> list[Checked]:
    """Every enabled provider, or the one named (a disabled one too): its own word, then ours.

    as_subject: besides, who this id at the provider would be here, and why. NoProvider.
    """
    found = []
    for sign_on in _asked(provider_slug):
        provider = sign_on.config
        said = sign_on.check()
        ours = [*_of_the_file(provider, said), *_of_the_maps(provider)]
        found.append(Checked(provider.slug, provider.provider, _told([*said, *ours])))
        if as_subject:
            run = _told(ssodryrun.would_be(sign_on, as_subject))
            found.append(Checked(provider.slug, provider.provider, run, as_subject))
    return found


def _asked(slug: str | None) -> Iterable[SignOn]:
    if slug is None:
        return registry.all()
    known = current().oauth2
    for provider in known:
        if provider.slug == slug:
            return [registry.get(slug) if provider.enabled else registry.make(provider)]
    names = ", ".join(provider.slug for provider in known) or "none"
    raise NoProvider(f"there is no provider {slug}; configured: {names}")


def _told(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Nothing leaves without the redactor's look, whatever a provider put into its answers."""
    return tuple(
        replace(one, what=redact.text(one.what), where=redact.text(one.where), fix=redact.text(one.fix))
        for one in findings
    )


def _of_the_file(provider: Provider, said: Iterable[Finding]) -> Iterator[Finding]:
    """The rules of `clawdbot check` for this entry; what the provider's own check said is not said again."""
    if not provider.enabled:
        yield Finding("note", "It is switched off: nobody can sign in by it.", "enabled", "enabled: true")
    alone = provider.model_copy(update={"enabled": True})
    named = {one.where for one in said if one.level in ("warning", "error")}
    clean = True
    for one in rules.judge(current().model_copy(update={"oauth2": (alone,)})):
        where = ".".join(str(step) for step in one.path[2:])
        if one.path[0] != "oauth2":
            continue
        clean = clean and where != "redirect_uri"
        if where not in named:
            fix = one.hint or "Write it as docs/sso.md says."
            yield Finding("error" if one.refused else "warning", f"{where} {one.message}.", where, fix)
    if clean:
        yield Finding("ok", f"It leads back to {provider.redirect_uri}, which is here.", "redirect_uri")


def _of_the_maps(provider: Provider) -> Iterator[Finding]:
    try:
        teams = set(Team.objects.values_list("slug", flat=True))
        groups = set(Group.objects.values_list("name", flat=True))
    except DatabaseError:
        yield NO_DATABASE
        teams, groups = set(), set()
    yield from _of_group_map(provider, teams)
    yield from _of_scope_map(provider, current(), teams | groups)
    yield from _of_administrators(provider)
    yield from _of_bearers(provider)


def _of_group_map(provider: Provider, teams: set[str]) -> Iterator[Finding]:
    if not provider.group_map:
        what = "group_map is empty: no group of it is a team here."
        yield Finding("note", what, "group_map", "Name a group and the team's slug, where teams are wanted.")
    for slug in sorted(rights.teams_of(provider, provider.group_map.values()) - teams):
        meant = nearest(slug, sorted(teams), cutoff=0.75)
        what = f"{slug!r} is no team yet; it is made when the first person comes who is in it."
        if meant:
            yield Finding("warning", what, "group_map", f"Did you mean {meant}?")
        else:
            yield Finding("note", what, "group_map")


def _of_scope_map(provider: Provider, config: Config, places: set[str]) -> Iterator[Finding]:
    """Lines that nobody can have, and people whom no line gives anything."""
    everybody = [*config.providers, provider]
    reached = places | {name for one in everybody for name in one.group_map.values()}
    for name in sorted(set(provider.scope_map) - reached):
        meant = nearest(name, sorted(reached), cutoff=0.75)
        what = f"scope_map has a line for {name!r}, which is no team or group here, and group_map gives none."
        fix = f"Did you mean {meant}?" if meant else "Lead a group to it in group_map, or take it out."
        yield Finding("warning", what, f"scope_map.{name}", fix)
    if not any(one.scope_map for one in everybody):
        return
    useful = {name for one in everybody for name, given in one.scope_map.items() if PLAIN & set(given)}
    for name in sorted(set(provider.group_map.values()) - useful):
        what = f"Who is in {name!r} alone may do nothing: no scope_map gives it chat:read or chat:write."
        yield Finding("warning", what, "scope_map", f"Add `{name}: [chat:read, chat:write]`.")


def _of_administrators(provider: Provider) -> Iterator[Finding]:
    if not provider.admin_groups:
        return
    theirs = re.compile(rf"{provider.provider}:(dept|role):.+")
    for group in provider.admin_groups:
        if provider.is_oidc or theirs.fullmatch(group):
            yield Finding("note", f"Whoever is in {group!r} is an administrator here.", "admin_groups")
        else:
            what = f"admin_groups names {group!r}, which {provider.provider} never says."
            yield Finding("warning", what, "admin_groups", f"Write {provider.provider}:dept:<id>.")


def _of_bearers(provider: Provider) -> Iterator[Finding]:
    """What the bearers of people are who never signed in here."""
    if not provider.provider_options.api_audience:
        return
    become = {
        "refuse": "is refused (401) until that person signed in once",
        "token": "is a caller with the scopes of the token",
        "person": "makes the person",
    }[provider.unknown_subjects]
    yield Finding("note", f"An access token of somebody unknown here {become}.", "unknown_subjects")
