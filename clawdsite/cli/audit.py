"""`clawdbot audit verify`: is the audit log as it was written? `head`: what to keep of it elsewhere."""

from __future__ import annotations

import argparse
import sys

import django
from django.db import DatabaseError

django.setup(set_prefix=False)

from accounts import audit  # noqa: E402 - models are importable only now
from accounts.models import AuditLine  # noqa: E402
from accounts.pepper import PepperError  # noqa: E402


def run(args: argparse.Namespace) -> int:
    """0: every line fits the one before; 1: one does not, or nobody can tell."""
    try:
        if args.action == "head":
            print(audit.head())
            return 0
        broken, lines = audit.verify(args.head), AuditLine.objects.count()
    except PepperError as error:
        return _complain(str(error))
    except DatabaseError as error:
        words = f"the database cannot be used ({type(error).__name__}); has the gateway been started once?"
        return _complain(words)
    if broken is not None:
        return _complain(f"the audit log is not as it was written: {broken}")
    print(f"{lines} {'line' if lines == 1 else 'lines'}, whole")
    return 0


def _complain(words: str) -> int:
    print(f"clawdbot: {words}", file=sys.stderr)
    return 1
