"""`clawdbot explain KEY`: what a key is set to, where, and what it does."""

from __future__ import annotations

import argparse
import sys

from clawdsite.cli import given
from clawdsite.core.config.explain import UnknownKey, explain


def run(args: argparse.Namespace) -> int:
    """0: it was explained; 1: there is no such key, or the file cannot be used. Works without a file."""
    found = given.loaded(args.config, required=False)
    try:
        told = explain(found, args.key)
    except UnknownKey as unknown:
        hint = f"; did you mean {unknown.nearest}?" if unknown.nearest else ""
        print(f"clawdbot: there is no key {unknown.name}{hint}", file=sys.stderr)
        return 1
    print("\n\n".join(map(str, told)))
    return 0
