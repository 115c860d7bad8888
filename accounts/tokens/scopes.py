"""Which scopes count (contract.md, Who a caller is). Unknown or malformed ones are ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

PLAIN: Final = frozenset({"chat:read", "chat:write", "image:upload"})
_HISTORY: Final = re.compile(r"history:([a-z0-9][a-z0-9_-]{0,63})", re.ASCII)


def counts(scope: object) -> bool:
    """Whether this is one of ours, spelled exactly: no wildcard, no other case, no look-alike letter."""
    return isinstance(scope, str) and (scope in PLAIN or _HISTORY.fullmatch(scope) is not None)


def granted(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes of a verified token: `scope`, else `scp`; separated by spaces (RFC 6749 3.3) or a list."""
    found = claims["scope"] if "scope" in claims else claims.get("scp")
    if isinstance(found, str):
        found = found.split(" ")
    return frozenset(scope for scope in found if counts(scope)) if isinstance(found, list) else frozenset()


def teams(scopes: Iterable[str]) -> frozenset[str]:
    """Slugs of the teams whose history these scopes open."""
    return frozenset(match[1] for scope in scopes if (match := _HISTORY.fullmatch(scope)))
