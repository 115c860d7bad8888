"""`clawdbot token issue`: a token signed by the gateway's own key, for trying out."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from accounts.tokens.issue import CannotIssue, issue
from accounts.tokens.keys import KeyFileError
from clawdsite.core.config.live import current

SUB: Final = "tester"
SCOPE: Final = "chat:read chat:write"
TTL: Final = 3600.0


def run(args: argparse.Namespace) -> int:
    """Prints the token alone. 1: the signing key cannot be used; 2: such a token would not count."""
    sub = SUB if args.sub is None else args.sub
    scope = SCOPE if args.scope is None else args.scope
    ttl = TTL if args.ttl is None else args.ttl
    try:
        print(issue(current(), sub=sub, scope=scope, ttl=ttl))
    except CannotIssue as err:
        print(f"clawdbot: {err}", file=sys.stderr)
        return 2
    except KeyFileError as err:
        print(f"clawdbot: {err}", file=sys.stderr)
        return 1
    return 0
