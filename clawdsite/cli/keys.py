"""`clawdbot keys`: the keys that sign the gateway's own tokens."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

import django
from django.db import DatabaseError

django.setup(set_prefix=False)

from accounts import audit  # noqa: E402 - models are importable only now
from accounts.tokens import keys, rotation  # noqa: E402
from accounts.tokens.keys import KeyFileError, Signer  # noqa: E402
from clawdsite.core.config.live import current  # noqa: E402


def run(args: argparse.Namespace) -> int:
    """0: done; 1: a key file cannot be used, or the audit log cannot be written."""
    try:
        return ACTIONS[args.action](args)
    except KeyFileError as error:
        print(f"clawdbot: {error}", file=sys.stderr)
        return 1


def rotate(args: argparse.Namespace) -> int:
    """Makes the next key; its name is printed."""
    made = rotation.rotate(current(), at_once=args.now)
    print(made.kid)
    print(_about(made), file=sys.stderr)
    try:
        audit.record("cli", "keys.rotate", f"key:{made.kid}", {"now": args.now})
    except DatabaseError as error:
        words = f"the key is there, but the audit log cannot be written ({type(error).__name__})"
        print(f"clawdbot: {words}", file=sys.stderr)
        return 1
    return 0


def show(args: argparse.Namespace) -> int:
    """One line a key, oldest first, tab-separated."""
    for signer in keys.every(current()):
        print(f"{signer.kid}\t{_about(signer)}")
    return 0


def _about(signer: Signer) -> str:
    phase = signer.phase
    if phase.signing:
        return "signs"
    if phase.over:
        return "over; the next rotation removes it"
    if phase.ends is not None:
        return f"counts until {_moment(phase.ends)}"
    return f"signs from {_moment(phase.signs_from)}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


ACTIONS = {"rotate": rotate, "list": show}
