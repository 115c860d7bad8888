"""`clawdbot explain-access PERSON`: what a person can see, and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime

import django
from django.db import DatabaseError

django.setup(set_prefix=False)

from accounts import explain, selectors  # noqa: E402 - models are importable only now
from accounts.explain import Because, Explanation  # noqa: E402
from accounts.models import User  # noqa: E402

WIDE = 16  # of the first column


def run(args: argparse.Namespace) -> int:
    """0: told; 1: the database cannot be used; 2: nobody is meant, or several may be."""
    try:
        found = selectors.people_by(args.person)
        if len(found) == 1:
            print("\n".join(told(explain.access(found[0]))))
            return 0
        candidates = found or selectors.nearest_people(args.person)
    except DatabaseError as error:
        words = f"the database cannot be used ({type(error).__name__}); has the gateway been started once?"
        print(f"clawdbot: {words}", file=sys.stderr)
        return 1
    if found:
        print(f"clawdbot: {args.person} may be one of several; name one by its id:", file=sys.stderr)
    else:
        print(f"clawdbot: there is no person {args.person}", file=sys.stderr)
        if candidates:
            print("did you mean:", file=sys.stderr)
    for each in candidates:
        print(f"  {_known_as(each)}", file=sys.stderr)
    return 2


def told(one: Explanation) -> Iterator[str]:
    """The whole explanation, a line each."""
    yield _line("person", f"{one.name} ({one.username}), id {one.id}")
    yield _line("active", "yes" if one.active else _off(one))
    yield _line("administrator", _why(one.administrator) if one.administrator else _staff(one))
    yield from _block("signs in by", _ways(one))
    yield from _block("groups here", [", ".join(one.groups)] if one.groups else [])
    yield from _block(
        "teams", [f"{team.slug}{' (lead)' if team.leads else ''}: {_why(team.why)}" for team in one.teams]
    )
    yield from _block("scopes", [f"{scope.name}: {_why(scope.why)}" for scope in one.scopes])
    yield from _block(
        "answers for",
        [
            f"client {each.name} ({each.client_id}){'' if each.active else ', revoked'}: "
            f"{' '.join(each.scopes) or 'no scopes'}"
            for each in one.clients
        ],
    )


def _off(one: Explanation) -> str:
    if not one.off_by:
        return "no: switched off here; nothing below counts"
    return f"no: switched off by {one.off_by}; nothing below counts until the person is back there"


def _staff(one: Explanation) -> str:
    return "no, but staff: may open the admin" if one.staff else "no"


def _ways(one: Explanation) -> list[str]:
    found = ["a password here"] if one.password else []
    for each in one.accounts:
        known = "" if each.known else " (not configured now)"
        says = f"groups {', '.join(each.groups) or 'none'} as of {_moment(each.groups_at)}"
        looked = f", looked up {_moment(each.synced)}" if each.synced else ""
        found.append(
            f"{each.provider}{known}: {each.subject}, last {_moment(each.last_login)}, {says}{looked}"
        )
    return found


def _why(reasons: tuple[Because, ...]) -> str:
    return "; ".join(_reason(each) for each in reasons)


def _reason(one: Because) -> str:
    said = ", ".join(one.said)
    if one.how == "group" and not one.known:
        return f"by {one.provider}, which is not configured now"
    return {
        "hand": "by hand",
        "group": f"by {one.provider}: group_map of {said or 'a line that is gone'}",
        "admin_groups": f"by {one.provider}: admin_groups{' (' + said + ')' if said else ''}",
        "scope_map": f"by {one.provider}: scope_map of {said}",
        "default": "by default: no provider has a scope_map",
        "local": "a person of no provider has them all",
        "team": f"as a member of {said}",
    }[one.how]


def _block(title: str, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines or ["none"]):
        yield _line(title if number == 0 else "", line)


def _line(title: str, text: str) -> str:
    return f"{title:<{WIDE}}{text}".rstrip()


def _moment(at: datetime | None) -> str:
    return "never" if at is None else at.isoformat(timespec="minutes")


def _known_as(user: User) -> str:
    by = ", ".join(f"{each.provider}:{each.subject}" for each in user.identities.all())
    return "\t".join((str(user.pk), user.get_username(), user.get_full_name(), by)).rstrip()
