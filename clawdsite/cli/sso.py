"""`clawdbot sso`: what is wrong with signing in, and people brought in step with the vendors now."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import django
from django.db import DatabaseError

django.setup(set_prefix=False)

from accounts import ssocheck, sync  # noqa: E402 - models are importable only now
from accounts.providers.base import Finding  # noqa: E402
from accounts.ssocheck import Checked, NoProvider  # noqa: E402
from accounts.sync import Outcome  # noqa: E402

WIDE = 9  # of the level


def run(args: argparse.Namespace) -> int:
    """0: done; 1: there is something to mend; 2: it was called wrongly."""
    return ACTIONS[args.action](args)


def check(args: argparse.Namespace) -> int:
    """Everything that was found, provider by provider; 1 where any of it is an error."""
    try:
        found = ssocheck.check(args.provider, args.subject)
    except NoProvider as error:
        print(f"clawdbot: {error}", file=sys.stderr)
        return 2
    if not found:
        print("no sign-on provider is configured: oauth2 in config.yaml adds one (docs/sso.md)")
        return 0
    for one in found:
        print("\n".join(told(one)))
    errors, warnings = sum(one.errors for one in found), sum(one.warnings for one in found)
    print(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}")
    return 1 if errors else 0


def told(one: Checked) -> Iterator[str]:
    """One provider's findings, a line each and another for the fix."""
    yield f"{one.of} at {one.provider}, a dry run:" if one.of else f"{one.provider} ({one.kind}):"
    for finding in one.findings:
        yield from _lines(finding)
    yield ""


def bring_in_step(args: argparse.Namespace) -> int:
    """Asks each vendor about each known person now; 1 where one gave no answer or was not believed."""
    try:
        report = sync.run_once(believe=args.believe)
    except DatabaseError as error:
        words = f"the database cannot be used ({type(error).__name__}); has the gateway been started once?"
        print(f"clawdbot: {words}", file=sys.stderr)
        return 1
    for one in report.outcomes:
        print(_outcome(one))
    if not report.outcomes:
        print("nobody to ask about: no WeCom, DingTalk, Feishu or Lark with known people is configured")
    return 1 if any(one.refused or one.failed for one in report.outcomes) else 0


def _lines(one: Finding) -> Iterator[str]:
    place = f"{one.where}: " if one.where else ""
    yield f"  {one.level:<{WIDE}}{place}{one.what}"
    if one.fix:
        yield f"  {'':<{WIDE}}-> {one.fix}"


def _outcome(one: Outcome) -> str:
    words = (
        f"{one.provider}: asked about {one.asked}, moved {one.moved}, gone {one.gone} "
        f"(switched off {one.off}), back {one.back}, no answer {one.failed}"
    )
    if one.refused:
        return f"{words}; so many gone at once were not believed: look into it, then --believe"
    return words


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


ACTIONS = {"check": check, "sync": bring_in_step}
