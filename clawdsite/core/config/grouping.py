"""Rules for group_map, scope_map and admin_groups: exact names there, slugs and known scopes here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from clawdsite.core.config.nearest import nearest
from clawdsite.core.config.problems import Finding
from clawdsite.core.config.signon import Provider

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
SCOPES: Final = ("chat:read", "chat:write", "image:upload")
HISTORY: Final = "history:"
KNOWN: Final = f"known are {', '.join(SCOPES)} and {HISTORY}<team>"
NO_SLUG: Final = "expected a team's slug"
FORM: Final = "a-z, 0-9, _ and -, beginning with a letter or a digit, at most 64"


def judge(provider: Provider) -> Iterator[Finding]:
    """What is wrong with the maps of one provider."""
    for group, team in provider.group_map.items():
        if wrong := _name_fault(group):
            yield Finding(("group_map", group), wrong)
        if not SLUG.fullmatch(team):
            yield Finding(("group_map", group), NO_SLUG, FORM)
    for index, group in enumerate(provider.admin_groups):
        if wrong := _name_fault(group):
            yield Finding(("admin_groups", index), wrong)
    for team, scopes in provider.scope_map.items():
        if not SLUG.fullmatch(team):
            yield Finding(("scope_map", team), NO_SLUG, FORM)
        for index, scope in enumerate(scopes):
            if scope not in SCOPES and not _history(scope):
                yield Finding(("scope_map", team, index), "is no scope", _meant(scope))


def _name_fault(group: str) -> str:
    """Groups are compared letter by letter: a blank too many and nobody is in it."""
    if not group.strip():
        return "must not be empty"
    return "begins or ends with a blank, and is compared letter by letter" if group != group.strip() else ""


def _history(scope: str) -> bool:
    return scope.startswith(HISTORY) and SLUG.fullmatch(scope.removeprefix(HISTORY)) is not None


def _meant(scope: str) -> str:
    if close := nearest(scope, list(SCOPES)):
        return f"did you mean {close}? {KNOWN}"
    return KNOWN
