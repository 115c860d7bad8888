"""The policy's answer, as an error where it is no."""

from __future__ import annotations

from accounts.caller import Caller
from accounts.policy import Action, decide
from clawdsite.core.errors import InsufficientScope


def require(caller: Caller, action: Action) -> None:
    """Returns if this caller may do this; InsufficientScope (403) names the scope that is missing."""
    decision = decide(caller, action)
    if not decision.allowed:
        raise InsufficientScope(decision.missing or action)
